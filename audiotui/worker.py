"""The background process that runs a library's queued jobs: ``python -m audiotui.worker --config PATH``.

There is at most one per library. It runs one job after the other, in the order of the journal and at a lower priority
than what people look at, writes what it does to a log beside the catalog, and ends when nothing was left to do for some
seconds. Whoever queues a job starts it by
``transfer.spawn.start_worker``.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, TYPE_CHECKING

from audiotui.config import load_config
from audiotui.errors import AudiotuiError, ConfigError, TransferError
from audiotui.manager import AudioManager
from audiotui.text import safe_text
from audiotui.transfer.spawn import LOG_BYTES, worker_lock, worker_log_path

if TYPE_CHECKING:
    from collections.abc import Sequence

IDLE_S = 5.0
"""So long a worker waits for another job before it ends."""

LOOK_S = 0.2
"""How often an idle worker looks at the journal."""

GENTLE = 10
"""Who sits before a screen gets the processor first; on a machine that others fill, a job still has a tenth of it."""

_log = logging.getLogger("audiotui.worker")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the jobs of the library that a configuration names; 0, or the exit code of what made that impossible."""
    parser = argparse.ArgumentParser(prog="python -m audiotui.worker", description="Runs a library's queued jobs.")
    parser.add_argument("--config", type=Path, required=True, help="the configuration file")
    parser.add_argument("--idle", type=float, default=IDLE_S, help="seconds to wait for another job before it ends")
    options = parser.parse_args(arguments)
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop_signal, _stop)
    _be_gentle()
    try:
        config = load_config(options.config)
        _log_to(worker_log_path(config.db_path))
        with AudioManager(config=config, actor="worker") as manager:
            _serve(manager, idle_s=options.idle)
    except AudiotuiError as error:
        _log.error("%s", safe_text(str(error)))
        return error.exit_code
    return 0


def _serve(manager: AudioManager, *, idle_s: float) -> None:
    """Work until there is nothing to do; leave at once if another worker is at it."""
    troubled: set[str] = set()
    while True:
        with worker_lock(manager.config.db_path) as is_ours:
            if not is_ours:
                return
            _work(manager, troubled, idle_s=idle_s)
        # Who queued a job while this worker still had the lock has started no other one.
        if manager.journal.next_job(skip=troubled) is None:
            return


def _work(manager: AudioManager, troubled: set[str], *, idle_s: float) -> None:
    """Run jobs until none was there for ``idle_s`` seconds; what cannot be run is noted in ``troubled``."""
    until_s = time.monotonic() + idle_s
    while True:
        job_id = manager.journal.next_job(skip=troubled)
        if job_id is not None:
            _follow_configuration(manager)
            _run(manager, job_id, troubled)
            until_s = time.monotonic() + idle_s
        elif time.monotonic() >= until_s:
            return
        else:
            time.sleep(LOOK_S)


def _follow_configuration(manager: AudioManager) -> None:
    """A job may be for a location that was added while this worker was busy."""
    try:
        manager.reload_config()
    except ConfigError as error:
        _log.warning("the configuration stays as it was read before: %s", safe_text(str(error)))


def _run(manager: AudioManager, job_id: str, troubled: set[str]) -> None:
    _log.info("job %s starts", job_id)
    try:
        job = manager.run_job(job_id)
    except TransferError as error:
        _log.info("job %s: %s", job_id, safe_text(str(error)))
        return  # another process was faster; should it die, we look again
    except Exception as error:  # noqa: BLE001 - logged; the other jobs must not suffer
        # The job stays queued for a later worker; this one goes on with the others.
        troubled.add(job_id)
        _log.error("job %s: %s", job_id, safe_text(str(error)), exc_info=not isinstance(error, AudiotuiError))
        return
    _log.info(
        "job %s (%s): %s, %d done, %d there before, %d failed. %s",
        job.id,
        safe_text(job.title),
        job.state,
        job.done_items,
        job.skipped_items,
        job.failed_items,
        safe_text(f"{job.error} {job.hint}".strip()),
    )


def _be_gentle() -> None:
    """Leave the processor to the app when it needs it: beside a push, keys are answered in half of the time."""
    with suppress(OSError):  # a container may not allow it
        os.nice(GENTLE)
        if hasattr(os, "SCHED_BATCH"):  # Linux: what wakes up here never takes the processor from somebody
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _stop(number: int, frame: object) -> None:
    """End soon, by way of the engine, which gives its job back to the queue."""
    del number, frame
    sys.exit(0)


def _log_to(path: Path) -> None:
    handler = _PrivateLog(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("audiotui")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


class _PrivateLog(RotatingFileHandler):
    """A log that only its owner can read; names of files and locations are nobody else's business."""

    def _open(self) -> IO[str]:  # type: ignore[override]
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
