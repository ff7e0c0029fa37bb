"""From where the movers take a job's items: in order, retries when their time has come, nothing while a location rests.

The engine's own thread fills it; the threads that move bytes take from it.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from typing import TYPE_CHECKING, Generic

from audiotui.backends.items import ItemT

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.transfer.pacing import Health


class JobFeed(Generic[ItemT]):
    """A ``backends.items.Feed`` that knows about waiting. ``clock`` is that of ``Health``, ``leases.boot_clock_s``.

    At most ``most_in_flight`` items are out at a time, so that the movers cannot run far ahead of the engine, which may
    just be about to stop them.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.most_in_flight = 1
        self._clock = clock
        self._changed = threading.Condition()
        self._fresh: deque[ItemT] = deque()
        self._retries: list[tuple[float, int, ItemT]] = []
        self._order = itertools.count()
        self._health: dict[str, Health] = {}
        self._in_flight = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """True once no item will ever come again."""
        return self._closed

    @property
    def fresh_count(self) -> int:
        """How many items wait for their first try."""
        return len(self._fresh)

    @property
    def in_flight(self) -> int:
        """How many items were taken and not given back by ``settled``."""
        return self._in_flight

    def add(self, item: ItemT) -> None:
        """Append an item for its first try."""
        with self._changed:
            self._fresh.append(item)
            self._changed.notify()

    def add_retry(self, item: ItemT, *, at_s: float) -> None:
        """Give an item again, not before a time; it goes before items that were not tried yet."""
        with self._changed:
            heapq.heappush(self._retries, (at_s, next(self._order), item))
            self._changed.notify()

    def take_fresh(self, most: int, suits: Callable[[ItemT], bool]) -> list[ItemT]:
        """At most so many of the items that wait for their first try, until one does not suit; never waits."""
        with self._changed:
            taken: list[ItemT] = []
            now_s = self._clock()
            while len(taken) < most and not self._closed and self._fresh and suits(self._fresh[0]):
                if self._pause_s(now_s) > 0:
                    break
                taken.append(self._count_out(self._fresh.popleft(), now_s))
            return taken

    def give_back(self, item: ItemT) -> None:
        """An item that was taken was not tried: it goes before the others."""
        with self._changed:
            self._in_flight -= 1
            self._fresh.appendleft(item)
            self._changed.notify_all()

    def settled(self) -> None:
        """One item that was taken has ended, whether well or not."""
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    @property
    def ready_at_s(self) -> float:
        """When the locations will take items again; a time that has passed if they do."""
        with self._changed:
            return max((health.ready_at_s for health in self._health.values()), default=0.0)

    def set_health(self, location: str, health: Health) -> None:
        """Say how a location does; from now on items are given out accordingly."""
        with self._changed:
            self._health[location] = health
            self._changed.notify_all()

    def close(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, wait_s: float) -> ItemT | None:
        """The next item whose time has come, or None if there was none within ``wait_s`` seconds."""
        with self._changed:
            until_s = self._clock() + wait_s
            while not self._closed:
                now_s = self._clock()
                pause_s = self._pause_s(now_s)
                if pause_s <= 0:
                    return self._give(now_s)
                if now_s >= until_s:
                    break
                self._changed.wait(min(pause_s, until_s - now_s))
            return None

    def _pause_s(self, now_s: float) -> float:
        """Seconds until the next item may be given; infinite if something else has to happen first."""
        if self._in_flight >= self.most_in_flight:
            return float("inf")
        due_s = now_s if self._fresh else self._retries[0][0] if self._retries else float("inf")
        for health in self._health.values():
            if health.is_down and self._in_flight:  # one item alone probes a location that is down
                return float("inf")
            due_s = max(due_s, health.ready_at_s)
        return due_s - now_s

    def _give(self, now_s: float) -> ItemT:
        is_retry_due = bool(self._retries) and self._retries[0][0] <= now_s
        return self._count_out(heapq.heappop(self._retries)[2] if is_retry_due else self._fresh.popleft(), now_s)

    def _count_out(self, item: ItemT, now_s: float) -> ItemT:
        self._in_flight += 1
        for location, health in self._health.items():
            self._health[location] = health.started(now_s)
        return item
