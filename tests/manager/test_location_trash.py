"""What lies in the trash of locations: never deleted while it may be the last good copy, whatever the catalog knows."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import AccessDenied, KeyNotFound, Unreachable
from audiotui.model import CopyState, VerifyLevel
from tests.faults import Fail, FaultyBackend, bind_mount, flip_byte
from tests.manager.test_copies import sounds, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.manager.conftest import Sounds


@pytest.fixture
def pushed(manager: AudioManager, sound: Sounds) -> list[str]:
    """Three recordings with copies in ``local`` and ``archive``."""
    uids = [manager.register_recording(f"number {n}", file_paths={"audio": sound()}) for n in range(3)]
    manager.push_recordings("", "archive")
    return uids


def trash(folder: Path) -> list[Path]:
    """The sound files in the trash of a folder."""
    return sorted((folder / ".trash").rglob("*.wav"))


def damage(folder: Path, *, unnoticed: bool = False) -> None:
    """Flip a bit of every sound file in a folder, those in the trash left out; ``unnoticed`` keeps their times."""
    for path in sounds(folder):
        path.chmod(0o600)
        status = path.stat()
        flip_byte(path, at=100)
        if unnoticed:
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@contextmanager
def older_catalog(manager: AudioManager, tmp_path: Path) -> Iterator[None]:
    """What is done inside, the catalog knows nothing of afterwards: a backup from before takes its place."""
    backup = manager.backup(tmp_path / "before.db")
    yield
    path = manager.config.db_path
    manager.close()
    for file in path.parent.glob(f"{path.stem}.*"):
        file.unlink()
    shutil.move(backup, path)


def test_a_sweep_keeps_the_last_good_copy_that_an_older_catalog_does_not_know_to_be_in_the_trash(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    with older_catalog(manager, tmp_path):
        manager.drop_copies(pushed, "archive", agreed=True)
    damage(tmp_path / "audio")

    report = manager.sweep(trash_age_s=0)

    assert report.emptied_files == 0
    assert len(report.problems) == 3
    assert all("stays" in problem and "restore-copies" in problem for problem in report.problems)
    assert len(trash(tmp_path / "archive")) == 3


def test_what_only_an_older_catalog_has_forgotten_is_emptied_once_others_are_proven(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    with older_catalog(manager, tmp_path):
        manager.drop_copies(pushed, "archive", agreed=True)

    report = manager.sweep(trash_age_s=0)

    assert (report.emptied_files, report.problems) == (3, ())
    assert trash(tmp_path / "archive") == []
    assert len(sounds(tmp_path / "audio")) == 3


def test_a_place_with_two_names_is_not_emptied_under_the_one_of_what_was_dropped_under_the_other(
    config_path: Path, manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.close()
    config_path.write_text(config_path.read_text() + "    again: {type: local, path: again}\n")
    (tmp_path / "again").mkdir()
    with bind_mount(tmp_path / "archive", tmp_path / "again"), AudioManager(config_path) as library:
        library.push_recordings("", "again")
        library.verify(location="local")  # so that the drop relies on these
        assert library.drop_copies(pushed, "archive", agreed=True).files == 3
        damage(tmp_path / "audio")

        report = library.sweep(trash_age_s=0)

        assert report.emptied_files == 0
        assert library.restore_copies("", "archive").files == 3
        assert library.verify(location="archive").right == 3


@pytest.mark.parametrize("is_noticed", [False, True])
def test_dropped_copies_that_the_catalog_has_forgotten_come_back(
    manager: AudioManager, pushed: list[str], tmp_path: Path, is_noticed: bool
) -> None:
    with older_catalog(manager, tmp_path):
        manager.drop_copies(pushed, "archive", agreed=True)
    if is_noticed:
        manager.verify()

    back = manager.restore_copies(pushed[:2], "archive")

    assert (back.files, back.errors) == (2, ())
    assert len(trash(tmp_path / "archive")) == 1
    assert manager.verify(pushed[:2], location="archive").right == 2
    assert [line.copies[1].state for line in manager.copies_of(pushed[:2])] == [CopyState.PRESENT] * 2


def test_what_a_repair_set_aside_does_not_come_back(manager: AudioManager, pushed: list[str], tmp_path: Path) -> None:
    damage(tmp_path / "archive")
    manager.verify()
    manager.repair()

    back = manager.restore_copies("", "archive")

    assert (back.files, back.errors) == (0, ())
    assert len(trash(tmp_path / "archive")) == 3
    assert manager.verify().right == 6


def test_what_nobody_knows_stays_in_the_trash_and_a_sweep_says_so_once(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.drop_copies(pushed[:2], "archive", agreed=True)
    for uid in pushed[:2]:
        manager.catalog.trash_recordings([manager.catalog.resolve_recording(uid)])
        manager.catalog.purge_recordings([manager.catalog.resolve_recording(uid, trashed=True)])

    report = manager.sweep(trash_age_s=0)

    assert report.emptied_files == 0
    assert not report.problems
    assert len(report.notes) == 1
    assert "Unknown files in the trash of archive: 2." in report.notes[0]
    assert len(trash(tmp_path / "archive")) == 2


def test_a_sweep_believes_no_proof_that_is_not_made_just_then(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.verify()
    manager.drop_copies(pushed, "local", agreed=True)
    damage(tmp_path / "archive", unnoticed=True)

    report = manager.sweep(trash_age_s=0)

    assert (report.emptied_files, len(report.problems)) == (0, 3)
    assert states(manager, "archive") == [CopyState.DAMAGED] * 3
    assert manager.restore_copies("", "local").files == 3


def test_a_copy_that_came_back_to_a_location_that_went_away_is_there_and_not_proven(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.verify()
    manager.drop_copies(pushed, "archive", agreed=True)
    manager._backends["archive"] = FaultyBackend(manager.backend("archive"), Fail(verb="read", times=9))

    back = manager.restore_copies(pushed, "archive")

    assert (back.files, {type(error) for error in back.errors}) == (0, {Unreachable})
    copies = [line.at("archive") for line in manager.copies_of()]
    assert [(copy.state, copy.verify_level, copy.verified_at) for copy in copies if copy is not None] == [
        (CopyState.PRESENT, VerifyLevel.NONE, None)
    ] * 3
    assert len(sounds(tmp_path / "archive")) == 3


def test_a_copy_whose_bytes_are_gone_from_the_trash_is_missing(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.drop_copies(pushed, "archive", agreed=True)
    shutil.rmtree(tmp_path / "archive" / ".trash")

    back = manager.restore_copies(pushed, "archive")

    assert (back.files, {type(error) for error in back.errors}) == (0, {KeyNotFound})
    assert states(manager, "archive") == [CopyState.MISSING] * 3


def test_a_query_for_one_id_gives_back_what_was_dropped_of_a_recording_in_the_trash(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    one, other, third = pushed
    manager.drop_copies(pushed, "archive", agreed=True)
    for uid in (one, other):
        manager.delete_recording(uid)

    back = manager.restore_copies(f" ID:{one[:8]} ", "archive")

    assert (back.files, back.errors) == (1, ())
    assert len(sounds(tmp_path / "archive")) == 1
    assert manager.restore_copies(f"id:{other} number", "archive").files == 0, "that is a search, which it is not in"
    assert manager.restore_copies(f"id:{third[:8]}", "archive").files == 1
    assert manager.restore_copies("id:00000000", "archive").files == 0


def test_a_drop_that_is_denied_changes_nothing_in_the_catalog(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    before = list(manager.copies_of())
    denied = AccessDenied("The rights do not allow it.", location="archive")
    faults = [Fail(verb=verb, on=on, times=99, error=denied) for verb, on in (("move", 1), ("stat", 2))]
    manager._backends["archive"] = FaultyBackend(manager.backend("archive"), *faults)

    done = manager.drop_copies(pushed, "archive", agreed=True)

    assert (done.files, {type(error) for error in done.errors}) == (0, {AccessDenied})
    assert len(sounds(tmp_path / "archive")) == 3
    assert states(manager, "archive") == [CopyState.PRESENT] * 3
    assert [line.at("archive") for line in manager.copies_of()] == [line.at("archive") for line in before]


def test_a_trash_is_not_emptied_where_the_last_scan_is_in_doubt(
    manager: AudioManager, pushed: list[str], tmp_path: Path
) -> None:
    manager.drop_copies(pushed[:1], "archive")
    hidden = {path: path.rename(tmp_path / path.name) for path in sounds(tmp_path / "archive")}
    assert manager.scan_location("archive").doubt

    report = manager.sweep(trash_age_s=0)

    assert report.emptied_files == 0
    assert len(report.problems) == 1
    assert "in doubt" in report.problems[0]
    for path, away in hidden.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        away.rename(path)
    assert not manager.scan_location("archive").doubt
    assert manager.sweep(trash_age_s=0).emptied_files == 1
