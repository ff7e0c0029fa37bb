"""A thread that looks at the journal and at the catalog's version, so that the screens need not."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from audiotui.errors import AudiotuiError
from audiotui.text import format_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.manager import AudioManager, JobInfo

CLOSE_S = 0.1
"""Pause between looks while jobs are on the screen."""

FAR_S = 1.0
"""Pause between looks otherwise; catalog changes are never looked for more often."""

SHOWN_JOBS = 200

log = logging.getLogger(__name__)


@dataclass
class JobsSeen(Message):
    """The jobs as they stand now, newest first, and a summary for the top line."""

    jobs: Sequence[JobInfo]
    summary: str


class CatalogMoved(Message):
    """Another process or thread has written to the catalog."""


class Watcher:
    """Looks until it is closed; tells what changed through ``post``, which must be safe to call from a thread."""

    def __init__(self, manager: AudioManager, post: Callable[[Message], object]) -> None:
        self._manager = manager
        self._post = post
        self._stop = threading.Event()
        self.closely = False
        """Whether jobs are on the screen."""
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking and wait for the thread."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        version: int | None = None
        shown: object = None
        waited = FAR_S
        while not self._stop.is_set():
            try:
                jobs = self._manager.list_jobs(limit=SHOWN_JOBS)
                if jobs != shown:
                    shown = jobs
                    self._post(JobsSeen(jobs, summary(jobs)))
                if waited >= FAR_S:
                    waited = 0.0
                    before, version = version, self._manager.data_version()
                    if before is not None and version != before:
                        self._post(CatalogMoved())
            except AudiotuiError:
                log.warning("cannot look at the jobs", exc_info=True)
            pause = CLOSE_S if self.closely else FAR_S
            waited += pause
            self._stop.wait(pause)


def summary(jobs: Sequence[JobInfo]) -> str:
    """Running jobs, how far they are, and how fast, for the top line; '' if nothing runs."""
    running = [job for job in jobs if job.is_live]
    queued = sum(1 for job in jobs if job.state == "queued")
    if not running and not queued:
        return ""
    if not running:
        return f"⇅ {queued} queued"
    total = sum(job.total_bytes for job in running)
    done = sum(job.done_bytes for job in running)
    percent = f"{100 * done // total}%" if total else ""
    rate = sum(job.rate_bytes_s or 0 for job in running)
    return "  ".join(filter(None, [f"⇅{len(running)} {percent}", format_rate(rate) if rate else ""]))
