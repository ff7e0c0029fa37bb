"""The worker runs what is queued, alone, and goes on when the program that queued it is gone."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.transfer.jobs import JobState
from audiotui.transfer.leases import Owner
from audiotui.transfer.spawn import start_worker, worker_lock, worker_log_path
from tests.transfer.library import Library
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.fixture
def config(tmp_path: Path, library: Library) -> Path:
    """A configuration of that library."""
    path = tmp_path / "config.yaml"
    path.write_text(
        f"""audio_manager:
  db_path: "{tmp_path}/registry.db"
  locations:
    local:
      type: local
      path: "{tmp_path}/local"
    archive:
      type: local
      path: "{tmp_path}/archive"
"""
    )
    path.chmod(0o600)
    return path


def work(config: Path, *, idle_s: float = 0.0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "audiotui.worker", "--config", str(config), "--idle", str(idle_s)], cwd=ROOT
    )


def log_of(library: Library) -> str:
    return worker_log_path(library.folder / "registry.db").read_text()


def test_it_runs_all_queued_jobs_in_their_order_and_ends(library: Library, config: Path) -> None:
    first, second = (library.queue("push", library.add_many(count)) for count in (5, 7))
    library.journal.move(second, -1)

    assert work(config, idle_s=0.2).wait(PATIENCE_S) == 0
    assert [library.journal.job(one).state for one in (first, second)] == [JobState.DONE] * 2
    log = log_of(library)
    assert log.index(second) < log.index(first)
    assert library.untruths("archive") == []


def test_a_job_of_a_process_that_died_is_taken_over(library: Library, config: Path) -> None:
    job_id = library.queue("push", library.add_many(5))
    library.catalog.database.connection()
    connection = library.journal._db.connection()
    dead = str(Owner.this_process()).rpartition("|")[0] + "|1"
    connection.execute("UPDATE jobs SET state = 'running', owner = ?, lease_until_boot_s = 1e18", (dead,))
    work(config, idle_s=0.2).wait(PATIENCE_S)

    assert library.journal.job(job_id).state is JobState.DONE


def test_there_is_one_worker_at_a_time(library: Library, config: Path) -> None:
    library.queue("push", library.add_many(3))
    with worker_lock(library.folder / "registry.db") as is_ours:
        assert is_ours
        assert not start_worker(config, library.folder / "registry.db")
        assert work(config).wait(PATIENCE_S) == 0

    assert library.journal.jobs()[0].state is JobState.QUEUED


def test_it_is_started_without_a_terminal_and_in_its_own_session(library: Library, config: Path) -> None:
    job_id = library.queue("push", library.add_many(3))

    assert start_worker(config, library.folder / "registry.db")
    eventually(lambda: library.journal.job(job_id).state is JobState.DONE)
    log = worker_log_path(library.folder / "registry.db")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    with_lock = _worker_pid(config)
    assert os.getsid(with_lock) == with_lock
    os.kill(with_lock, signal.SIGTERM)
    eventually(lambda: not Path(f"/proc/{with_lock}").exists())


def test_it_lets_others_have_the_processor_first(library: Library, config: Path) -> None:
    library.queue("push", library.add_many(1))
    process = work(config, idle_s=60.0)
    eventually(lambda: library.journal.jobs()[0].state is JobState.DONE)

    assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, os.getpid())
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0


def test_a_worker_that_is_told_to_end_gives_its_job_back(library: Library, config: Path) -> None:
    job_id = library.queue("push", library.add_many(50, size_bytes=10_000))
    library.journal.set_limits(job_id, parallel=1, bytes_per_s=50_000)
    process = work(config)
    eventually(lambda: library.journal.job(job_id).done_items > 0)
    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE_S) == 0
    assert library.journal.job(job_id).state is JobState.QUEUED
    library.journal.set_limits(job_id, parallel=None, bytes_per_s=None)
    assert library.run(job_id).state is JobState.DONE
    assert library.untruths("archive") == []


def test_a_job_that_cannot_be_run_does_not_stop_the_others(library: Library, config: Path) -> None:
    ids = library.add_many(3)
    plan = library.plan("push", ids)
    other_place = library.journal.create_job(plan.new_job(), [*plan.items()])
    config.write_text(config.read_text().replace("archive:", "attic:"))
    work(config, idle_s=0.2).wait(PATIENCE_S)

    job = library.journal.job(other_place)
    assert (job.state, job.failed_items) == (JobState.FAILED, 3)
    assert "archive" in job.error


def test_a_broken_configuration_ends_it_with_the_exit_code_of_configurations(library: Library, config: Path) -> None:
    config.write_text("audio_manager: []")

    assert work(config).wait(PATIENCE_S) == 9


def _worker_pid(config: Path) -> int:
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if "audiotui.worker" in command and str(config) in command:
            return int(process.name)
    raise AssertionError("no worker runs")
