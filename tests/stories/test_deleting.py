"""Deleting by stages: the trash, the purge that keeps other copies, the forced purge; all of it or nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import write_wav

from .test_bad_input import assert_refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Result, Run, Snapshot


@pytest.fixture
def pushed(run: Run, tmp_path: Path) -> list[str]:
    """Two recordings, both in ``local`` and in ``archive``."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(2):
        write_wav(folder / f"{number}.wav", pitch_hz=400 + number)
    uids = run("import", str(folder)).out.split()
    assert run("push-recordings", "").code == 0
    return uids


def test_a_forced_purge_that_cannot_reach_every_copy_removes_none(
    run: Run, snapshot: Snapshot, pushed: list[str], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    archive.rename(tmp_path / "unplugged")
    before = snapshot()

    refused = run("delete-recording", *pushed, "--purge", "--force", "--yes")

    assert_refused(refused, 5)
    assert snapshot() == before
    assert run("list-trash").out == ""
    (tmp_path / "unplugged").rename(archive)
    assert run("delete-recording", *pushed, "--purge", "--force", "--yes").code == 0
    assert list(archive.rglob("*.wav")) == []


def test_a_location_that_is_configured_no_more_does_not_keep_a_recording_for_ever(
    run: Run, config: Path, pushed: list[str], tmp_path: Path
) -> None:
    text = config.read_text()
    config.write_text(text[: text.index("    archive:")])
    shutil.rmtree(tmp_path / "archive")

    purged = run("delete-recording", pushed[0], "--purge", "--force", "--yes")

    assert purged.code == 0, purged.err
    assert "Left where it is: archive:" in purged.err
    assert pushed[0] not in run("list-recordings").out
    assert len(list((tmp_path / "library" / "audio").rglob("*.wav"))) == 1


def test_the_last_copy_goes_only_by_force(
    run: Run, snapshot: Snapshot, tmp_path: Path, records: Callable[[Result], list[dict[str, Any]]]
) -> None:
    uid = run("register-recording", "--audio-file", str(write_wav(tmp_path / "only.wav"))).out.strip()
    before = snapshot()

    refused = run("delete-recording", uid, "--purge", "--yes")
    unanswered = run("delete-recording", uid, "--purge", "--force")

    assert_refused(refused, 6)
    assert_refused(unanswered, 2)
    assert snapshot() == before
    assert run("delete-recording", uid, "--purge", "--force", "--yes").code == 0
    assert records(run("list-recordings", "--json")) == []
    assert list((tmp_path / "library" / "audio").rglob("*.wav")) == []
    assert "There is nothing to undo" in run("undo").err
