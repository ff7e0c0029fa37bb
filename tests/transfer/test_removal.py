"""What a location says of a copy that is to go is believed only after a second look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import KeyNotFound, LastCopy, Unreachable
from audiotui.model import CopyState
from audiotui.transfer.removal import Removal, Remover
from tests.faults import Fail, FaultyBackend
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.fixture
def removal(library: Library) -> Removal:
    """A copy in the archive, of a file that ``local`` has too."""
    (row,) = library.add(b"sound")
    library.push([row])
    (recording,) = library.catalog.recordings_by_ids([row])
    (file,) = recording.files
    return Removal(recording.uid, file, next(copy for copy in file.copies if copy.location == "archive"))


def copies(library: Library) -> dict[str, CopyState]:
    """What the catalog says, by location."""
    (file,) = library.files(library.all_ids())
    return {copy.location: copy.state for copy in file.copies}


@pytest.mark.parametrize("for_good", [False, True])
def test_a_copy_that_is_called_missing_and_lies_there_is_not_forgotten(
    library: Library, removal: Removal, for_good: bool
) -> None:
    missing = KeyNotFound("There is no such file.", location="archive", key=removal.copy.key)
    library.backends["archive"] = FaultyBackend(library.backends["archive"], Fail(verb="move", error=missing))

    (removed,) = Remover(library.catalog, library.backends.__getitem__, for_good=for_good).remove([removal])

    assert (removed.error, removed.was_gone) == (missing, False)
    assert copies(library) == {"local": CopyState.PRESENT, "archive": CopyState.PRESENT}


def test_a_copy_that_is_not_there_is_forgotten(library: Library, removal: Removal) -> None:
    (library.folder / "archive" / removal.copy.key).unlink()

    (removed,) = Remover(library.catalog, library.backends.__getitem__).remove([removal])

    assert (removed.error, removed.was_gone) == (None, True)
    assert copies(library) == {"local": CopyState.PRESENT}


def test_a_copy_that_stays_says_of_every_other_one_why_it_does_not_count(library: Library, removal: Removal) -> None:
    (library.folder / "third").mkdir()
    library.use("third", library.folder / "third")
    library.run(library.queue("push", library.all_ids(), destination="third"))
    away = Unreachable("Cannot reach third.", location="third")
    library.backends["third"] = FaultyBackend(library.backends["third"], Fail(verb="stat", error=away, times=9))
    library.lose("local", library.all_ids())
    (file,) = library.files(library.all_ids())

    (removed,) = Remover(library.catalog, library.backends.__getitem__).remove([replace(removal, file=file)])

    assert isinstance(removed.error, LastCopy)
    assert "at local" in removed.error.message
    assert "Cannot reach third." in removed.error.message
