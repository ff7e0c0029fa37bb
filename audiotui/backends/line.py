"""A line of limited speed: bytes are booked on it and may go when the rate has paid for all that were booked before.

The arithmetic is a value, so that threads of one process can share a line in memory and processes one in a file.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

BURST_S = 0.1
"""An idle line may be made up for by this much, no more."""


@dataclass(frozen=True, slots=True)
class LineState:
    """How much was booked and paid by a time; times are seconds of one clock, whichever the owner uses."""

    rate: float
    """Bytes a second."""
    paid_at_s: float
    booked: float = 0.0
    paid: float = 0.0

    def at(self, now_s: float) -> LineState:
        """The state of a later time."""
        elapsed_s = max(0.0, now_s - self.paid_at_s)
        paid = min(self.paid + elapsed_s * self.rate, self.booked + BURST_S * self.rate)
        return replace(self, paid=paid, paid_at_s=now_s)

    def with_rate(self, rate: float) -> LineState:
        """From now on another rate holds; what went out at a higher one is not paid at the new one."""
        paid = self.paid if rate >= self.rate else self.booked - (self.booked - self.paid) * rate / self.rate
        return replace(self, rate=rate, paid=paid)

    def with_bytes(self, byte_count: float) -> LineState:
        """After so many more bytes were booked."""
        return replace(self, booked=self.booked + byte_count)

    def seconds_until(self, turn: float) -> float:
        """When so many bytes will be paid."""
        return max(0.0, (turn - self.paid) / self.rate)


class Line(Protocol):
    """What ``Limits`` books on; any thread may call it."""

    def set_rate(self, bytes_per_s: float) -> None:
        """From now on this rate holds for everybody on the line."""

    def book(self, byte_count: int) -> float:
        """Book bytes; returns their turn, for ``seconds_until``."""

    def seconds_until(self, turn: float) -> float:
        """In how many seconds, at the present rate, the bytes of a turn may go; 0: now."""


class OwnLine:
    """A line for the threads of one process."""

    def __init__(self, bytes_per_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._state = LineState(bytes_per_s, clock())

    def set_rate(self, bytes_per_s: float) -> None:
        """From now on this rate holds."""
        with self._lock:
            self._state = self._state.at(self._clock()).with_rate(bytes_per_s)

    def book(self, byte_count: int) -> float:
        """How many bytes have to be paid before these."""
        with self._lock:
            state = self._state.at(self._clock())
            self._state = state.with_bytes(byte_count)
            return state.booked

    def seconds_until(self, turn: float) -> float:
        """When these bytes may go."""
        with self._lock:
            self._state = self._state.at(self._clock())
            return self._state.seconds_until(turn)
