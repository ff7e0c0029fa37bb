"""How fast a transfer may go is said in bytes a second, and can be changed while it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from audiotui.cli.pace import rate
from audiotui.errors import InvalidInput
from audiotui.manager import AudioManager
from tests.cli.conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("text", "bytes_per_s"),
    [("5M", 5_000_000), ("500k", 500_000), ("2.5Mi", 2_621_440), ("1 GB/s", 10**9), ("1024", 1024), ("0", None)],
)
def test_a_rate_is_read_as_people_write_it(text: str, bytes_per_s: int | None) -> None:
    assert rate(text) == bytes_per_s


@pytest.mark.parametrize("text", ["", "fast", "-5M", "5X", "0.1", "1e9", "5M5", "\u0665M", "9" * 400])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no rate"):
        rate(text)


def test_a_push_keeps_to_its_limits(run: Run, wav: Path) -> None:
    run("register-recording", "--text", "one", "--audio-file", str(wav))
    done = run("push-recordings", "--bwlimit", "10M", "--jobs", "3")
    job = json.loads(run("list-jobs", "--json").out)

    assert done.code == 0, done.err
    assert (job["bytes_per_s"], job["parallel"]) == (10_000_000, 3)


def test_the_limits_of_a_job_can_be_changed_and_lifted(run: Run, wav: Path) -> None:
    run("register-recording", "--text", "one", "--audio-file", str(wav))
    run("push-recordings")
    job_id = json.loads(run("list-jobs", "--json").out)["id"]

    assert "at most 5.0 MB/s, at most 2 files" in run("limit-job", job_id, "--bwlimit", "5M", "--jobs", "2").err
    assert "as fast as it can" in run("limit-job", job_id).err
    assert run("limit-job", job_id, "--bwlimit", "slow").code == 2


def test_jobs_that_have_ended_can_be_forgotten(run: Run, tmp_path: Path) -> None:
    for number in range(2):
        path = write_wav(tmp_path / f"{number}.wav", pitch_hz=400 + number * 50)
        run("register-recording", "--text", "x", "--audio-file", str(path))
        run("push-recordings")

    assert "Forgot 2 jobs" in run("forget-jobs").err
    assert run("list-jobs").out == ""


def test_jobs_that_wait_can_change_places_and_those_that_ended_cannot(run: Run, config: Path, wav: Path) -> None:
    uid = run("register-recording", "--text", "one", "--audio-file", str(wav)).out.strip()
    with AudioManager(config_path=config) as manager:
        first, second = (manager.queue(manager.plan_push([uid])) for _ in range(2))

    assert run("move-job", second, "--up").code == 0
    assert [json.loads(line)["id"] for line in run("list-jobs", "--json").out.splitlines()] == [second, first]
    assert run("move-job", second).code == 2
    run("cancel-job", second)
    assert "has ended" in run("move-job", second, "--down").err
