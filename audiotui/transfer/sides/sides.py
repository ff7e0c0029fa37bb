"""All processes at the side of one run of a job: how many there are, and the threads that talk to them."""

from __future__ import annotations

import os
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from audiotui.backends.lanecrew import LANE_BYTES
from audiotui.errors import AudiotuiError
from audiotui.transfer.route import GetRoute
from audiotui.transfer.sides.side import Loans, Side
from audiotui.transfer.steering import FEWEST_SHARED

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.base import GetItem, Limits, Outcome
    from audiotui.transfer.job_feed import JobFeed
    from audiotui.transfer.jobs import JobInfo
    from audiotui.transfer.route import Route
    from audiotui.transfer.steering import Steering

FILES_EACH = 500
"""Fewer are moved before a process has started, which takes a seventh of a second of the processor."""

MOST_SIDES = 3


class Sides:
    """``most_requests`` are in flight at a time where the job does not say.

    ``tell`` is called with each outcome, from several threads, and with None when one has ended.
    """

    def __init__(
        self,
        job: JobInfo,
        route: Route[Any],
        feed: JobFeed[Any],
        limits: Limits,
        steering: Steering,
        *,
        most_requests: int,
        tell: Callable[[Outcome[GetItem] | None], None],
    ) -> None:
        self._steering = steering
        self._tell = tell
        self._threads: list[threading.Thread] = []
        if isinstance(route, GetRoute) and (job.parallel or most_requests) >= FEWEST_SHARED:
            for _ in range(sides_wanted(job)):
                side = Side(partial(_lend, route), feed, limits, requests=lambda: steering.side_requests)
                thread = threading.Thread(target=self._drive, args=(side,), name="audiotui-side", daemon=True)
                self._threads.append(thread)
        self._count = len(self._threads)
        steering.share(self._count)

    def start(self) -> None:
        """Let them begin, as many as the system allows threads for."""
        for thread in self._threads:
            try:
                thread.start()
            except RuntimeError:
                self._tell(None)

    def note_end(self) -> None:
        """Of one of them; called by the thread that runs the job, when it has heard it."""
        self._count -= 1
        self._steering.share(self._count)

    def wait_until(self, until_s: float) -> None:
        """Wait until all have ended, as a cancelled job does; ``until_s`` is of the clock that never goes back."""
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(max(0.0, until_s - time.monotonic()))

    def _drive(self, side: Side) -> None:
        """Carry outcomes; what this process had is done by the movers of the job if anything goes wrong."""
        try:
            for outcome in side.outcomes():
                self._tell(outcome)
        finally:
            self._tell(None)


def sides_wanted(job: JobInfo) -> int:
    """As many as are worth their start: none where files are few or big."""
    files = job.total_items - job.done_items - job.skipped_items
    is_worth_it = job.total_bytes <= job.total_items * LANE_BYTES and bool(sys.executable)
    return max(0, min(_cores() - 1, MOST_SIDES, files // FILES_EACH)) if is_worth_it else 0


def _lend(route: GetRoute) -> Loans | None:
    try:
        source, destination = route.source.lend(), route.destination.lend()
    except AudiotuiError:  # the job's movers find that out, too, and say it
        return None
    return Loans(source, destination) if source is not None and destination is not None else None


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
