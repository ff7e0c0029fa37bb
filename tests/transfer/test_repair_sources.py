"""Where a repair takes good bytes from: a source that turns out bad is told, and the next one heals."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Limits
from audiotui.errors import IntegrityError, KeyNotFound, TransferCancelled, Unreachable
from audiotui.model import PART_BYTES, CopyState
from audiotui.transfer.repair import Repairer
from audiotui.transfer.verify import verify
from tests.faults import Fail, FaultyBackend
from tests.transfer.library import Library
from tests.transfer.test_repair import bad_copies, repair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend

PLACES = ("local", "third", "archive")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library with one more folder."""
    (tmp_path / "third").mkdir()
    with Library(tmp_path) as library:
        library.use("third", tmp_path / "third")
        yield library


def spread(library: Library, *contents: bytes) -> list[int]:
    """Recordings with copies everywhere, all proven; that in the archive last, so it is the first to be asked."""
    ids = library.add(*contents)
    for place in ("archive", "third"):
        library.run(library.queue("push", ids, destination=place))
    for place in PLACES:
        verify(library.catalog, library.backends.__getitem__, locations=(place,))
    return ids


def lose(library: Library, ids: list[int]) -> None:
    """Take the local copies away, and let the catalog know."""
    library.lose("local", ids)
    verify(library.catalog, library.backends.__getitem__, locations=("local",))


def rot(path: Path) -> None:
    """Change a bit so that neither size nor time of the file tells."""
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("size_bytes", [300, PART_BYTES + 300])
def test_the_next_good_copy_heals_when_the_first_turns_out_rotten(library: Library, size_bytes: int) -> None:
    ids = spread(library, os.urandom(size_bytes))
    lose(library, ids)
    rot(library.path("archive", ids[0]))

    [outcome] = repair(library)

    assert (outcome.error, outcome.source) == (None, "third")
    assert library.states("archive", ids) == [CopyState.DAMAGED]
    [healed] = repair(library)
    assert healed.error is None
    assert verify(library.catalog, library.backends.__getitem__, locations=PLACES).is_clean


def test_a_source_that_does_not_answer_any_more_is_left_for_the_next(library: Library) -> None:
    ids = spread(library, b"one", b"two")
    lose(library, ids)
    away = Unreachable("Cannot reach archive.", location="archive")
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"],
        Fail(verb="open_source", error=away, times=9),
        Fail(verb="read", error=away, times=9),
    )

    assert [(one.error, one.source) for one in repair(library)] == [(None, "third")] * 2
    assert library.states("archive", ids) == [CopyState.PRESENT] * 2


def test_where_all_sources_are_bad_each_is_told_with_its_reason(library: Library) -> None:
    ids = spread(library, b"one")
    lose(library, ids)
    rot(library.path("archive", ids[0]))
    library.lose("third", ids)

    [outcome] = repair(library)

    assert isinstance(outcome.error, IntegrityError)
    said = outcome.error.message
    assert "at local cannot be repaired" in said
    assert f"{library.path('archive', ids[0]).name}' at archive is damaged" in said
    assert "at third" in said
    assert "audiotui add-file" in outcome.error.hint
    assert library.states("archive", ids) == [CopyState.DAMAGED]
    assert library.states("third", ids) == [CopyState.MISSING]


def test_copies_that_are_known_to_be_bad_are_told_too(library: Library) -> None:
    ids = spread(library, b"one")
    for place in PLACES:
        library.lose(place, ids)
        verify(library.catalog, library.backends.__getitem__, locations=(place,))

    [outcome, *_] = repair(library)

    assert isinstance(outcome.error, KeyNotFound)
    assert "The copy at archive is missing." in outcome.error.message
    assert "The copy at third is missing." in outcome.error.message


def test_a_good_copy_in_the_trash_is_the_way_out_that_is_told(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    [copy] = [copy for copy in library.files(ids)[0].copies if copy.location == "archive"]
    library.catalog.set_copy_state(copy.id, CopyState.TRASHED)
    lose(library, ids)

    [outcome] = repair(library)

    assert outcome.error is not None
    assert (
        f"`audiotui restore-copies id:{bad_copies(library)[0].recording_uid[:8]} --from archive`" in outcome.error.hint
    )


def test_a_repair_that_is_stopped_says_nothing_against_any_copy(library: Library) -> None:
    ids = spread(library, b"one")
    lose(library, ids)
    limits = Limits(cancel=threading.Event())

    def backends(name: str) -> Backend:
        if name == "archive":
            limits.cancel.set()
        return library.backends[name]

    later = datetime.now(UTC) + timedelta(days=40)  # so no proof holds any more
    repairer = Repairer(library.catalog, backends, limits=limits, now=lambda: later)
    [outcome] = repairer.repair(bad_copies(library))

    assert isinstance(outcome.error, TransferCancelled)
