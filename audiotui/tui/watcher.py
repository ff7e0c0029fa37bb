"""A thread that looks at the journal and at the catalog's version, so that the screens need not."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from audiotui.errors import AudiotuiError
from audiotui.tui.background import Background, Post

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.manager import AudioManager, ItemInfo, JobInfo

CLOSE_S = 0.1
"""Pause between looks while jobs are on the screen."""

FAR_S = 1.0
"""Pause between looks otherwise; catalog changes are never looked for more often."""

SHOWN_JOBS = 200
"""Jobs that are looked at: open ones and the newest of the finished."""

SHOWN_FILES = 200
"""Files of the job looked at: failed ones first, then those under way, then the others."""

log = logging.getLogger(__name__)


@dataclass
class JobsSeen(Message):
    """The jobs as they stand now: open ones in their order, then finished ones, newest first."""

    jobs: Sequence[JobInfo]


@dataclass
class FilesSeen(Message):
    """Files of the job looked at, as they stand now."""

    job: JobInfo
    files: Sequence[ItemInfo]


class CatalogMoved(Message):
    """Another process or thread has written to the catalog."""


class Watcher(Background):
    """Looks until it is closed, and tells what changed."""

    def __init__(self, open_manager: Callable[[], AudioManager], post: Post) -> None:
        super().__init__("watcher", post)
        self._open_manager = open_manager
        self._wake = threading.Event()
        self._closing = False
        self._pause_s = FAR_S
        self._job_id: str | None = None
        # The rest belongs to the thread.
        self._jobs: Sequence[JobInfo] | None = None
        self._files: tuple[JobInfo, Sequence[ItemInfo]] | None = None
        self._version: int | None = None
        self._reported = ""

    def watch_closely(self, closely: bool) -> None:
        """Whether jobs are on the screen."""
        self._pause_s = CLOSE_S if closely else FAR_S
        self._wake.set()

    def look_at(self, job_id: str | None) -> None:
        """Which job's files are on the screen."""
        if job_id != self._job_id:
            self._job_id = job_id
            self._wake.set()

    def look_now(self) -> None:
        """Do not wait for the next look."""
        self._wake.set()

    def _wake_to_stop(self) -> None:
        self._closing = True
        self._wake.set()

    def _work(self) -> None:
        self._manager = self._open_manager()
        next_version_s = 0.0
        while not self._closing:
            try:
                if time.monotonic() >= next_version_s:
                    next_version_s = time.monotonic() + FAR_S
                    self._look_at_catalog()
                self._look_at_jobs()
            except AudiotuiError as error:
                self._report(error)
            self._wake.wait(self._pause_s)
            self._wake.clear()

    def _look_at_jobs(self) -> None:
        jobs = self._manager.list_jobs(limit=SHOWN_JOBS)
        if jobs != self._jobs:
            self._jobs = jobs
            self._post(JobsSeen(jobs))
        job = next((job for job in jobs if job.id == self._job_id), None)
        if job is not None and (self._files is None or self._files[0] != job):
            self._files = (job, self._files_of(job))
            self._post(FilesSeen(*self._files))

    def _files_of(self, job: JobInfo) -> list[ItemInfo]:
        files: list[ItemInfo] = []
        for states in (("failed",), ("active",), ("waiting",), ("done", "skipped", "cancelled")):
            if len(files) < SHOWN_FILES:
                files += self._manager.job_items(job.id, states=states, limit=SHOWN_FILES - len(files))
        return files

    def _look_at_catalog(self) -> None:
        before, self._version = self._version, self._manager.data_version()
        if before is not None and self._version != before:
            self._post(CatalogMoved())

    def _report(self, error: AudiotuiError) -> None:
        """Log what is wrong, once and not with every look."""
        if str(error) != self._reported:
            self._reported = str(error)
            log.warning("cannot look at the library", exc_info=error)
