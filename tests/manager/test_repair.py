"""Repairs of a library: all that a verification found bad is made good, whatever it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.model import CopyState
from tests.faults import flip_byte

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui import AudioManager
    from tests.manager.conftest import Sounds


@pytest.fixture
def damaged(manager: AudioManager, sound: Sounds, tmp_path: Path) -> str:
    """A recording whose former version is missing in ``archive``, while its present one is damaged there."""
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recordings("", "archive")
    [former] = (tmp_path / "archive").rglob("*.wav")
    manager.add_file(uid, "audio", sound())
    manager.push_recordings("", "archive")
    [present] = set((tmp_path / "archive").rglob("*.wav")) - {former}
    former.unlink()
    present.chmod(0o600)
    flip_byte(present, at=60)
    manager.verify()
    return uid


def states(manager: AudioManager, uid: str) -> set[CopyState]:
    """What the catalog says of the copies of all versions."""
    return {copy.state for file in manager.get_recording(uid).files for copy in file.copies}


@pytest.mark.parametrize("is_named", [True, False])
def test_former_versions_are_repaired_with_the_present_one(manager: AudioManager, damaged: str, is_named: bool) -> None:
    report = manager.repair([damaged] if is_named else "")

    assert (report.repaired, report.errors) == (2, ())
    assert states(manager, damaged) == {CopyState.PRESENT}
    assert manager.verify().is_clean


@pytest.mark.parametrize("is_named", [True, False])
def test_what_is_in_the_trash_is_repaired_unless_other_recordings_are_named(
    manager: AudioManager, damaged: str, sound: Sounds, is_named: bool
) -> None:
    other = manager.register_recording("other", file_paths={"audio": sound()})
    manager.delete_recordings([damaged])

    assert manager.repair([other]).repaired == 0
    assert manager.repair("hello").repaired == 0
    assert manager.repair([damaged] if is_named else "").repaired == 2
    assert manager.verify().is_clean


@pytest.mark.parametrize("is_trashed", [False, True])
def test_the_way_out_that_a_repair_tells_works_for_former_versions_and_recordings_in_the_trash_too(
    manager: AudioManager, sound: Sounds, tmp_path: Path, is_trashed: bool
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    [former] = (tmp_path / "audio").rglob("*.wav")
    manager.push_recordings("", "archive")
    manager.drop_copies([uid], "archive", agreed=True)
    manager.add_file(uid, "audio", sound())
    if is_trashed:
        manager.delete_recordings([uid])
    former.unlink()
    manager.verify()
    [stuck] = manager.repair().errors
    assert "restore-copies" in stuck.hint

    assert manager.restore_copies([uid], "archive").files == 1

    assert manager.repair().repaired == 1
    assert manager.verify().is_clean
