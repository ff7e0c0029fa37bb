"""Several sessions that share one feed, each driven by a thread: while one host's process syncs a file, others go on.

A file server carries out one request after the other, so each sync of a stored file holds up all files behind it.
A few sessions hide most of that. A further session is opened only when the one before has
as much to do as it may.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Generic

from audiotui.backends.items import ItemT, Outcome
from audiotui.cleanup import caught

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.limits import Limits

POLL_S = 0.05
"""How soon it is noticed that limits were changed, a feed was closed or all was cancelled."""


class Lane:
    """The share of one session: how much it may have in flight, and whether it is needed yet."""

    def __init__(self, limits: Limits, *, count: int = 1, before: Lane | None = None) -> None:
        self._limits = limits
        self._count = count
        self._before = before
        self._after: Lane | None = None
        if before is not None:
            before._after = self
        self._in_flight = 0
        self._called = threading.Event()
        self.halt: threading.Event = threading.Event() if before is None else before.halt
        """Set when nobody wants further outcomes."""

    @property
    def is_first(self) -> bool:
        """True for the lane that takes items whatever happens; the others only help."""
        return self._before is None

    @property
    def is_needed(self) -> bool:
        """False while the lane before has room itself."""
        return self._before is None or self._before.is_full

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be in flight here."""
        return self._in_flight >= self.room

    def note_in_flight(self, count: int) -> None:
        """Tell how many items are in flight here now; it calls the next lane once there is no room for more."""
        self._in_flight = count
        if self._after is not None and self.is_full:
            self._after.call()

    def wait_until_called(self) -> None:
        """Wait for the lane before to be full, but not for long: the feed may be closed, and limits change."""
        self._called.wait(POLL_S)
        self._called.clear()

    def call(self) -> None:
        """Wake the lane, for work or to end."""
        self._called.set()

    @property
    def room(self) -> int:
        """So many items may be in flight here."""
        return max(1, -(-self._limits.requests // self._count))

    @property
    def byte_room(self) -> int:
        """So many bytes may be held in memory here."""
        return self._limits.bytes_in_flight // self._count


class Lanes(Generic[ItemT]):
    """Drives one iterator of outcomes per lane, and merges them."""

    def __init__(self, limits: Limits, count: int, drive: Callable[[Lane], Iterator[Outcome[ItemT]]]) -> None:
        self._drive = drive
        count = min(count, max(1, limits.requests))
        lanes = [Lane(limits, count=count)]
        while len(lanes) < count:
            lanes.append(Lane(limits, count=count, before=lanes[-1]))
        self._lanes = lanes
        self._outcomes: queue.SimpleQueue[Outcome[ItemT] | Exception | None] = queue.SimpleQueue()

    def run(self) -> Iterator[Outcome[ItemT]]:
        """Yield the outcomes as they come; closing the iterator ends all lanes, and waits for that."""
        if len(self._lanes) == 1:
            yield from self._drive(self._lanes[0])
            return
        threads = [
            threading.Thread(target=self._carry, args=(lane,), name="audiotui-lane", daemon=True)
            for lane in self._lanes
        ]
        for thread in threads:
            thread.start()
        try:
            yield from self._merged()
        finally:
            self._lanes[0].halt.set()
            for lane in self._lanes:
                lane.call()
            for thread in threads:
                thread.join()

    def _merged(self) -> Iterator[Outcome[ItemT]]:
        driving = len(self._lanes)
        failure: Exception | None = None
        while driving:
            with suppress(queue.Empty):
                outcome = self._outcomes.get(timeout=1.0)
                if isinstance(outcome, Outcome):
                    yield outcome
                else:
                    driving -= 1
                    failure = failure or outcome
        if failure is not None:
            raise failure

    def _carry(self, lane: Lane) -> None:
        with caught() as trouble:
            for outcome in self._drive(lane):
                self._outcomes.put(outcome)
        if trouble.error is not None:  # an item's errors are outcomes; this is the feed's, for the caller
            lane.halt.set()
        self._outcomes.put(trouble.error)
