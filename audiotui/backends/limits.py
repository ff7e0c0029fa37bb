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
        self.bytes_per_s = bytes_per_s
        self.cancel = cancel or threading.Event()
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = float("-inf")

    @property
    def cancelled(self) -> bool:
        """True once the transfer was stopped."""
        return self.cancel.is_set()

    def check(self) -> None:
        """Raise TransferCancelled if the transfer was stopped."""
        if self.cancel.is_set():
            raise TransferCancelled("The transfer was stopped.", "Run it again: it goes on where it stopped.")

    def reserve(self, byte_count: int) -> float:
        """Book bytes on the line; the caller may send them after so many seconds (0: now). Never blocks."""
        rate = self.bytes_per_s
        if rate is None:
            return 0.0
        with self._lock:
            now = self._clock()
            begins_at = max(self._free_at, now - BURST_S)
            self._free_at = begins_at + byte_count / rate
        return max(0.0, begins_at - now)

    def wait(self, byte_count: int) -> None:
        """Book bytes on the line and wait for their turn; TransferCancelled if the transfer is stopped meanwhile."""
        pause_s = self.reserve(byte_count)
        if pause_s > 0:
            self.cancel.wait(pause_s)
        self.check()
