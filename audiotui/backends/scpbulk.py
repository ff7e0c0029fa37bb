"""The items of a feed over one session of a host: many files at a time, each a coroutine on the same wire.

The limits are read again at every turn: how many items and bytes may be in flight, and whether all is cancelled; the
rate is kept by pauses. What one item does is in ``scpmoves``.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

from audiotui.backends.items import ItemT, Outcome
from audiotui.backends.scplanes import POLL_S, Lane, Lanes
from audiotui.backends.scpmoves import GetMove, Move, PutMove
from audiotui.backends.sftp.tasks import Stopped
from audiotui.cleanup import caught
from audiotui.errors import TransferCancelled
from audiotui.model import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from audiotui.backends.base import Feed, GetItem, Limits, PutItem
    from audiotui.backends.scp import ScpBackend
    from audiotui.backends.sftp.files import Files
    from audiotui.backends.sftp.tasks import Task

log = logging.getLogger(__name__)

FAR_GET_SESSIONS = 2
"""Measured at 20 ms: a third one costs more time to open than it saves."""

GRACE_S = 1.0
"""How long what is in flight may go on after a cancellation, to end in good order."""

PARTS_HELD = 3
"""Of a big file, so many parts are in memory at a time: one that is read, and two on the wire."""


def put_many(backend: ScpBackend, feed: Feed[PutItem], limits: Limits) -> Iterator[Outcome[PutItem]]:
    """What ``Backend.put_many`` promises, by a scheduler for each of a few sessions."""

    def drive(lane: Lane) -> Iterator[Outcome[PutItem]]:
        begin = partial(PutMove, backend, limits=limits)
        return _Bulk(backend, begin, feed, limits, lane, prepare=backend.claim_steps).run()

    return Lanes(limits, backend.put_sessions, drive).run()


def get_many(backend: ScpBackend, feed: Feed[GetItem], limits: Limits) -> Iterator[Outcome[GetItem]]:
    """What ``Backend.get_many`` promises, by one scheduler, or by two where one session cannot fill the line."""

    def drive(lane: Lane) -> Iterator[Outcome[GetItem]]:
        return _Bulk(backend, partial(GetMove, backend, limits=limits), feed, limits, lane).run()

    return Lanes(limits, FAR_GET_SESSIONS if backend.session_is_narrow else 1, drive).run()


class _Bulk(Generic[ItemT]):
    """Takes items while there is room, and turns the wire until all of them have ended."""

    def __init__(
        self,
        backend: ScpBackend,
        begin: Callable[[ItemT], Move[ItemT]],
        feed: Feed[ItemT],
        limits: Limits,
        lane: Lane,
        *,
        prepare: Callable[[Files], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._backend = backend
        self._begin = begin
        self._feed = feed
        self._limits = limits
        self._lane = lane
        self._prepare = prepare
        self._opened = ExitStack()
        self._files: Files | None = None
        self._tasks: dict[int, Task[None]] = {}
        self._opening = 0
        self._held_bytes = 0
        self._outcomes: deque[Outcome[ItemT]] = deque()
        self._stop_at_s: float | None = None

    def run(self) -> Iterator[Outcome[ItemT]]:
        """Yield the outcomes as they come; closing the iterator ends what is in flight, and waits for that."""
        try:
            while self._tasks or self._outcomes or not (self._is_halted or self._feed.closed):
                if not self._tasks and not self._lane.is_needed:
                    self._lane.wait_until_called()
                    continue
                if not (self._lane.is_first or self._tasks or self._can_help()):
                    return
                self._admit()
                self._turn()
                while self._outcomes:
                    yield self._outcomes.popleft()
        finally:
            self._wind_down()

    @property
    def _is_halted(self) -> bool:
        return self._limits.cancelled or self._lane.halt.is_set()

    def _admit(self) -> None:
        """Begin items while there is room for them, and have as many again asked for, so that the next are at hand."""
        lane = self._lane
        while (
            not self._is_halted
            and not (self._tasks and self._files is not None and self._files.session.wire.is_lost)
            and len(self._tasks) < lane.room + min(self._opening, lane.room)
            and (not self._tasks or self._held_bytes < lane.byte_room)
        ):
            item = self._feed.take(0.0 if self._tasks or self._outcomes else POLL_S)
            if item is None:
                return
            move = self._begin(item)
            with caught() as trouble:
                files = self._ready_files()
            if trouble.error is not None:
                self._outcomes.append(move.failed(trouble.error))
                return
            self._held_bytes += _bytes_held(item)
            self._opening += move.is_opening
            move.on_opened = self._count_opened
            steps = self._carry(move, files)
            task = files.session.wire.start(steps)
            if not task.is_done:
                self._tasks[id(move)] = task
            lane.note_in_flight(len(self._tasks))

    def _can_help(self) -> bool:
        """Whether the host opens a further session; one that does not is asked for no more."""
        with caught() as trouble:
            self._ready_files()
            return True
        # Whatever it is, the first lane meets it too and tells it.
        log.info("No further session at %s: %s", self._backend.name, trouble.error)
        return False

    def _ready_files(self) -> Files:
        """The session that this works on; another one if it was lost."""
        if self._files is None or self._files.session.wire.is_lost:
            self._opened.close()
            self._files = None
            self._backend.open()
            session = self._opened.enter_context(self._backend.pool.session())
            files = self._backend.files(session)
            if self._prepare is not None:
                session.run(self._prepare(files))
            self._files = files
        return self._files

    async def _carry(self, move: Move[ItemT], files: Files) -> None:
        """Move one item, and note how it ended."""
        try:
            outcome = await move.outcome(files)
        except Stopped:
            outcome = move.failed(
                TransferCancelled("The transfer was stopped.", "Run it again: it goes on from there.")
            )
        finally:
            move.close()
        self._opening -= move.is_opening
        self._held_bytes -= _bytes_held(move.item)
        self._tasks.pop(id(move), None)
        self._lane.note_in_flight(len(self._tasks))
        self._outcomes.append(outcome)

    def _count_opened(self) -> None:
        self._opening -= 1

    def _turn(self) -> None:
        if not self._tasks or self._files is None:
            return
        self._files.session.wire.turn(0.0 if self._outcomes else POLL_S)
        if self._limits.cancelled:
            self._stop_at_s = self._stop_at_s or time.monotonic() + GRACE_S
            if time.monotonic() > self._stop_at_s:
                self._files.session.wire.stop(list(self._tasks.values()))

    def _wind_down(self) -> None:
        """End what is still in flight, in good order if that goes fast."""
        deadline_s = time.monotonic() + GRACE_S
        while self._tasks and self._files is not None:
            if time.monotonic() < deadline_s and not self._limits.cancelled:
                self._files.session.wire.turn(POLL_S)
            else:
                self._files.session.wire.stop(list(self._tasks.values()))
        self._opened.close()


def _bytes_held(item: PutItem | GetItem) -> int:
    """How much memory an item may take while it moves."""
    return min(item.content.size_bytes, PARTS_HELD * PART_BYTES)
