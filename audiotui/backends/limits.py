"""How fast and how much at once a transfer may run; the engine turns the screws while it runs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from audiotui.backends.line import BURST_S, OwnLine
from audiotui.backends.parts import BLOCK_BYTES
from audiotui.errors import TransferCancelled
from audiotui.model import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.items import Piece
    from audiotui.backends.line import Line

__all__ = ["BURST_S", "Limits", "PartsAhead"]

AHEAD_S = 2.0
"""Of a rate, so much is under way at a time: parts that did not arrive whole are lost when the line breaks."""

SEEN_AHEAD_S = 8.0
"""Of a speed that is only seen, which may be that of one connection alone: more of them may carry more."""

NOTICE_S = 0.25
"""How soon a wait notices that the rate was changed."""

STEP_S = 0.1
"""At a rate, what goes out in one go takes at most so long: the line carries a stream, and no bursts and pauses."""

FEWEST_BYTES = 1024
"""Smaller blocks would be more headers than bytes."""


class Limits:
    """What is allowed right now. Backends read it again and again; any thread may change it at any time.

    ``requests`` is how many items or parts may be in flight at once, ``bytes_in_flight`` how many bytes may be held in
    memory for them (one part always may), ``bytes_per_s`` the rate (None: no limit). ``cancel`` stops everything:
    nothing new begins, and what is in flight ends within 2 s with TransferCancelled, its unfinished uploads kept.
    ``line`` is one that the rate is shared on with others; without it the rate is this transfer's own.
    """

    def __init__(
        self,
        *,
        requests: int = 8,
        bytes_in_flight: int = 64 * 1024 * 1024,
        bytes_per_s: float | None = None,
        cancel: threading.Event | None = None,
        line: Line | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = requests
        self.bytes_in_flight = bytes_in_flight
        self.cancel = cancel or threading.Event()
        self._clock = clock
        self._shared_line = line
        self._line: Line | None = None
        self._rate: float | None = None
        self.bytes_per_s = bytes_per_s

    @property
    def bytes_per_s(self) -> float | None:
        """The rate that all bytes together keep to; None: no limit."""
        return self._rate

    @bytes_per_s.setter
    def bytes_per_s(self, rate: float | None) -> None:
        if rate == self._rate:
            return
        if rate is None:
            self._line = None
        elif self._line is not None:
            self._line.set_rate(rate)
        else:
            line = self._shared_line or OwnLine(rate, clock=self._clock)
            line.set_rate(rate)
            self._line = line
        self._rate = rate

    @property
    def room_bytes(self) -> int:
        """How many bytes may be under way now: fewer than fit into memory where a rate would take long for them."""
        if self._rate is None:
            return self.bytes_in_flight
        return min(self.bytes_in_flight, max(PART_BYTES, int(self._rate * AHEAD_S)))

    @property
    def cancelled(self) -> bool:
        """True once the transfer was stopped."""
        return self.cancel.is_set()

    def check(self) -> None:
        """Raise TransferCancelled if the transfer was stopped."""
        if self.cancel.is_set():
            raise TransferCancelled("The transfer was stopped.", "Run it again: it goes on where it stopped.")

    def reserve(self, byte_count: int) -> float:
        """Book bytes on the line; at the present rate they may be sent after so many seconds (0: now)."""
        line = self._line
        return 0.0 if line is None else line.seconds_until(line.book(byte_count))

    def wait(self, byte_count: int) -> None:
        """Book bytes on the line and wait for their turn; TransferCancelled if the transfer is stopped meanwhile."""
        line = self._line
        if line is not None:
            turn = line.book(byte_count)
            while self._line is line and (pause_s := line.seconds_until(turn)) > 0:
                if self.cancel.wait(min(pause_s, NOTICE_S)):
                    break
        self.check()

    def paced(self, piece: Piece) -> Iterator[Piece]:
        """The bytes of a piece, each block once its turn on the line has come; without a rate the piece as it is."""
        rest = memoryview(piece)
        while self._rate is not None and len(rest) > (step := self.block_bytes):
            self.wait(step)
            yield rest[:step]
            rest = rest[step:]
        self.wait(len(rest))
        yield rest

    @property
    def block_bytes(self) -> int:
        """How much may go out, or come in, in one go."""
        return BLOCK_BYTES if self._rate is None else max(FEWEST_BYTES, min(BLOCK_BYTES, int(self._rate * STEP_S)))


class PartsAhead:
    """How many bytes of parts may be under way on a line, by the speed that it showed: one part at first.

    What did not arrive whole when the line breaks, or the program ends, has to be sent again; so a slow line carries
    one part or two at a time, and a fast one has them all after its first.
    """

    def __init__(self) -> None:
        self._rate = 0.0

    @property
    def room_bytes(self) -> int:
        """How many may be under way."""
        return max(PART_BYTES, int(self._rate * SEEN_AHEAD_S))

    def arrived(self, bytes_under_way: int, took_s: float) -> None:
        """A part took so long, and with it so many bytes were under way; any thread may tell."""
        self._rate = bytes_under_way / max(took_s, 0.001)
