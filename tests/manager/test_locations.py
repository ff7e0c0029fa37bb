"""Locations as programs see them: the overview, a ping, and what lies in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput, NotSupported
from audiotui.manager.locations import LocationState
from tests.faults import flip_byte

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui import AudioManager
    from tests.manager.conftest import Sounds


@pytest.fixture
def pushed(manager: AudioManager, sound: Sounds) -> list[str]:
    """Three recordings with copies in ``local`` and ``archive``."""
    uids = [manager.register_recording(f"number {n}", file_paths={"audio": sound()}) for n in range(3)]
    manager.push_recordings("", "archive")
    return uids


def test_the_overview_counts_what_the_catalog_knows(manager: AudioManager, pushed: list[str], tmp_path: Path) -> None:
    first, second, _ = (tmp_path / "archive").rglob("*.wav")
    first.unlink()
    second.chmod(0o600)
    flip_byte(second, at=60)
    manager.verify(location="archive")

    overview = {one.name: one for one in manager.list_locations()}

    archive = overview["archive"]
    assert (archive.copies, archive.damaged, archive.missing, archive.trashed) == (1, 1, 1, 0)
    assert archive.state is LocationState.UNKNOWN
    assert archive.unknown_files is None
    assert archive.default
    assert overview["local"].copies == 3


def test_a_check_and_a_scan_are_remembered(manager: AudioManager, pushed: list[str], tmp_path: Path) -> None:
    (tmp_path / "archive" / "foreign.txt").write_text("x")
    manager.check_location("archive")
    manager.scan_location("archive")

    archive = next(one for one in manager.list_locations() if one.name == "archive")

    assert archive.state is LocationState.OK
    assert archive.unknown_files == 1
    assert archive.checked_at is not None
    assert archive.scanned_at is not None
    assert archive.capabilities["resume"] == "yes"


def test_a_failed_check_says_why(manager: AudioManager, pushed: list[str], tmp_path: Path) -> None:
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    report = manager.check_location("archive")

    archive = next(one for one in manager.list_locations() if one.name == "archive")
    assert not report.ok
    assert archive.state is LocationState.UNREACHABLE
    assert "Cannot reach archive" in archive.reason


def test_a_ping_tells_the_state_and_never_makes_a_folder(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    assert manager.ping_location("archive").state is LocationState.OK
    assert manager.ping_location("later").state is LocationState.UNREACHABLE
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    away = manager.ping_location("archive")

    assert away.state is LocationState.UNREACHABLE
    assert "mount its disk" in away.hint
    assert not (tmp_path / "archive").exists()


def test_a_look_at_a_folder_that_was_never_used_does_not_make_it(manager: AudioManager, tmp_path: Path) -> None:
    ping = manager.ping_location("archive")
    findings = list(manager.doctor())

    assert ping.state is LocationState.OK
    assert "made with the first file" in ping.reason
    assert not any(finding.severity == "error" for finding in findings)
    assert not (tmp_path / "archive").exists()


def test_browsing_shows_a_folder_at_a_time_and_whose_the_files_are(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    (tmp_path / "archive" / "foreign.txt").write_text("x")
    manager.drop_copies(pushed[:1], "archive", agreed=True)

    top = list(manager.browse_location("archive"))
    folder = next(found for found in top if found.is_folder)
    inner = next(iter(manager.browse_location("archive", folder.key)))
    [file] = manager.browse_location("archive", inner.key)

    assert [found.name for found in top if not found.is_folder] == ["foreign.txt"]
    assert {found.name for found in top if found.is_folder} == {uid[:2] for uid in pushed[1:]}
    assert file.recording_uid in pushed[1:]
    assert file.name.startswith("audio.")
    assert next(found for found in top if not found.is_folder).recording_uid == ""


def test_a_location_that_is_not_configured_is_refused_in_words(manager: AudioManager) -> None:
    for ask in (manager.ping_location, manager.check_location, manager.scan_location, manager.list_unknown):
        with pytest.raises((InvalidInput, NotSupported), match="nowhere"):
            ask("nowhere")
