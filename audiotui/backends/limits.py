"""How fast and how much at once a transfer may run; the engine turns the screws while it runs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from audiotui.errors import TransferCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

BURST_S = 0.1
"""An idle line may be made up for by this much, no more."""

NOTICE_S = 0.25
"""How soon a wait notices that the rate was changed."""


class Limits:
    """What is allowed right now. Backends read it again and again; any thread may change it at any time.

    ``requests`` is how many items or parts may be in flight at once, ``bytes_in_flight`` how many bytes may be held in
    memory for them (one part always may), ``bytes_per_s`` the rate (None: no limit). ``cancel`` stops everything:
    nothing new begins, and what is in flight ends within 2 s with TransferCancelled, its unfinished uploads kept.
    """

    def __init__(
        self,
        *,
        requests: int = 8,
        bytes_in_flight: int = 64 * 1024 * 1024,
        bytes_per_s: float | None = None,
        cancel: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = requests
        self.bytes_in_flight = bytes_in_flight
        self.cancel = cancel or threading.Event()
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = bytes_per_s
        self._booked = 0.0
        self._paid = 0.0
        self._paid_at = clock()

    @property
    def bytes_per_s(self) -> float | None:
        """The rate that all bytes together keep to; None: no limit."""
        return self._rate

    @bytes_per_s.setter
    def bytes_per_s(self, rate: float | None) -> None:
        with self._lock:
            self._pay()
            if self._rate and rate and rate < self._rate:  # what went out at the old rate is not paid at the new one
                self._paid = self._booked - (self._booked - self._paid) * rate / self._rate
            self._rate = rate

    @property
    def cancelled(self) -> bool:
        """True once the transfer was stopped."""
        return self.cancel.is_set()

    def check(self) -> None:
        """Raise TransferCancelled if the transfer was stopped."""
        if self.cancel.is_set():
            raise TransferCancelled("The transfer was stopped.", "Run it again: it goes on where it stopped.")

    def reserve(self, byte_count: int) -> float:
        """Book bytes on the line; at the present rate they may be sent after so many seconds (0: now). Never blocks."""
        return self._seconds_until(self._book(byte_count))

    def wait(self, byte_count: int) -> None:
        """Book bytes on the line and wait for their turn; TransferCancelled if the transfer is stopped meanwhile."""
        turn = self._book(byte_count)
        while (pause_s := self._seconds_until(turn)) > 0 and not self.cancel.wait(min(pause_s, NOTICE_S)):
            pass
        self.check()

    def _book(self, byte_count: int) -> float:
        """How many bytes have to be paid before these."""
        with self._lock:
            self._pay()
            turn = self._booked
            self._booked += byte_count
        return turn

    def _seconds_until(self, turn: float) -> float:
        with self._lock:
            self._pay()
            return max(0.0, (turn - self._paid) / self._rate) if self._rate else 0.0

    def _pay(self) -> None:
        """Time pays for bytes at the rate; without one all are paid."""
        now = self._clock()
        elapsed_s, self._paid_at = now - self._paid_at, now
        if self._rate is None:
            self._paid = self._booked
        else:
            self._paid = min(self._paid + elapsed_s * self._rate, self._booked + BURST_S * self._rate)
