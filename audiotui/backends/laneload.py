"""Whether one thread is enough for the small files of a feed: what it does with its time.

Others help where it mostly waits until files are written: a folder of another machine, a slow disk. Where it mostly
computes, they would only wait for the interpreter, and all take a tenth longer (measured).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_S = 0.25
"""How long a thread is watched before it is judged."""

ENOUGH_WAITING = 3.0
"""So many times as long as it computes a thread may wait; for the interpreter it waits as long at most."""

MOST_LANES = 8


class Times(NamedTuple):
    """A moment of a thread: on the wall, and what the processor did for it until then."""

    wall_s: float
    computed_s: float


def times_of_thread() -> Times:
    """Of the calling thread."""
    return Times(time.monotonic(), time.thread_time())


class LaneLoad:
    """How the thread of the only lane spends its time; used by that thread alone."""

    def __init__(self, clock: Callable[[], Times] = times_of_thread) -> None:
        self._clock = clock
        self._since = clock()
        self._idle_s = 0.0

    def idled(self, seconds: float) -> None:
        """It had nothing to do for so long."""
        self._idle_s += seconds

    @property
    def lanes_wanted(self) -> int:
        """How many threads would keep the processor busy, as far as is known."""
        now = self._clock()
        wall_s = now.wall_s - self._since.wall_s
        if wall_s < LOOK_S:
            return 1
        computed_s = now.computed_s - self._since.computed_s
        waited_s = wall_s - self._idle_s - computed_s
        self._since, self._idle_s = now, 0.0
        if waited_s <= ENOUGH_WAITING * computed_s or waited_s < wall_s / 2:
            return 1
        return min(MOST_LANES, 1 + int(waited_s / max(computed_s, 0.001)))
