"""One thread that asks for all small files of a feed on a lane, and workers beside it for the parts of big ones."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from audiotui.backends.crew import MOST_WAITING, POLL_S, Crew, Job, stopped
from audiotui.backends.items import GetItem
from audiotui.backends.transfers import GetTransfer

if TYPE_CHECKING:
    from audiotui.backends.base import Backend
    from audiotui.backends.items import Feed, Lane
    from audiotui.backends.limits import Limits

LANE_BYTES = 1024 * 1024
"""Longer files are received in pieces."""


class Asked(NamedTuple):
    """A file that was asked for: what the lane gives back with its answer."""

    job: Job[GetItem]
    transfer: GetTransfer


class LaneCrew(Crew[GetItem]):
    """The lane's thread takes all items, and leaves to workers what is too long to come in one go.

    One thread is enough: it only writes files, which is what every other one would wait for, too.
    """

    def __init__(self, backend: Backend, lane: Lane[Asked], feed: Feed[GetItem], limits: Limits) -> None:
        super().__init__(lambda item: GetTransfer(backend, item, limits), feed, limits)
        self._backend = backend
        self._lane = lane
        self._is_driven = False
        self._asked: dict[int, Asked] = {}

    def _hire(self) -> bool:
        with self._changed:
            if not self._is_driven and self._has_work():
                self._is_driven = True
                self._start_worker(self._drive)
            if not self._halted:  # whoever ends all waits for those that he sees now
                for _ in range(min(len(self._parts), self._spare_requests)):
                    self._start_worker(self._work)
            return bool(self._workers)

    @property
    def _spare_requests(self) -> int:
        """How many more may be in flight; the lane's thread is one of the workers."""
        return max(1, self._limits.requests) - self._lane.open_count - max(0, len(self._workers) - 1)

    def _is_needed(self) -> bool:
        with self._changed:
            if self._parts and self._spare_requests >= 0:
                return True
            self._workers.discard(threading.current_thread())
            return False

    def _take(self) -> bool:
        return False  # the lane's thread takes all

    def _may_wait(self) -> bool:
        return True  # a lane that waited for a disk would keep all others waiting; ``_has_lane_room`` heeds the number

    def _drive(self) -> None:
        """What the lane's thread does."""
        try:
            while self._has_work() and not self._halted:
                self._ask_more()
                for asked, answer in self._lane.answers(POLL_S if self._lane.open_count else 0.0):
                    self._answered(asked, answer)
        except Exception as error:  # noqa: BLE001 - an item's errors are outcomes; this is the feed's, for the caller
            self._failure, self._stopped = error, True
        finally:
            self._lane.close()
            for asked in tuple(self._asked.values()):
                self._answered(asked, stopped())
            while (part := self._next_part()) is not None:  # what nobody was hired for any more
                self._move_part(*part)
            with self._changed:
                self._workers.discard(threading.current_thread())
            self._ended.put(None)

    def _ask_more(self) -> None:
        """Ask for as many files as may be under way; without any, wait a little for a change."""
        while not self._halted:
            is_idle = not self._lane.open_count
            if self._feed.closed or not self._has_lane_room():
                if is_idle:
                    with self._changed:
                        self._wait()
                return
            item = self._feed.take(POLL_S if is_idle else 0.0)
            if item is None:
                return
            self._ask(item)

    def _has_lane_room(self) -> bool:
        """Whether another file may be asked for; parts of begun files go before.

        At a low rate few are: whoever has sent a file that nobody takes for a minute gives up.
        """
        limits, under_way = self._limits, self._bytes_in_flight
        if self._parts or self._spare_requests <= 0 or self._ended.qsize() >= MOST_WAITING:
            return False
        rate = limits.bytes_per_s
        return not under_way or under_way < min(limits.room_bytes, limits.room_bytes if rate is None else rate)

    def _ask(self, item: GetItem) -> None:
        content = item.content
        on_lane = content.is_whole and 0 < content.size_bytes <= LANE_BYTES
        transfer = GetTransfer(self._backend, item, self._limits)
        job = Job(transfer, whole_bytes=content.size_bytes if on_lane else 0)
        with self._changed:
            self._open_jobs += 1
            self._bytes_in_flight += job.whole_bytes
        try:
            self._check()
            numbers = transfer.start()
            if numbers and on_lane:
                asked = Asked(job, transfer)
                with self._backend.boundary(item.key):
                    self._lane.ask(asked, item.key, content.size_bytes, etag=item.etag)
                self._asked[id(job)] = asked
                return
        except Exception as error:  # noqa: BLE001 - the error is the item's outcome, whatever it is
            job.error = error
            numbers = ()
        if not numbers:
            self._settle(job)
            return
        self._share_out(job, numbers)
        self._hire()

    def _answered(self, asked: Asked, answer: memoryview | Exception | None) -> None:
        job, transfer = asked
        self._asked.pop(id(job), None)
        if answer is None:
            self._ask_otherwise(job)
            return
        try:
            if isinstance(answer, Exception):
                with self._backend.boundary(transfer.item.key):
                    _refuse(answer)
            else:
                transfer.take_whole(answer)
        except Exception as error:  # noqa: BLE001 - the error is the item's outcome, whatever it is
            job.error = error
        self._settle(job)

    def _ask_otherwise(self, job: Job[GetItem]) -> None:
        """Leave a small file to a worker, as if it were a part: the lane's thread waits for nobody."""
        with self._changed:
            self._bytes_in_flight -= job.whole_bytes
            job.whole_bytes = 0
        self._share_out(job, (0,))
        self._hire()


def _refuse(error: Exception) -> NoReturn:
    raise error
