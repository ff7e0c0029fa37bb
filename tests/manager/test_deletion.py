"""The trash takes nothing away; a purge never takes the last proven copy unless it is forced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import KeyNotFound, LastCopy, RecordingNotFound, Unreachable
from audiotui.model import CopyState, NewFile
from tests.faults import Fail, FaultyBackend, flip_byte

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui import AudioManager
    from tests.manager.conftest import Sounds


def files_below(folder: Path) -> list[str]:
    """Names of the sound files below a folder."""
    return sorted(path.name for path in folder.rglob("*.wav"))


def test_the_trash_keeps_files_and_gives_recordings_back(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})

    manager.delete_recording(uid)

    assert list(manager.find("hello")) == []
    assert [row.uid for row in manager.list_trash()] == [uid]
    manager.restore_recording(uid)
    assert manager.local_path(uid) is not None
    assert [row.uid for row in manager.find("hello")] == [uid]


def test_what_was_in_the_trash_already_is_not_counted_as_moved_there(manager: AudioManager) -> None:
    ids = [manager.get_recording(manager.register_recording(text)).id for text in ("one", "two")]
    assert manager.delete_recordings(ids[:1]).recordings == 1

    assert manager.delete_recordings(ids).recordings == 1


def test_a_purge_refuses_to_take_the_last_copy_and_changes_nothing(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})

    with pytest.raises(LastCopy, match="no other copy"):
        manager.delete_recording(uid, purge=True)

    assert manager.get_recording(uid).deleted_at is None
    assert len(files_below(tmp_path / "audio")) == 1


def test_a_purge_believes_no_proof_that_is_not_made_just_then(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid, "archive")
    manager.verify()
    (path,) = (tmp_path / "archive").rglob("*.wav")
    status = path.stat()
    path.chmod(0o600)
    flip_byte(path, at=100)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    with pytest.raises(LastCopy, match="no other copy"):
        manager.delete_recording(uid, purge=True)

    assert len(files_below(tmp_path / "audio")) == 1


def test_a_purge_where_the_last_scan_is_in_doubt_has_to_be_forced(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uids = [manager.register_recording(f"number {n}", file_paths={"audio": sound()}) for n in range(2)]
    manager.push_recordings("", "archive")
    hidden = {path: path.rename(tmp_path / path.name) for path in (tmp_path / "audio").rglob("*.wav")}
    assert manager.scan_location("local").doubt
    for path, away in hidden.items():
        away.rename(path)

    with pytest.raises(LastCopy, match="in doubt"):
        manager.delete_recording(uids[0], purge=True)

    assert len(files_below(tmp_path / "audio")) == 2
    assert manager.get_recording(uids[0]).deleted_at is None
    assert manager.delete_recording(uids[0], purge=True, force=True).files_removed == 2


def test_a_forced_purge_removes_every_copy_and_every_trace(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid, "archive")

    done = manager.delete_recording(uid, purge=True, force=True)

    assert (done.recordings, done.files_removed, done.kept) == (1, 2, ())
    assert files_below(tmp_path / "audio") == files_below(tmp_path / "archive") == []
    with pytest.raises(RecordingNotFound):
        manager.get_recording(uid)


def test_a_purge_leaves_the_copies_at_other_locations(manager: AudioManager, sound: Sounds, tmp_path: Path) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid, "archive")

    done = manager.delete_recording(uid, purge=True)

    assert files_below(tmp_path / "audio") == []
    assert len(files_below(tmp_path / "archive")) == 1
    assert [kept.partition(":")[0] for kept in done.kept] == ["archive"]


def test_a_purge_does_not_trust_a_copy_that_was_damaged_behind_its_back(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid, "archive")
    (copy,) = (tmp_path / "archive").rglob("*.wav")
    copy.chmod(0o600)
    copy.write_bytes(copy.read_bytes()[:-1] + b"?")

    with pytest.raises(LastCopy):
        manager.delete_recording(uid, purge=True)

    assert len(files_below(tmp_path / "audio")) == 1


def test_files_that_were_registered_in_place_stay_the_users_own(manager: AudioManager, sound: Sounds) -> None:
    root = manager.config.local_root
    root.mkdir()
    mine = sound().rename(root / "mine.wav")
    uid = manager.register_recording("hello", file_paths={"audio": mine}, in_place=True)

    done = manager.delete_recording(uid, purge=True)

    assert mine.exists()
    assert done.kept == ("local:mine.wav",)
    assert manager.count() == 0


def test_a_purge_that_was_interrupted_can_be_repeated(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    path = manager.local_path(uid)
    assert path is not None
    manager.delete_recording(uid)
    path.unlink()

    done = manager.delete_recording(uid, purge=True)

    assert done.recordings == 1
    assert manager.list_trash() == []


def test_a_purge_that_broke_off_leaves_in_the_trash_what_is_true(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid, "archive")
    (tmp_path / "archive").rename(tmp_path / "unmounted")
    with pytest.raises(Unreachable):
        manager.delete_recording(uid, purge=True, force=True)
    (tmp_path / "unmounted").rename(tmp_path / "archive")

    (file,) = manager.restore_recording(uid).files

    assert {copy.location: copy.state for copy in file.copies} == {
        "local": CopyState.MISSING,
        "archive": CopyState.PRESENT,
    }
    manager.pull_recording(uid)
    assert manager.local_path(uid) is not None


def test_nobody_adds_a_file_to_a_recording_that_is_being_purged(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.delete_recording(uid)
    trashed = manager.get_recording(uid)
    new = trashed.files[0]

    with pytest.raises(RecordingNotFound, match="is in the trash"):
        manager.catalog.add_file(
            trashed.id, NewFile(kind="audio", original_name="b.wav", size_bytes=new.size_bytes, sha256="0" * 64)
        )

    assert len(manager.get_recording(uid).files) == 1


def test_a_recording_that_is_restored_in_time_is_not_purged(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    row = manager.get_recording(uid).id

    assert manager.catalog.purge_recordings([row]) == 0
    assert manager.get_recording(uid).text == "hello"


def test_a_copy_that_is_lost_while_a_purge_runs_stops_the_purge_there(
    manager: AudioManager, sound: Sounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotui.manager.deletion.PURGED_TOGETHER", 1)
    uids = [manager.register_recording(f"number {n}", file_paths={"audio": sound()}) for n in range(3)]
    manager.push_recordings(uids, "archive")
    copy = next(line.at("archive") for line in manager.copies_of([uids[1]]))
    assert copy is not None
    gone = KeyNotFound("It is gone.", location="archive", key=copy.key)
    after_the_first_look = Fail(verb="stat", key=copy.key, on=2, times=100, error=gone)
    manager._backends["archive"] = FaultyBackend(manager.backend("archive"), after_the_first_look)

    with pytest.raises(LastCopy):
        manager.delete_recordings(uids, purge=True)

    assert [row.uid for row in manager.list_trash()] == [uids[1]]
    assert len(files_below(tmp_path / "audio")) == 2
    assert manager.count() == 1
