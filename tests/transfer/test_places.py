"""Copies are counted by what they physically are: one place under two names has one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AccessDenied, LastCopy, Unreachable
from audiotui.model import CopyState, CopyUpdate, VerifyLevel
from audiotui.transfer.removal import Removal, Removed, Remover
from audiotui.transfer.sweep import sweep
from tests.faults import Fail, FaultyBackend
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DENIED = AccessDenied("It is read-only.", location="archive")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def add_twice(library: Library, tmp_path: Path, second: Path) -> int:
    """A recording in ``local`` and ``archive``, of which the catalog says that it is at ``again``, the folder, too."""
    (number,) = library.add(b"some bytes")
    library.push([number])
    library.use("again", second)
    (file,) = library.files([number])
    library.catalog.put_copies(
        [CopyUpdate(file.id, "again", file.copies[0].key, file.size_bytes, verify_level=VerifyLevel.SIZE)]
    )
    return number


def drop(library: Library, number: int, location: str, least_copies: int = 2) -> Removed:
    (file,) = library.files([number])
    (copy,) = (copy for copy in file.copies if copy.location == location)
    remover = Remover(library.catalog, library.backends.__getitem__, least_copies=least_copies)
    (removed,) = remover.remove([Removal("", file, copy)])
    return removed


def behind_a_network(library: Library, *names: str) -> None:
    """Let folders look like locations that do not show which file it is."""
    for name in names:
        library.backends[name] = FaultyBackend(library.backends[name])


def trash_of(folder: Path) -> list[Path]:
    return [path for path in (folder / ".trash").rglob("*") if path.is_file()]


@pytest.mark.parametrize("far", [(), ("again",), ("archive", "again")])
def test_two_names_of_one_place_count_once(library: Library, tmp_path: Path, far: tuple[str, ...]) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    behind_a_network(library, *far)

    removed = drop(library, number, "local")

    assert isinstance(removed.error, LastCopy)
    assert "1 of the 2 other copies" in removed.error.message
    assert "are one" in removed.error.message
    assert library.path("local", number).exists()
    assert trash_of(tmp_path / "archive") == []


@pytest.mark.parametrize("far", [(), ("again",), ("archive", "again")])
def test_two_places_count_twice_and_nothing_of_the_look_stays(
    library: Library, tmp_path: Path, far: tuple[str, ...]
) -> None:
    number = add_twice(library, tmp_path, tmp_path / "again")
    path = library.path("again", number)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"some bytes")
    behind_a_network(library, *far)

    assert drop(library, number, "local").error is None

    assert trash_of(tmp_path / "archive") == trash_of(tmp_path / "again") == []


def test_folders_that_share_a_file_by_a_hard_link_have_one_copy(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "again")
    path = library.path("again", number)
    path.parent.mkdir(parents=True)
    path.hardlink_to(library.path("archive", number))

    removed = drop(library, number, "local")

    assert removed.error is not None
    assert "are one" in removed.error.message


def test_it_is_enough_that_one_of_two_places_takes_a_file(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    for name, fault in (("archive", Fail(verb="put_small", times=9, error=DENIED)), ("again", None)):
        library.backends[name] = FaultyBackend(library.backends[name], *([fault] if fault else []))

    removed = drop(library, number, "local")

    assert removed.error is not None
    assert "are one" in removed.error.message


def test_places_that_cannot_be_told_apart_count_once(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    for name in ("archive", "again"):
        fault = Fail(verb="put_small", times=9, error=DENIED)
        library.backends[name] = FaultyBackend(library.backends[name], fault)

    removed = drop(library, number, "local")

    assert removed.error is not None
    assert "cannot be told" in removed.error.message


def test_with_one_copy_to_keep_nobody_asks_which_place_it_is(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    behind_a_network(library, "archive", "again")

    assert drop(library, number, "local", least_copies=1).error is None

    for name in ("archive", "again"):
        backend = library.backends[name]
        assert isinstance(backend, FaultyBackend)
        assert backend.calls["put_small"] == 0


def test_a_copy_that_went_with_the_dropped_one_is_noted(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    (file,) = library.files([number])
    local = next(copy for copy in file.copies if copy.location == "local")
    library.catalog.set_copy_state(local.id, CopyState.PRESENT, VerifyLevel.READ_BACK)

    assert drop(library, number, "archive", least_copies=1).error is None

    assert library.states("again", [number]) == [CopyState.MISSING]


def test_a_location_that_does_not_answer_has_lost_nothing(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    (file,) = library.files([number])
    local = next(copy for copy in file.copies if copy.location == "local")
    library.catalog.set_copy_state(local.id, CopyState.PRESENT, VerifyLevel.READ_BACK)
    away = Unreachable("Cannot reach again.", location="again")
    library.backends["again"] = FaultyBackend(library.backends["again"], Fail(verb="stat", times=9, error=away))

    assert drop(library, number, "archive", least_copies=1).error is None

    assert library.states("again", [number]) == [CopyState.PRESENT]


def test_what_a_broken_off_look_left_is_swept(library: Library, tmp_path: Path) -> None:
    number = add_twice(library, tmp_path, tmp_path / "archive")
    for name in ("archive", "again"):
        library.backends[name] = FaultyBackend(library.backends[name], Fail(verb="delete", times=9))
    assert drop(library, number, "local").error is not None
    assert len(trash_of(tmp_path / "archive")) == 1
    for name in ("archive", "again"):
        library.use(name, tmp_path / "archive")

    report = sweep(
        library.catalog, library.journal, library.backends.__getitem__, locations=["archive"], trash_kept=timedelta(0)
    )

    assert (report.emptied_files, report.problems) == (1, ())
    assert trash_of(tmp_path / "archive") == []
