"""Pushing, pulling and their jobs from the command line."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager

from .conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


@pytest.fixture
def uids(run: Run, tmp_path: Path) -> list[str]:
    """Three recordings with sound."""
    made = []
    for number in range(3):
        path = write_wav(tmp_path / f"{number}.wav", pitch_hz=300 + number)
        made.append(run("register-recording", "--text", f"number {number}", "--audio-file", str(path)).out.strip())
    return made


def digests(folder: Path) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.wav")}


def test_a_recording_is_pushed_deleted_here_and_pulled_back_the_same(run: Run, uids: list[str], tmp_path: Path) -> None:
    local, archive = tmp_path / "library" / "audio", tmp_path / "archive"
    before = digests(local)

    pushed = run("push-recording", *uids, "--destination", "archive")
    for path in local.rglob("*.wav"):
        path.unlink()
    pulled = run("pull-recording", *(uid[:8] for uid in uids))

    assert pushed.code == 0, pushed.err
    assert pulled.code == 0, pulled.err
    assert digests(local) == digests(archive) == before
    assert "Copied 3 of 3 files to local" in pulled.err


def test_the_destination_that_nobody_named_is_said(run: Run, uids: list[str]) -> None:
    result = run("push-recording", uids[0])

    assert "to archive" in result.err
    assert result.out == ""


def test_pushing_again_copies_nothing_and_is_a_success(run: Run, uids: list[str]) -> None:
    run("push-recordings", "")

    again = run("push-recordings", "")

    assert again.code == 0
    assert "nothing to copy; 3 files there already" in again.err


def test_ctrl_c_before_the_first_file_is_no_success(
    run: Run, uids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> tuple[()]:
        signal.raise_signal(signal.SIGINT)
        return ()

    monkeypatch.setattr(AudioManager, "_finish_interrupted", interrupted)

    result = run("push-recordings", "")

    assert result.code == 130
    assert not digests(tmp_path / "archive")


def test_a_query_chooses_what_is_pushed(run: Run, uids: list[str], tmp_path: Path) -> None:
    result = run("push-recordings", "1")

    assert result.code == 0, result.err
    assert len(digests(tmp_path / "archive")) == 1


def test_a_dry_run_lists_what_would_be_copied_and_copies_nothing(run: Run, uids: list[str], tmp_path: Path) -> None:
    result = run("push-recordings", "", "--dry-run", "--json")

    files = [json.loads(line) for line in result.out.splitlines()]
    assert [file["action"] for file in files] == ["send"] * 3
    assert {file["recording"] for file in files} == set(uids)
    assert not digests(tmp_path / "archive")


def test_events_are_lines_of_json_and_the_last_one_sums_up(run: Run, uids: list[str]) -> None:
    result = run("push-recordings", "", "--json")

    events = [json.loads(line) for line in result.out.splitlines()]
    assert [event["event"] for event in events].count("finished") == 3
    assert events[-1]["event"] == "ended"
    assert events[-1]["state"] == "done"
    assert events[-1]["done_items"] == 3


def test_some_files_that_cannot_be_copied_are_8_and_the_others_arrive(
    run: Run, uids: list[str], tmp_path: Path
) -> None:
    lost = next((tmp_path / "library" / "audio" / uids[0][:2] / uids[0]).glob("*.wav"))
    lost.unlink()

    result = run("push-recordings", "")

    assert result.code == 8
    assert "0.wav" in result.err
    assert len(digests(tmp_path / "archive")) == 2


def test_when_all_fail_the_exit_code_is_that_of_their_class(run: Run, uids: list[str], tmp_path: Path) -> None:
    for path in (tmp_path / "library" / "audio").rglob("*.wav"):
        path.unlink()

    assert run("push-recordings", "").code == 5


def test_a_location_that_is_away_is_told_once_with_its_own_way_out(run: Run, uids: list[str], tmp_path: Path) -> None:
    run("push-recordings")
    for path in (tmp_path / "library" / "audio").rglob("*.wav"):
        path.unlink()
    (tmp_path / "archive").rename(tmp_path / "unplugged")

    result = run("pull-recordings")

    assert result.code == 5
    assert result.err.count("Cannot reach archive") == 1
    assert "(3 times)" in result.err
    assert "mount its disk" in result.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("push-recordings", "", "--destination", "nowhere"), 2),
        (("push-recordings", "", "--destination", "local"), 2),
        (("pull-recordings", "", "--source", "local"), 2),
        (("push-recording", "1234"), 3),
    ],
)
def test_what_cannot_be_copied_anywhere_is_refused(run: Run, arguments: tuple[str, ...], code: int) -> None:
    result = run(*arguments)

    assert result.code == code
    assert result.err.startswith("error: ")


def test_jobs_are_listed_shown_and_have_nothing_left_to_retry(run: Run, uids: list[str]) -> None:
    run("push-recordings", "")

    [job] = [json.loads(line) for line in run("list-jobs", "--json").out.splitlines()]
    shown = json.loads(run("show-job", job["id"], "--json").out)
    retried = run("retry-job", job["id"])

    assert job["state"] == "done"
    assert [item["state"] for item in shown["items"]] == ["done"] * 3
    assert "1.wav" in run("show-job", job["id"]).out
    assert retried.code == 0
    assert "nothing left to do" in retried.err


def test_a_job_that_has_ended_is_not_called_cancelled(run: Run, uids: list[str]) -> None:
    run("push-recordings", "")
    [job] = [json.loads(line) for line in run("list-jobs", "--json").out.splitlines()]

    cancelled = run("cancel-job", job["id"])

    assert cancelled.code == 0
    assert "has ended already: done" in cancelled.err
    assert "Cancelled" not in cancelled.err


def test_a_failed_job_goes_on_once_its_cause_is_gone(run: Run, uids: list[str], tmp_path: Path) -> None:
    source = next((tmp_path / "library" / "audio" / uids[0][:2] / uids[0]).glob("*.wav"))
    hidden = source.rename(tmp_path / "hidden")
    damaged = source
    damaged.write_bytes(hidden.read_bytes()[:-1] + b"x")
    failed = run("push-recordings", "")
    hidden.replace(source)
    [job] = [json.loads(line) for line in run("list-jobs", "--json").out.splitlines()]

    retried = run("retry-job", job["id"])

    assert failed.code == 8
    assert retried.code == 0, retried.err
    assert len(digests(tmp_path / "archive")) == 3


@pytest.mark.parametrize("command", ["show-job", "cancel-job", "retry-job"])
def test_an_unknown_job_is_3(run: Run, command: str) -> None:
    assert run(command, "zzzzzzzz").code == 3


def test_a_recording_shows_where_its_copies_are_and_how_far_they_were_proven(run: Run, uids: list[str]) -> None:
    run("push-recording", uids[0])
    run("edit-recording", uids[0], "--title", "two\nlines")

    shown = run("show-recording", *uids[:2]).out

    assert "archive: present, read back " in shown
    assert "8000 Hz, mono" in shown
    assert "title    two\n         lines\n" in shown
    assert shown.count("\n\n") == 1


def test_locations_are_listed_with_the_default_one(run: Run) -> None:
    listed = [json.loads(line) for line in run("locations", "--json").out.splitlines()]

    assert [(location["name"], location["default"]) for location in listed] == [("local", False), ("archive", True)]


def test_ctrl_c_stops_a_push_and_the_job_goes_on_later(run: Run, config: Path, tmp_path: Path) -> None:
    for number in range(40):
        path = write_wav(tmp_path / f"{number}.wav", seconds=20, pitch_hz=300 + number)
        run("register-recording", "--text", f"number {number}", "--audio-file", str(path))
    with subprocess.Popen(
        [sys.executable, "-m", "audiotui", "push-recordings", "", "--json"],
        env={**os.environ, "AUDIOTUI_CONFIG": str(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        err = process.stderr.read()
    [job] = [json.loads(line) for line in run("list-jobs", "--json").out.splitlines()]

    resumed = run("retry-job", job["id"])

    assert process.returncode == 130, err
    assert f"retry-job {job['id']}" in err
    assert "Traceback" not in err
    assert resumed.code == 0, resumed.err
    assert digests(tmp_path / "archive") == digests(tmp_path / "library" / "audio")


def test_a_job_whose_process_died_is_shown_as_interrupted(run: Run, wav: Path) -> None:
    uid = run("register-recording", "--text", "Hello", "--audio-file", str(wav)).out.strip()
    push = [sys.executable, "-m", "audiotui", "push-recording", uid, "--destination", "archive"]
    dying = {**os.environ, "AUDIOTUI_CRASHPOINT": "engine.after_catalog"}
    assert subprocess.run(push, env=dying, capture_output=True, check=False).returncode == -signal.SIGKILL
    [job] = [json.loads(line) for line in run("list-jobs", "--json").out.splitlines()]

    assert (job["state"], job["is_live"]) == ("running", False)
    assert "interrupted" in run("show-job", job["id"]).out
