"""Folders that are not there: nothing is made in their place, and nothing is believed of what stands there instead."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import Unreachable
from audiotui.manager.locations import LocationState
from audiotui.model import CopyState
from tests.faults import bind_mount, read_only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.manager.conftest import Sounds


@contextmanager
def mounted(disk: Path, place: Path) -> Iterator[None]:
    """Inside it, the disk is mounted read-only."""
    place.mkdir(exist_ok=True)
    with read_only(disk), bind_mount(disk, place):
        yield


@pytest.fixture
def disk(tmp_path: Path, sound: Sounds) -> Path:
    """A disk with two takes, that cannot be written to."""
    path = tmp_path / "disk"
    path.mkdir()
    for number in range(2):
        sound().rename(path / f"take-{number}.wav")
    return path


@pytest.fixture
def imported(config_path: Path, disk: Path, tmp_path: Path) -> Path:
    """The configuration of a library that has imported both from where they lie; the disk is not mounted any more."""
    with mounted(disk, tmp_path / "archive"), AudioManager(config_path) as manager:
        assert manager.import_from_location("archive", ["take-0.wav", "take-1.wav"]).failed == ()
    return config_path


def states(manager: AudioManager) -> list[CopyState | None]:
    """What the catalog says of the copies on the disk."""
    copies = [line.at("archive") for line in manager.copies_of()]
    return [None if copy is None else copy.state for copy in copies]


@pytest.mark.parametrize("mount_point", ["empty", "of other files", "gone"])
def test_a_disk_that_no_mark_could_be_left_on_is_unreachable_while_it_is_away(
    imported: Path, tmp_path: Path, mount_point: str
) -> None:
    place = tmp_path / "archive"
    if mount_point == "of other files":
        (place / "take-0.wav").write_text("another sound")
    elif mount_point == "gone":
        place.rmdir()
    before = sorted(path.name for path in tmp_path.glob("archive/*"))

    with AudioManager(imported) as manager:
        found = manager.verify(location="archive")
        repaired = manager.repair()
        ping = manager.ping_location("archive")
        for act in (manager.scan_location, lambda name: manager.push_recordings("", name)):
            with pytest.raises(Unreachable, match="Cannot reach archive"):
                act("archive")

        assert (found.missing, found.damaged, found.left) == ((), (), 2)
        assert (repaired.repaired, repaired.right_again) == (0, 0)
        assert ping.state is LocationState.UNREACHABLE
        assert states(manager) == [CopyState.PRESENT] * 2
    assert sorted(path.name for path in tmp_path.glob("archive/*")) == before
    assert place.exists() is (mount_point != "gone")


def test_a_disk_without_a_mark_is_known_again_by_a_file_on_it(imported: Path, disk: Path, tmp_path: Path) -> None:
    (disk / "take-0.wav").unlink()

    with mounted(disk, tmp_path / "archive"), AudioManager(imported) as manager:
        found = manager.verify(location="archive")

    assert (found.right, len(found.missing), found.problems) == (1, 1, ())


def test_a_disk_without_a_mark_gets_one_as_soon_as_something_is_stored_on_it(
    imported: Path, disk: Path, tmp_path: Path, sound: Sounds
) -> None:
    with bind_mount(disk, tmp_path / "archive"), AudioManager(imported) as manager:
        uid = manager.register_recording("hello", file_paths={"audio": sound()})
        manager.push_recordings([uid], "archive")

    assert (disk / ".audiotui-location").exists()


def test_the_way_out_of_a_disk_that_is_lost_for_good_is_a_command_that_works(imported: Path, tmp_path: Path) -> None:
    with AudioManager(imported) as manager:
        with pytest.raises(Unreachable) as caught:
            manager.scan_location("archive")
        subprocess.run(["/bin/sh", "-c", caught.value.hint.partition("on this disk: ")[2]], check=True)
        manager.verify(location="archive")
        repaired = manager.repair()

        assert (repaired.repaired, repaired.errors) == (2, ())
        assert states(manager) == [CopyState.PRESENT] * 2
    assert len(list((tmp_path / "archive").glob("*.wav"))) == 2


def test_only_storing_makes_the_folder_of_a_location(manager: AudioManager, sound: Sounds, tmp_path: Path) -> None:
    place = tmp_path / "archive"
    uid = manager.register_recording("hello", file_paths={"audio": sound()})

    scanned = manager.scan_location("archive")
    verified = manager.verify(location="archive")
    manager.repair()
    manager.sweep()
    browsed = list(manager.browse_location("archive"))

    assert (scanned.listed_files, scanned.is_clean, verified.problems, browsed) == (0, True, (), [])
    assert not place.exists()
    manager.push_recordings([uid], "archive")
    assert manager.scan_location("archive").known_files == 1


def test_what_stands_where_a_folder_shall_be_made_is_told(manager: AudioManager, tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("no folder")

    assert "is no folder" in manager.ping_location("archive").reason
