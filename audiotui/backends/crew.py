"""Threads that move the items of a feed, each a file or a part of one at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from audiotui.backends.items import Entry, Feed, ItemT, Outcome
from audiotui.backends.limits import PartsAhead
from audiotui.cleanup import caught
from audiotui.errors import TransferCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from audiotui.backends.base import CommitTogether
    from audiotui.backends.limits import Limits
    from audiotui.backends.transfers import Transfer

POLL_S = 0.05
"""How soon an idle thread notices that limits were changed, a feed was closed or all was cancelled."""

GATHER_S = 0.01
"""Outcomes are handed on so often, together: to wake a thread for each costs as much as to move a small file."""

MOST_WAITING = 64
"""If so many wait to be handed on or committed, nobody takes outcomes: then files, each of which is open, are committed
one by one and wait no longer."""


@dataclass(slots=True)
class Job(Generic[ItemT]):
    """One item in work: how many of its parts are not done yet, and its first error."""

    transfer: Transfer[ItemT]
    whole_bytes: int = 0
    """What it has under way as long as it is in work; parts are counted one by one."""
    left: int = 0
    error: Exception | None = None
    commit: CommitTogether | None = None
    """How it is to be committed with others, once nothing else is left to do."""


class Crew(Generic[ItemT]):
    """Workers that finish begun files before they begin new ones; each takes either a part or a whole small file.

    The number of workers follows ``limits.requests``, the bytes under way ``limits.room_bytes``, those of big files
    also the speed of the line. Where files are sooner committed together, the thread that takes the outcomes does that,
    and the workers go on meanwhile.
    """

    def __init__(self, begin: Callable[[ItemT], Transfer[ItemT]], feed: Feed[ItemT], limits: Limits) -> None:
        self._begin = begin
        self._feed = feed
        self._limits = limits
        self._ended: queue.SimpleQueue[Outcome[ItemT] | Job[ItemT] | None] = queue.SimpleQueue()
        self._ready: list[Job[ItemT]] = []
        self._changed = threading.Condition()
        self._parts: deque[tuple[Job[ItemT], int]] = deque()
        self._open_jobs = 0
        self._bytes_in_flight = 0
        self._part_bytes = 0
        self._waiters = 0
        self._ahead = PartsAhead()
        self._workers: set[threading.Thread] = set()
        self._stopped = False
        self._failure: Exception | None = None

    def run(self) -> Iterator[Outcome[ItemT]]:
        """Yield the outcomes as they come; closing the iterator stops the workers and waits for them.

        An error of the feed itself ends everything and is raised here, after the outcomes of what was in flight.
        """
        try:
            while self._hire() or not self._ended.empty():
                with suppress(queue.Empty):
                    ended = self._ended.get(timeout=POLL_S)
                    while True:
                        if isinstance(ended, Job):
                            self._ready.append(ended)
                        elif ended is not None:  # None only wakes this loop: a worker has left
                            yield ended
                        ended = self._ended.get_nowait()
                yield from self._commit_ready()
                time.sleep(GATHER_S)
            if self._failure is not None:
                raise self._failure
        finally:
            self._stopped = True
            with self._changed:
                workers = tuple(self._workers)
            for worker in workers:
                worker.join()
            self._drop_ready()

    def _hire(self) -> bool:
        """Keep as many workers as are allowed; False once all work is done and all have left."""
        with self._changed:
            while self._has_work() and len(self._workers) < max(1, self._limits.requests):
                self._start_worker(self._work)
            return bool(self._workers)

    def _start_worker(self, work: Callable[[], None]) -> None:
        """Start a thread; the caller holds ``_changed``, without which it neither looks at the others nor leaves."""
        worker = threading.Thread(target=work, name="audiotui-mover", daemon=True)
        worker.start()  # if the system allows no more threads, nobody may wait for this one
        self._workers.add(worker)

    def _has_work(self) -> bool:
        return self._open_jobs > 0 or not (self._halted or self._feed.closed)

    @property
    def _halted(self) -> bool:
        return self._stopped or self._limits.cancelled

    def _work(self) -> None:
        try:
            with caught() as trouble:
                while self._is_needed():
                    if self._parts and (part := self._next_part()) is not None:
                        self._move_part(*part)
                    elif not self._take():
                        with self._changed:
                            self._wait()
            if trouble.error is not None:  # an item's errors are outcomes; this is the feed's, for the caller
                self._failure, self._stopped = trouble.error, True
        finally:
            with self._changed:
                self._workers.discard(threading.current_thread())
            self._ended.put(None)

    def _is_needed(self) -> bool:
        with self._changed:
            surplus = len(self._workers) > max(1, self._limits.requests)
            if surplus or not self._has_work():
                self._workers.discard(threading.current_thread())
                return False
            return True

    def _next_part(self) -> tuple[Job[ItemT], int] | None:
        with self._changed:
            return self._parts.popleft() if self._parts else None

    def _take(self) -> bool:
        """Begin the feed's next item; False if there is none now, or no room for one."""
        if self._halted or self._bytes_in_flight >= self._limits.room_bytes:
            return False
        item = self._feed.take(0.0 if self._open_jobs else POLL_S)
        if item is None:
            return False
        job = Job(self._begin(item))
        numbers: Sequence[int] = ()
        with caught() as trouble:
            self._admit(job, item.content.size_bytes if item.content.is_whole else 0)
            numbers = job.transfer.start()
            if item.content.is_whole:
                for number in numbers:
                    job.transfer.move(number)
                numbers = ()
        job.error = trouble.error
        if job.error is not None or not numbers:
            self._settle(job)
            return True
        self._share_out(job, numbers)
        return True

    def _share_out(self, job: Job[ItemT], numbers: Sequence[int]) -> None:
        """Let the workers move the parts of a job."""
        job.left = len(numbers)
        with self._changed:
            self._parts.extend((job, number) for number in numbers)
            self._wake()

    def _move_part(self, job: Job[ItemT], number: int) -> None:
        held_bytes = 0
        with caught() as trouble:
            if job.error is None:
                byte_count = job.transfer.item.content.part_span(number)[1]
                self._make_room(byte_count)
                held_bytes, begun_s = byte_count, time.monotonic()
                job.transfer.move(number)
                self._ahead.arrived(self._part_bytes, time.monotonic() - begun_s)
        job.error = job.error or trouble.error
        with self._changed:
            self._bytes_in_flight -= held_bytes
            self._part_bytes -= held_bytes
            self._wake()
            job.left -= 1
            is_last = job.left == 0
        if is_last:
            self._settle(job)

    def _settle(self, job: Job[ItemT]) -> None:
        """All parts are done or given up: commit, or leave it to be committed with others, or tell the error."""
        if job.error is None and not self._halted and self._may_wait():
            job.commit = job.transfer.commit_together
            if job.commit is not None:
                self._ended.put(job)
                self._count_out(job)
                return
        try:
            with caught() as trouble:
                outcome = job.transfer.finish() if job.error is None else job.transfer.failed(job.error)
            if trouble.error is not None:
                outcome = job.transfer.failed(trouble.error)
        finally:
            self._count_out(job)  # whatever is raised here: who waits for a job that nobody has any more waits for ever
            job.transfer.close()
        self._ended.put(outcome)

    def _may_wait(self) -> bool:
        """Whether a file may be left open until others are committed with it."""
        return self._ended.qsize() < MOST_WAITING

    def _commit_ready(self) -> Iterator[Outcome[ItemT]]:
        """Commit together what is ready, and tell the outcomes."""
        while self._ready:
            commit = self._ready[0].commit
            jobs = [job for job in self._ready if job.commit == commit]
            self._ready = [job for job in self._ready if job.commit != commit]
            yield from _committed(jobs)

    def _count_out(self, job: Job[ItemT]) -> None:
        """The workers have nothing more to do with a job."""
        with self._changed:
            self._open_jobs -= 1
            self._bytes_in_flight -= job.whole_bytes
            self._wake()

    def _wait(self) -> None:
        """Wait for a change, but not for long; the caller holds ``_changed``."""
        self._waiters += 1
        try:
            self._changed.wait(POLL_S)
        finally:
            self._waiters -= 1

    def _wake(self) -> None:
        """Wake those who wait for a change: to wake nobody takes as long as the rest of the counting."""
        if self._waiters:
            self._changed.notify_all()

    def _drop_ready(self) -> None:
        """Leave what nobody wants any more to a later resume."""
        with suppress(queue.Empty):
            while True:
                ended = self._ended.get_nowait()
                if isinstance(ended, Job):
                    self._ready.append(ended)
        for job in self._ready:
            job.transfer.close()

    def _check(self) -> None:
        self._limits.check()
        if self._stopped:
            raise stopped()

    def _admit(self, job: Job[ItemT], whole_bytes: int) -> None:
        """Count a job, and wait until the bytes of a whole file may be under way, all in one go."""
        with self._changed:
            self._open_jobs += 1
            self._wait_for_room(whole_bytes, is_part=False)
            self._bytes_in_flight += whole_bytes
            job.whole_bytes = whole_bytes

    def _make_room(self, byte_count: int) -> None:
        """Wait until so many bytes of a part may be under way, and count them as that; one part always may."""
        with self._changed:
            self._wait_for_room(byte_count, is_part=True)
            self._bytes_in_flight += byte_count
            self._part_bytes += byte_count

    def _wait_for_room(self, byte_count: int, *, is_part: bool) -> None:
        self._check()
        while not self._has_room(byte_count, is_part=is_part):
            self._wait()
            self._check()

    def _has_room(self, byte_count: int, *, is_part: bool) -> bool:
        """For a part, what small files have under way does not count as ahead of it: they would keep it waiting."""
        if self._bytes_in_flight and self._bytes_in_flight + byte_count > self._limits.bytes_in_flight:
            return False
        under_way = self._part_bytes if is_part else self._bytes_in_flight
        room = min(self._limits.room_bytes, self._ahead.room_bytes) if is_part else self._limits.room_bytes
        return not under_way or under_way + byte_count <= room


def stopped() -> TransferCancelled:
    """Why an item ends whose mover is closed."""
    return TransferCancelled("The transfer was stopped.", "Run it again: it goes on where it stopped.")


def _committed(jobs: Sequence[Job[ItemT]]) -> list[Outcome[ItemT]]:
    """The outcomes of jobs that are committed together, all in the same way."""
    commit, transfers = jobs[0].commit, [job.transfer for job in jobs]
    results: Sequence[Entry | Exception] = ()
    with caught() as trouble:
        results = commit([each.begun for each in transfers if each.begun is not None]) if commit is not None else ()
    if trouble.error is not None:
        results = [trouble.error] * len(jobs)
    outcomes = []
    for transfer, result in zip(transfers, results, strict=True):
        outcomes.append(transfer.committed(result) if isinstance(result, Entry) else transfer.failed(result))
        transfer.close()
    return outcomes
