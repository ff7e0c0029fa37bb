"""One thread, or a few, that ask for all small files of a feed on lanes, and workers for the parts of big ones."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from audiotui.backends.crew import MOST_WAITING, POLL_S, Crew, Job, stopped
from audiotui.backends.items import GetItem
from audiotui.backends.keys import check_key
from audiotui.backends.transfers import GetTransfer
from audiotui.cleanup import caught

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Feed, Lane
    from audiotui.backends.laneload import LaneLoad
    from audiotui.backends.limits import Limits

LANE_BYTES = 1024 * 1024
"""Longer files are received in pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A file that was asked for: what the lane gives back with its answer."""

    job: Job[GetItem]
    transfer: GetTransfer


class LaneCrew(Crew[GetItem]):
    """The threads of the lanes take all items, and leave to workers what is too long to come in one go.

    There is one at first: it only computes and writes files. Others follow where it mostly waits for the latter.
    """

    def __init__(
        self, backend: Backend, lane: Lane[Asked], feed: Feed[GetItem], limits: Limits, *, watch: Callable[[], LaneLoad]
    ) -> None:
        super().__init__(lambda item: GetTransfer(backend, item, limits), feed, limits)
        self._backend = backend
        self._unused: Lane[Asked] | None = lane
        self._lanes: list[Lane[Asked]] = []
        self._booked = 0
        """How many files lanes have room for that they did not ask for yet: that takes a while, and others look."""
        self._watch = watch

    def _hire(self) -> bool:
        with self._changed:
            if self._unused is not None and self._has_work():
                self._drive_on(self._unused)
                self._unused = None
            if not self._halted:  # whoever ends all waits for those that he sees now
                for _ in range(min(len(self._parts), self._spare_requests)):
                    self._start_worker(self._work)
            return bool(self._workers)

    def _drive_on(self, lane: Lane[Asked]) -> None:
        self._start_worker(partial(self._drive, lane))
        self._lanes.append(lane)

    @property
    def _spare_requests(self) -> int:
        """How many more may be in flight; the lanes' threads are among the workers."""
        asked = sum(lane.open_count for lane in self._lanes)
        return max(1, self._limits.requests) - asked - self._booked - max(0, len(self._workers) - len(self._lanes))

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

    def _drive(self, lane: Lane[Asked]) -> None:
        """What the thread of a lane does."""
        asked: set[Asked] = set()
        try:
            for step in (self._ask_for_all, self._end):
                with caught() as trouble:
                    step(lane, asked)
                if trouble.error is not None:  # an item's errors are outcomes; this one is for the caller
                    self._failure, self._stopped = self._failure or trouble.error, True
        finally:
            with self._changed:
                self._lanes.remove(lane)
                self._workers.discard(threading.current_thread())
            self._ended.put(None)

    def _ask_for_all(self, lane: Lane[Asked], asked: set[Asked]) -> None:
        """Ask for files, and deal with what comes, until nothing is left to do."""
        load = self._watch()
        while self._has_work() and not self._halted:
            self._ask_more(lane, asked, load)
            for each, answer in lane.answers(POLL_S if lane.open_count else 0.0):
                asked.discard(each)
                self._answered(each, answer)
            if len(self._lanes) == 1:
                load.idled(lane.take_waited_s())
                self._call_help(load.lanes_wanted)

    def _end(self, lane: Lane[Asked], asked: set[Asked]) -> None:
        """Give up what has no answer yet."""
        lane.close()
        for each in asked:
            self._answered(each, stopped())
        while (part := self._next_part()) is not None:  # what nobody was hired for any more
            self._move_part(*part)

    def _call_help(self, lanes_wanted: int) -> None:
        """Drive as many lanes as the thread of the only one wants."""
        with self._changed:
            for _ in range(min(lanes_wanted, self._limits.requests) - len(self._lanes)):
                lane = None if self._halted else self._backend.open_lane()  # who ends all waits for those he sees now
                if lane is not None:
                    self._drive_on(lane)

    def _ask_more(self, lane: Lane[Asked], asked: set[Asked], load: LaneLoad) -> None:
        """Ask for as many files as may be under way; without any, wait a little for a change."""
        while not self._halted:
            is_idle = not lane.open_count
            begun_s = time.monotonic() if is_idle else 0.0
            if self._feed.closed or not self._book(lane):
                if is_idle:
                    with self._changed:
                        self._wait()
                    load.idled(time.monotonic() - begun_s)
                return
            try:
                item = self._feed.take(POLL_S if is_idle else 0.0)
                if is_idle:
                    load.idled(time.monotonic() - begun_s)
                if item is None:
                    return
                self._ask(lane, asked, item)
            finally:
                with self._changed:
                    self._booked -= 1
            if self._parts:
                self._hire()

    def _book(self, lane: Lane[Asked]) -> bool:
        """Whether another file may be asked for; then its room is the lane's until it was."""
        with self._changed:
            has_room = self._has_lane_room(lane)
            self._booked += has_room
            return has_room

    def _has_lane_room(self, lane: Lane[Asked]) -> bool:
        """Whether another file may be asked for; parts of begun files go before.

        At a low rate few are: whoever has sent a file that nobody takes for a minute gives up.
        """
        limits, under_way = self._limits, self._bytes_in_flight
        if self._parts or self._spare_requests <= 0 or self._ended.qsize() >= MOST_WAITING:
            return False
        if lane.open_count >= max(1, limits.requests // len(self._lanes)):
            return False
        rate = limits.bytes_per_s
        return not under_way or under_way < min(limits.room_bytes, limits.room_bytes if rate is None else rate)

    def _ask(self, lane: Lane[Asked], asked: set[Asked], item: GetItem) -> None:
        content = item.content
        on_lane = content.is_whole and 0 < content.size_bytes <= LANE_BYTES
        transfer = GetTransfer(self._backend, item, self._limits)
        job = Job(transfer, whole_bytes=content.size_bytes if on_lane else 0)
        with self._changed:
            self._open_jobs += 1
            self._bytes_in_flight += job.whole_bytes
        numbers: Sequence[int] = ()
        with caught() as trouble:
            self._check()
            numbers = transfer.start()
            if numbers and on_lane:
                question = Asked(job, transfer)
                with self._backend.boundary(check_key(item.key)):
                    lane.ask(question, item.key, content.size_bytes, etag=item.etag)
                asked.add(question)
                return
        job.error = trouble.error
        if job.error is not None or not numbers:
            self._settle(job)
            return
        self._share_out(job, numbers)

    def _answered(self, asked: Asked, answer: memoryview | Exception | None) -> None:
        job, transfer = asked.job, asked.transfer
        if answer is None:
            self._ask_otherwise(job)
            return
        with caught() as trouble:
            if isinstance(answer, Exception):
                with self._backend.boundary(transfer.item.key):
                    _refuse(answer)
            else:
                transfer.take_whole(answer)
        job.error = trouble.error
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
