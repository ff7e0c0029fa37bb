"""Starting the worker process, which runs queued jobs and goes on when the program that started it ends."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG_BYTES = 1_000_000
"""A worker's log is set aside when it gets longer; one older log is kept."""


def worker_log_path(db_path: Path) -> Path:
    """Where the worker of a library writes what it does."""
    return db_path.with_name(f"{db_path.stem}.worker.log")


@contextmanager
def worker_lock(db_path: Path) -> Iterator[bool]:
    """Be the library's only worker inside the context; False if there is one already.

    The lock lasts as long as its holder lives, however that dies; the file that it is on stays.
    """
    path = db_path.with_name(f"{db_path.stem}.worker.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def start_worker(config_path: Path, db_path: Path) -> bool:
    """Start the worker of a library, unless one runs; True if one was started.

    A worker that is about to end looks at the journal once more after it gave up its lock, so a job that was queued
    before this call is never overlooked.
    """
    with worker_lock(db_path) as is_free:
        if not is_free:
            return False
    log = os.open(worker_log_path(db_path), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "audiotui.worker", "--config", str(config_path.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=Path(__file__).parents[2],  # finds this very package, and keeps no disk of the user busy
            start_new_session=True,  # a terminal that closes takes nothing with it
        )
    finally:
        os.close(log)
    # Somebody has to collect its exit status, should it end before this program.
    threading.Thread(target=process.wait, name="audiotui-worker-watch", daemon=True).start()
    return True
