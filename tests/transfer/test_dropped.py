"""Dropped copies come back, whoever else gives them back at the same moment, and of several the newest good one."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Capability, Checksum
from audiotui.errors import AlreadyExists, IntegrityError
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer.dropped import Dropped, dropped_copies, restore
from audiotui.transfer.removal import Removal, Removed, Remover
from audiotui.transfer.trashkeys import former_key
from audiotui.transfer.verify import verify
from tests.faults import Fail, FaultyBackend, Hold, Say, flip_byte
from tests.transfer.library import Library
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = timedelta(days=1)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def drop(library: Library, number: int, at: datetime) -> None:
    """Drop a recording from ``archive``."""
    (file,) = library.files([number])
    (copy,) = (one for one in file.copies if one.location == "archive" and one.state is not CopyState.TRASHED)
    remover = Remover(library.catalog, library.backends.__getitem__, now=lambda: at)
    (removed,) = remover.remove([Removal("", file, copy)])
    assert removed.error is None


def dropped(library: Library) -> list[Dropped]:
    recordings = library.catalog.recordings_by_ids(library.all_ids())
    return list(dropped_copies(library.catalog, library.backends["archive"], recordings))


def give_back(library: Library, found: list[Dropped]) -> list[Removed]:
    return list(restore(library.catalog, library.backends["archive"], found))


def dropped_twice(library: Library) -> tuple[int, list[Path]]:
    """A recording whose copy was dropped, stored again and dropped again; the two in the trash, the older one first."""
    (number,) = library.add(b"some bytes")
    now = datetime.now(UTC)
    for at in (now - DAY, now):
        library.push([number])
        drop(library, number, at)
    return number, sorted(path for path in (library.folder / "archive/.trash").rglob("*.wav"))


def present(library: Library, number: int) -> Path:
    """Where the catalog has the copy of a recording at ``archive`` that is no longer in the trash."""
    (file,) = library.files([number])
    (copy,) = (one for one in file.copies if one.location == "archive" and one.state is CopyState.PRESENT)
    return library.folder / "archive" / copy.key


@pytest.mark.parametrize("held", ["move", "read"])
def test_two_that_give_back_the_same_copies_lose_none(library: Library, held: str) -> None:
    ids = library.add_many(3)
    library.push(ids)
    for number in ids:
        drop(library, number, datetime.now(UTC))
    found = dropped(library)
    hold = Hold(verb=held, times=9)
    slow = FaultyBackend(library.backends["archive"], hold)

    with ThreadPoolExecutor(1) as other:
        slower = other.submit(lambda: list(restore(library.catalog, slow, found)))
        assert hold.reached.wait(PATIENCE_S)
        quicker = give_back(library, found)
        hold.release.set()

    assert [one.error for one in (*quicker, *slower.result())] == [None] * 6
    assert library.states("archive", ids) == [CopyState.PRESENT] * 3
    assert library.untruths("archive") == []


def test_a_key_that_another_has_just_given_back_is_no_trouble(library: Library) -> None:
    (number,) = library.add(b"some bytes")
    library.push([number])
    drop(library, number, datetime.now(UTC))
    found = dropped(library)
    real = library.backends["archive"]
    real.move(found[0].newest_first[0].copy.key, found[0].key)
    taken = AlreadyExists("archive has a file already.", location="archive")
    library.backends["archive"] = FaultyBackend(real, Fail(verb="move", error=taken))

    assert [one.error for one in give_back(library, found)] == [None]

    assert library.states("archive", [number]) == [CopyState.PRESENT]


def test_one_that_a_sweep_has_forgotten_and_not_deleted_yet_is_known_again(library: Library) -> None:
    (number,) = library.add(b"some bytes")
    library.push([number])
    drop(library, number, datetime.now(UTC))
    found = dropped(library)
    library.catalog.delete_copies([found[0].newest_first[0].copy.id])

    assert [one.error for one in give_back(library, found)] == [None]

    assert library.states("archive", [number]) == [CopyState.PRESENT]
    assert library.untruths("archive") == []


def test_of_several_the_newest_comes_back(library: Library) -> None:
    number, (older, newer) = dropped_twice(library)

    assert [one.error for one in give_back(library, dropped(library))] == [None]

    assert present(library, number).exists()
    assert (older.exists(), newer.exists()) == (True, False)


def test_a_rotten_one_is_passed_over_for_a_good_one(library: Library) -> None:
    number, (older, newer) = dropped_twice(library)
    flip_byte(newer)

    assert [one.error for one in give_back(library, dropped(library))] == [None]

    assert present(library, number).read_bytes() == b"some bytes"
    assert (older.exists(), newer.exists()) == (False, True)


def test_where_all_are_rotten_the_newest_is_back_to_be_repaired(library: Library) -> None:
    number, paths = dropped_twice(library)
    for path in paths:
        flip_byte(path)

    (outcome,) = give_back(library, dropped(library))

    assert isinstance(outcome.error, IntegrityError)
    (file,) = library.files([number])
    states = [copy.state for copy in file.copies if copy.location == "archive"]
    assert sorted(states) == [CopyState.DAMAGED, CopyState.TRASHED]


def test_one_that_a_dead_drop_never_moved_is_good_where_it_is(library: Library) -> None:
    number, (older, newer) = dropped_twice(library)
    key = library.folder / "archive" / former_key(str(newer.relative_to(library.folder / "archive")))
    key.parent.mkdir(parents=True, exist_ok=True)
    newer.rename(key)

    assert [one.error for one in give_back(library, dropped(library))] == [None]

    assert present(library, number) == key
    assert older.exists()


@pytest.mark.parametrize("is_known", [True, False])
def test_one_that_was_found_damaged_before_it_was_dropped_is_read_before_it_is_called_good(
    library: Library, is_known: bool
) -> None:
    (number,) = library.add(b"some bytes")
    library.push([number])
    flip_byte(library.path("archive", number))
    if is_known:
        verify(library.catalog, library.backends.__getitem__, locations=("archive",))
    drop(library, number, datetime.now(UTC))
    bucket = FaultyBackend(library.backends["archive"])
    bucket.capabilities = frozenset({Capability.CHECKSUM})
    kept = Checksum(10, VerifyLevel.STORAGE_SUM, sha256=hashlib.sha256(b"some bytes").hexdigest())
    bucket.add(Say(verb="checksum", times=9, result=kept))  # as a storage wrote it down when the file was good
    library.backends["archive"] = bucket

    (outcome,) = give_back(library, dropped(library))

    assert isinstance(outcome.error, IntegrityError) is is_known
    assert library.states("archive", [number]) == [CopyState.DAMAGED if is_known else CopyState.PRESENT]


def test_what_is_back_is_known_though_whoever_asked_stops_at_the_first_trouble(library: Library) -> None:
    ids = library.add_many(3)
    library.push(ids)
    for number in ids:
        drop(library, number, datetime.now(UTC))
    found = dropped(library)
    taken = AlreadyExists("archive has a file already.", location="archive", key="one")
    real = library.backends["archive"]
    fault = Fail(verb="move", key=found[0].newest_first[0].copy.key, error=taken)
    library.backends["archive"] = FaultyBackend(real, fault)

    outcomes = restore(library.catalog, library.backends["archive"], found)
    assert next(outcomes).error is taken
    del outcomes

    assert sorted(map(str, library.states("archive", ids))) == ["present", "present", "trashed"]
