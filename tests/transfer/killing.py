"""Processes that run a job and are killed, and the proof that a second run leaves nothing wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.transfer.jobs import JobState
from audiotui.transfer.sweep import sweep
from tests.waiting import PATIENCE_S, eventually, let_live

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.transfer.library import Library

KILLED = -9


def drive(module: str, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a process that runs the job which waits in the library of ``folder``; ``module`` knows how."""
    return subprocess.Popen(
        [sys.executable, "-m", module, str(folder)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[2],
    )


def kill_among_files(process: subprocess.Popen[bytes], library: Library, files: int, random: Random) -> None:
    """Kill a process at an instant after its first file is done and, mostly, before its last one is."""
    until = random.randrange(files)
    eventually(lambda: process.poll() is not None or library.journal.jobs(1)[0].done_items >= until)
    let_live(process, random.random() * 0.05)
    process.kill()
    process.wait(PATIENCE_S)


def check_that_it_heals(open_library: Callable[[Path], Library], folder: Path, verb: str, items: int) -> None:
    """Run the job again, sweep, and compare every file and every row."""
    with open_library(folder) as library:
        destination = "archive" if verb == "push" else "local"
        assert [wrong for wrong in library.untruths(destination) if "wrong bytes" in wrong] == []

        job = library.run(library.journal.jobs(1)[0].id)
        report = sweep(
            library.catalog, library.journal, library.backends.__getitem__, locations=("local", "archive"), age_s=0
        )

        assert (job.kind, job.state, job.failed_items, job.open_items) == (verb, JobState.DONE, 0, 0)
        assert job.done_items + job.skipped_items == items
        assert job.done_bytes == job.total_bytes
        assert report.problems == ()
        assert library.untruths(destination) == []
        assert library.catalog.check() == []


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    with suppress(FileNotFoundError):
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
        for child in (task / "children").read_text().split()
    ]
