"""Emptying a trash: one file that fails holds up no other, and what is given back meanwhile is never forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AccessDenied, Unreachable
from audiotui.model import CopyState
from audiotui.transfer.dropped import dropped_copies, restore
from audiotui.transfer.removal import Removal, Remover
from audiotui.transfer.trash import Emptied, empty
from tests.faults import Fail, FaultyBackend, Meanwhile
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def drop(library: Library, ids: Sequence[int]) -> list[Path]:
    """Push recordings and drop them; where they are in the trash then."""
    library.push(ids)
    removals = [Removal("", file, copy) for file in library.files(ids) for copy in file.copies]
    there = [one for one in removals if one.copy.location == "archive"]
    done = list(Remover(library.catalog, library.backends.__getitem__).remove(there))
    assert [one.error for one in done] == [None] * len(ids)
    return trash(library)


def trash(library: Library) -> list[Path]:
    return sorted((library.folder / "archive/.trash").rglob("*.wav"))


def clean(library: Library) -> Emptied:
    return empty(
        library.catalog, library.backends.__getitem__, "archive", now=datetime.now(UTC), kept=timedelta(seconds=-1)
    )


def give_back(library: Library) -> None:
    archive = library.backends["archive"]
    real = archive.inner if isinstance(archive, FaultyBackend) else archive
    recordings = library.catalog.recordings_by_ids(library.all_ids())
    list(restore(library.catalog, real, dropped_copies(library.catalog, real, recordings)))


def left_in_the_trash(library: Library) -> list[int]:
    """Two recordings, by id, that were dropped, and that a sweep could not delete: the location deletes only now."""
    ids = library.add_many(2)
    drop(library, ids)
    broken = FaultyBackend(library.backends["archive"], Fail(verb="delete", times=9))
    library.backends["archive"] = broken
    clean(library)
    broken.clear()
    return ids


def test_what_could_not_be_deleted_is_deleted_by_the_next_sweep(library: Library) -> None:
    ids = left_in_the_trash(library)

    clean(library)

    assert trash(library) == []
    assert library.states("archive", ids) == [None, None]


def test_what_could_not_be_deleted_can_still_be_given_back(library: Library) -> None:
    ids = left_in_the_trash(library)

    give_back(library)

    assert library.states("archive", ids) == [CopyState.PRESENT] * 2
    assert library.untruths("archive") == []


def test_one_file_that_may_not_be_deleted_keeps_no_other_in_the_trash(library: Library) -> None:
    ids = library.add_many(3)
    first = drop(library, ids)[0]
    key = first.relative_to(library.folder / "archive").as_posix()
    denied = AccessDenied(f"archive refuses {key!r}.", "Look at its mode.", location="archive", key=key)
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"], Fail(verb="delete", key=key, times=9, error=denied)
    )

    done = clean(library)

    assert trash(library) == [first]
    assert done.files == 2
    assert any("refuses" in problem for problem in done.kept)


def test_what_was_deleted_before_the_location_went_away_is_told(library: Library) -> None:
    ids = library.add_many(3)
    drop(library, ids)
    away = Unreachable("archive does not answer.", "Look at it.", location="archive")
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"], Fail(verb="delete", on=2, times=99, error=away)
    )

    done = clean(library)

    assert (done.files, len(trash(library))) == (1, 2)
    assert len(done.kept) == 1
    assert "does not answer" in done.kept[0]


def test_a_copy_that_is_given_back_while_a_sweep_looks_at_it_is_not_forgotten(library: Library) -> None:
    ids = library.add_many(1)
    drop(library, ids)
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"], Meanwhile(verb="stat", act=lambda: give_back(library))
    )

    clean(library)

    assert library.states("archive", ids) == [CopyState.PRESENT]
    assert library.untruths("archive") == []
