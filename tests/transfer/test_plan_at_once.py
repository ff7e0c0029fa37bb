"""What a big plan decides about all files by one statement is what it would decide about each."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Capability
from audiotui.transfer.plan import plan_transfer
from audiotui.transfer.spool import Spool
from audiotui.transfer.transfer_plan import Action, TransferPlan
from tests.faults import FaultyBackend
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

STATES = (None, "present", "missing", "damaged", "trashed")
NAMES = ("take.wav", "take.WAV", "noext", "odd.w v", "two.dots.flac", "caf\ufdd0dce9.wav", "nul.w\ufdd00000v", "")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.fixture
def ids(library: Library) -> list[int]:
    """Files in all states at both ends, with their bytes and without, some with a second copy at an end."""
    cases = list(product(STATES, STATES, (True, False), ("", "local", "archive")))
    ids = library.add_many(len(cases))
    library.push(ids)
    for location in ("local", "archive"):
        library.lose(location, [one for one, (_, _, has_bytes, _) in zip(ids, cases, strict=True) if not has_bytes])
    connection = library.catalog.database.connection()
    for number, (file, (here, there, _, twice)) in enumerate(zip(library.files(ids), cases, strict=True)):
        connection.execute(
            "UPDATE recording_files SET original_name = ? WHERE id = ?", (NAMES[number % len(NAMES)], file.id)
        )
        for copy, state in ((copy, {"local": here, "archive": there}[copy.location]) for copy in file.copies):
            if state is None:
                connection.execute("DELETE FROM copies WHERE id = ?", (copy.id,))
            else:
                connection.execute("UPDATE copies SET state = ? WHERE id = ?", (state, copy.id))
            if copy.location == twice:
                connection.execute(
                    """INSERT INTO copies (file_id, location_id, key, size_bytes, state)
                       SELECT ?, id, ?, ?, ? FROM locations WHERE name = ?""",
                    (file.id, f"second/{file.id}.wav", file.size_bytes, state or "present", twice),
                )
    return ids


def rows(library: Library, ids: list[int], source: str, destination: str, layout: str) -> list[tuple[Any, ...]]:
    plan: TransferPlan = plan_transfer(
        library.catalog,
        library.backends.__getitem__,
        verb=library.plan("push", ids[:1]).verb,
        recording_ids=ids,
        source=source,
        destination=destination,
        key_layout=layout,
        live_files=1,
    )
    return list(plan.spool.rows("1"))


LAYOUTS = ("{uid[:2]}/{uid}/{kind}.{sha256[:12]}.{ext}", "{sha256}-{uid}-{kind}.{ext}")


@pytest.mark.parametrize("is_far", [False, True])
def test_files_in_every_state_are_planned_the_same_at_once_and_one_by_one(
    library: Library, ids: list[int], is_far: bool, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    if is_far:
        library.backends["archive"] = archive = FaultyBackend(library.backends["archive"])
        archive.capabilities = archive.capabilities - {Capability.DIRECT}
    for (source, destination), layout in product((("local", "archive"), ("archive", "local")), LAYOUTS):
        with subtests.test(source=source, layout=layout):  # a plan changes nothing: one library for all
            at_once = rows(library, ids, source, destination, layout)
            with monkeypatch.context() as patch:
                patch.setattr(Spool, "send_plain", lambda *_, **__: None)
                one_by_one = rows(library, ids, source, destination, layout)

            assert at_once == one_by_one
            assert {row[2] for row in at_once} == {Action.SEND, Action.SKIP, Action.DAMAGED, Action.IMPOSSIBLE}


def test_what_only_has_to_be_copied_is_not_thought_about(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = library.add_many(20)
    thought_about: list[int] = []
    add = Spool.add

    def note(spool: Spool, decided: Iterable[Sequence[Any]]) -> None:
        kept = list(decided)
        thought_about.extend(row[0] for row in kept)
        add(spool, kept)

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "add", note)
        assert library.plan("push", ids, live_files=1).send_count == len(ids)
    library.push(ids)
    library.lose("local", ids)
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "add", note)
        assert library.plan("pull", ids, source="archive", live_files=1).send_count == len(ids)
    assert not thought_about
