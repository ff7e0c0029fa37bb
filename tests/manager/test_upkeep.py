"""Verification, the check-up, backups and the demo library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager, CopyState
from audiotui.errors import CatalogDamaged, InvalidInput
from audiotui.manager.demo import make_demo_library
from audiotui.manager.doctor import Severity, examine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.manager.conftest import Sounds


def test_verify_finds_a_flipped_byte_and_a_missing_file(manager: AudioManager, sound: Sounds) -> None:
    uids = [manager.register_recording(f"take {number}", file_paths={"audio": sound()}) for number in range(3)]
    flipped, gone = (manager.local_path(uid) for uid in uids[:2])
    assert flipped is not None
    assert gone is not None
    data = flipped.read_bytes()
    flipped.chmod(0o600)
    flipped.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    gone.unlink()

    report = manager.verify()

    assert [bad.recording_uid for bad in report.damaged] == [uids[0]]
    assert [bad.recording_uid for bad in report.missing] == [uids[1]]
    assert report.right == 1
    assert manager.get_recording(uids[0]).files[0].copies[0].state is CopyState.DAMAGED


def test_a_level_that_does_not_exist_is_refused(manager: AudioManager) -> None:
    with pytest.raises(InvalidInput, match="verification level 7"):
        manager.verify(level=7)


def test_the_check_up_finds_nothing_wrong_with_a_good_library(manager: AudioManager, sound: Sounds) -> None:
    manager.register_recording("hello", file_paths={"audio": sound()})

    wrong = [finding for finding in manager.doctor() if finding.severity is Severity.ERROR]

    assert wrong == []


def test_the_check_up_works_without_a_valid_configuration(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("audio_manager:\n  locations: {}\n  db_pth: x\n")

    findings = list(examine(broken))

    assert [finding.severity for finding in findings] == [Severity.OK, Severity.ERROR]
    assert "db_pth" in findings[1].message


def test_a_backup_opens_as_a_library_of_its_own(manager: AudioManager, config_path: Path, tmp_path: Path) -> None:
    manager.register_recording("hello")

    backup = manager.backup(tmp_path)

    config_path.write_text(config_path.read_text().replace("library.db", backup.name))
    with AudioManager(config_path) as restored:
        assert [row.text for row in restored.find()] == ["hello"]


def test_the_demo_library_is_made_once_and_used_again(tmp_path: Path) -> None:
    first = make_demo_library(tmp_path / "demo")
    second = make_demo_library(tmp_path / "demo")

    assert first == second
    with AudioManager(first) as manager:
        assert manager.count() == 14
        assert len(manager.list_identities()) == 4
        assert manager.default_destination() == "archive"


def test_the_doctor_warns_of_a_location_that_nothing_lies_at_yet(manager: AudioManager, sound: Sounds) -> None:
    manager.register_recording("hello", file_paths={"audio": sound()})

    findings = {finding.subject: finding for finding in manager.doctor()}

    assert findings["location later"].severity == "warning"
    assert not any(finding.severity == "error" for finding in findings.values())


def test_the_doctor_shows_a_proxy_and_not_its_password(manager: AudioManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:canary-pass@proxy.example.com:3128")

    (finding,) = (finding for finding in manager.doctor() if finding.subject == "proxy")

    assert "by way of proxy.example.com:3128" in finding.message
    assert "canary-pass" not in str(finding)


def test_the_doctor_calls_a_used_location_that_is_away_an_error(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recordings("", "archive")
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    findings = {finding.subject: finding for finding in manager.doctor()}

    assert findings["location archive"].severity == "error"


def test_the_doctor_says_how_to_mend_an_index_and_the_command_does(manager: AudioManager, sound: Sounds) -> None:
    manager.register_recording("hello")
    with manager.catalog.database.write() as connection:
        connection.execute("DELETE FROM recordings_fts_docsize")

    broken = [finding for finding in manager.doctor() if finding.severity == "error"]
    assert manager.rebuild_index() == 1
    mended = [finding for finding in manager.doctor() if finding.severity == "error"]

    assert [finding.subject for finding in broken] == ["catalog"]
    assert "rebuild-index" in broken[0].hint
    assert mended == []


@pytest.mark.parametrize("harm", ["gone", "empty"])
def test_a_used_library_whose_file_is_lost_is_not_replaced_by_an_empty_one(
    config_path: Path, manager: AudioManager, sound: Sounds, harm: str
) -> None:
    manager.register_recording("hello", file_paths={"audio": sound()})
    path = manager.config.db_path
    manager.close()
    for beside in path.parent.glob(f"{path.name}*"):
        beside.unlink()
    if harm == "empty":
        path.touch()

    with AudioManager(config_path) as again:
        with pytest.raises(CatalogDamaged, match=harm):
            again.count()
        assert [finding.severity for finding in again.doctor()] == ["error"]

    assert path.exists() == (harm == "empty")


def test_a_new_library_may_be_begun_once_the_journal_is_away(
    config_path: Path, manager: AudioManager, sound: Sounds
) -> None:
    manager.register_recording("hello", file_paths={"audio": sound()})
    manager.close()
    for beside in manager.config.db_path.parent.glob("library.*db*"):
        beside.unlink()

    with AudioManager(config_path) as again:
        assert again.count() == 0
