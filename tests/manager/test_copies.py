"""Dropping copies: never the last good one, whatever the catalog believes; and out of the trash again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import InvalidInput, LastCopy, Unreachable
from audiotui.model import CopyState, VerifyLevel
from tests.faults import bind_mount, flip_byte

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.manager import FileCopies
    from tests.manager.conftest import Sounds


@pytest.fixture
def pushed(manager: AudioManager, sound: Sounds) -> list[str]:
    """Three recordings with copies in ``local`` and ``archive``."""
    uids = [manager.register_recording(f"number {n}", file_paths={"audio": sound()}) for n in range(3)]
    manager.push_recordings("", "archive")
    return uids


def states(manager: AudioManager, location: str) -> list[CopyState | None]:
    """What the catalog says of the copies at a location."""
    copies = [line.at(location) for line in manager.copies_of()]
    return [None if copy is None else copy.state for copy in copies]


def sounds(folder: Path) -> list[Path]:
    """The sound files in a folder, those in the trash left out."""
    return [path for path in folder.rglob("*.wav") if ".trash" not in path.parts]


def test_a_drop_moves_copies_to_the_trash_and_they_come_back(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    done = manager.drop_copies(pushed, "local", agreed=True)

    assert (done.files, done.errors) == (3, ())
    assert sounds(tmp_path / "audio") == []
    assert len(list((tmp_path / "audio" / ".trash").rglob("*.wav"))) == 3
    assert states(manager, "local") == [CopyState.TRASHED] * 3
    assert manager.local_path(pushed[0]) is None

    back = manager.restore_copies(pushed, "local")

    assert (back.files, back.errors) == (3, ())
    assert states(manager, "local") == [CopyState.PRESENT] * 3
    assert manager.verify().right == 6
    assert manager.local_path(pushed[0]) is not None


def test_what_is_there_again_already_is_no_failure_of_giving_back(manager: AudioManager, pushed: list[str]) -> None:
    manager.drop_copies(pushed, "local", agreed=True)
    manager.pull_recordings(pushed, "archive")

    back = manager.restore_copies(pushed, "local")

    assert (back.files, back.errors) == (0, ())
    assert manager.verify().right == 6


def test_the_last_copy_stays(manager: AudioManager, sound: Sounds, tmp_path: Path) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})

    done = manager.drop_copies([uid], "local", agreed=True)

    assert done.files == 0
    assert [type(error) for error in done.errors] == [LastCopy]
    assert len(sounds(tmp_path / "audio")) == 1
    assert states(manager, "local") == [CopyState.PRESENT]


@pytest.mark.parametrize("harm", ["damaged", "cut", "gone", "unmounted"])
def test_a_copy_that_only_the_catalog_believes_in_does_not_count(
    manager: AudioManager, pushed: list[str], tmp_path: Path, harm: str
) -> None:
    for path in sounds(tmp_path / "archive"):
        path.chmod(0o600)
        if harm == "damaged":
            flip_byte(path, at=100)
        elif harm == "cut":
            os.truncate(path, 10)
        elif harm == "gone":
            path.unlink()
    if harm == "unmounted":
        (tmp_path / "archive").rename(tmp_path / "elsewhere")

    done = manager.drop_copies(pushed, "local", agreed=True)

    assert (done.files, len(done.errors)) == (0, 3)
    assert len(sounds(tmp_path / "audio")) == 3
    expected = {"gone": CopyState.MISSING, "unmounted": CopyState.PRESENT}.get(harm, CopyState.DAMAGED)
    assert states(manager, "archive") == [expected] * 3


def test_two_names_of_one_place_are_one_copy(manager: AudioManager, pushed: list[str], tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    before = sorted(path.name for path in sounds(archive))
    for path in sounds(tmp_path / "audio"):
        path.unlink()  # from now on only the archive has them, under two names
    manager.close()

    with bind_mount(archive, tmp_path / "audio"):
        done = manager.drop_copies(pushed, "archive", agreed=True)

    assert done.files == 0
    assert all("went too" in error.message for error in done.errors)
    assert sorted(path.name for path in sounds(archive)) == before
    assert states(manager, "archive") == [CopyState.PRESENT] * 3


def test_two_processes_that_drop_each_others_proof_leave_one_copy(
    config_path: Path, manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    for _ in range(5):
        with AudioManager(config_path) as other, ThreadPoolExecutor(2) as both:
            drops = [
                both.submit(one.drop_copies, pushed, place, agreed=True)
                for one, place in ((manager, "local"), (other, "archive"))
            ]
            done = [drop.result() for drop in drops]

        left = len(sounds(tmp_path / "audio")) + len(sounds(tmp_path / "archive"))
        assert left == 3
        assert sum(one.files for one in done) == 3
        for place in ("local", "archive"):
            manager.restore_copies("", place)


def test_more_copies_can_be_asked_for(config_path: Path, manager: AudioManager, pushed: list[str]) -> None:
    text = config_path.read_text().replace("  db_path", "  mincopies: 2\n  db_path")
    config_path.write_text(text)

    with AudioManager(config_path) as strict:
        done = strict.drop_copies(pushed, "local", agreed=True)

    assert done.files == 0
    assert "1 of the 2 other copies" in done.errors[0].message


def test_a_big_drop_needs_the_users_word(manager: AudioManager, pushed: list[str]) -> None:
    assert manager.plan_drop(pushed, "local").needs_consent
    assert not manager.plan_drop(pushed[:1], "local").needs_consent

    with pytest.raises(InvalidInput, match="3 of the 3"):
        manager.drop_copies(pushed, "local")

    assert manager.drop_copies(pushed[:1], "local").files == 1


def test_files_of_the_users_own_are_left_alone(manager: AudioManager, sound: Sounds) -> None:
    root = manager.config.local_root
    root.mkdir(exist_ok=True)
    mine = sound().rename(root / "mine.wav")
    uid = manager.register_recording("hello", file_paths={"audio": mine}, in_place=True)
    manager.push_recording(uid, "archive")

    done = manager.drop_copies([uid], "local", agreed=True)

    assert (done.files, done.left_alone) == (0, 1)
    assert mine.exists()


def test_an_old_proof_is_renewed_and_a_young_one_believed(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.verify(location="archive")
    database = manager.catalog.database
    with database.write() as connection:
        connection.execute("UPDATE copies SET verified_at = verified_at - 40 * 86400000")
    before = [line.at("archive") for line in manager.copies_of()]

    manager.drop_copies(pushed[:1], "local")

    after = {line.recording_uid: line.at("archive") for line in manager.copies_of()}
    renewed = after[pushed[0]]
    assert renewed is not None
    assert renewed.verify_level >= VerifyLevel.STORAGE_SUM
    assert [copy for copy in after.values() if copy not in before] == [renewed]


def test_a_location_whose_scan_is_in_doubt_loses_nothing(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    for path in sounds(tmp_path / "archive"):
        path.unlink()
    assert manager.scan_location("archive").doubt

    with pytest.raises(LastCopy, match="in doubt"):
        manager.drop_copies(pushed, "archive", agreed=True)


def test_a_folder_that_is_not_mounted_is_unreachable_and_not_made_anew(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    with pytest.raises(Unreachable):
        manager.drop_copies(pushed, "archive", agreed=True)
    with pytest.raises(Unreachable):
        manager.scan_location("archive")

    assert states(manager, "archive") == [CopyState.PRESENT] * 3
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("place", ["removal.after_mark", "removal.after_move"])
def test_a_drop_that_dies_loses_nothing_and_can_be_taken_back(
    config_path: Path, manager: AudioManager, pushed: list[str], tmp_path: Path, place: str
) -> None:
    run_to_death(config_path, place)

    back = manager.restore_copies("", "local")

    assert (back.files, back.errors) == (3, ())
    assert manager.verify().right == 6
    assert len(sounds(tmp_path / "audio")) == 3


def test_a_push_after_a_drop_stores_the_file_under_its_own_key(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.drop_copies(pushed, "archive", agreed=True)

    manager.push_recordings("", "archive")

    assert len(sounds(tmp_path / "archive")) == 3
    assert states(manager, "archive") == [CopyState.PRESENT] * 3
    again = manager.restore_copies("", "archive")
    assert (again.files, again.errors) == (0, ())
    assert len(list((tmp_path / "archive" / ".trash").rglob("*.wav"))) == 3


def test_the_matrix_has_a_line_for_each_current_file(manager: AudioManager, pushed: list[str], sound: Sounds) -> None:
    manager.add_file(pushed[0], "transcript", sound("words.wav"))

    lines: list[FileCopies] = list(manager.copies_of([pushed[0]]))

    assert [(line.kind, [copy.location for copy in line.copies]) for line in lines] == [
        ("audio", ["local", "archive"]),
        ("transcript", ["local"]),
    ]
    assert lines[1].at("archive") is None


def test_a_sweep_empties_old_trash_and_keeps_young_one(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.drop_copies(pushed, "local", agreed=True)
    assert manager.sweep().emptied_files == 0

    report = manager.sweep(trash_age_s=0)

    assert (report.emptied_files, report.problems) == (3, ())
    assert list((tmp_path / "audio").rglob("*.wav")) == []
    assert states(manager, "local") == [None] * 3
    assert manager.restore_copies("", "local").files == 0


def test_a_sweep_keeps_in_the_trash_what_has_become_the_last_copy(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.drop_copies(pushed, "local", agreed=True)
    lost = sounds(tmp_path / "archive")[0]
    lost.unlink()

    report = manager.sweep(trash_age_s=0)

    assert report.emptied_files == 2
    assert "stays" in report.problems[0]
    assert manager.restore_copies("", "local").files == 1


def test_a_sweep_finds_out_what_a_dead_drop_never_moved(
    config_path: Path, manager: AudioManager, pushed: list[str]
) -> None:
    run_to_death(config_path, "removal.after_mark")
    assert states(manager, "local") == [CopyState.TRASHED] * 3

    report = manager.sweep(trash_age_s=0)

    assert report.emptied_files == 0
    assert states(manager, "local") == [CopyState.PRESENT] * 3
    assert manager.verify().right == 6


def test_a_sweep_takes_what_a_repair_set_aside(manager: AudioManager, pushed: list[str], tmp_path: Path) -> None:
    for path in sounds(tmp_path / "archive"):
        path.chmod(0o600)
        flip_byte(path, at=50)
    manager.verify()
    assert manager.repair().repaired == 3

    assert manager.sweep(trash_age_s=0).emptied_files == 3

    assert manager.verify().right == 6
    assert not (tmp_path / "archive" / ".trash").exists()


def run_to_death(config_path: Path, place: str) -> None:
    """Drop everything from ``local`` in a process that dies at a crash point."""
    code = (
        "import sys; from audiotui import AudioManager\n"
        "with AudioManager(sys.argv[1]) as manager: manager.drop_copies('', 'local', agreed=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(config_path)], env={**os.environ, "AUDIOTUI_CRASHPOINT": place}, check=False
    )
    assert done.returncode == -9


def test_a_disk_that_was_emptied_and_is_away_is_not_made_anew(
    config_path: Path, manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.close()
    manager.drop_copies(pushed, "archive", agreed=True)
    manager.sweep(trash_age_s=0)
    assert states(manager, "archive") == [None] * 3
    manager.close()
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    with AudioManager(config_path) as again, pytest.raises(Unreachable):
        again.push_recordings("", "archive")

    assert not (tmp_path / "archive").exists()


def test_a_drop_that_is_stopped_says_so_and_no_more(manager: AudioManager, pushed: list[str]) -> None:
    cancel = threading.Event()
    cancel.set()

    done = manager.drop_copies(pushed, "local", agreed=True, cancel=cancel)

    assert (done.files, done.errors, done.cancelled) == (0, (), True)
    assert states(manager, "local") == [CopyState.PRESENT] * 3


def test_a_drop_stopped_in_the_middle_leaves_the_rest(manager: AudioManager, sound: Sounds) -> None:
    for number in range(70):
        manager.register_recording(f"number {number}", file_paths={"audio": sound()})
    manager.push_recordings("", "archive")
    cancel = threading.Event()

    done = manager.drop_copies("", "local", agreed=True, cancel=cancel, listener=lambda _event: cancel.set())

    assert done.cancelled
    assert 0 < done.files < 70
    assert done.errors == ()
    assert states(manager, "local").count(CopyState.PRESENT) == 70 - done.files


def test_a_place_that_another_process_used_first_is_not_made_anew_either(
    config_path: Path, manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    manager.register_recording("hello", file_paths={"audio": sound()})
    manager.ping_location("archive")
    with AudioManager(config_path) as other:
        other.push_recordings("", "archive")
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    report = manager.verify(location="archive")

    assert (report.missing, report.left) == ((), 1)
    assert not (tmp_path / "archive").exists()
