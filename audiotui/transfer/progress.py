"""How fast a job moves: rates over a window of the last seconds, and the time left that follows from them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_S = 10.0
"""Rates are those of the last so many seconds: long enough to be calm, short enough to show a line that slows down."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a second brings."""

    bytes_s: float
    items_s: float

    def eta_s(self, *, open_bytes: int, open_items: int) -> float | None:
        """Seconds left; small files are bound by their number, big ones by their bytes; None while nothing moves."""
        bounds = [left / pace for left, pace in ((open_bytes, self.bytes_s), (open_items, self.items_s)) if pace > 0]
        return max(bounds) if bounds else None


class RateWindow:
    """Counts what was done, at times that the caller gives (of any clock that never goes back)."""

    def __init__(self, now_s: float) -> None:
        self._samples: deque[tuple[float, int, int]] = deque([(now_s, 0, 0)])

    def rate(self, now_s: float, *, done_bytes: int, done_items: int) -> Rate | None:
        """Note the counts of now (since the window was made) and return the rate; None in the first instant."""
        while len(self._samples) > 1 and self._samples[1][0] <= now_s - WINDOW_S:
            self._samples.popleft()
        first_s, first_bytes, first_items = self._samples[0]
        if now_s > self._samples[-1][0]:
            self._samples.append((now_s, done_bytes, done_items))
        elapsed_s = now_s - first_s
        if elapsed_s <= 0:
            return None
        return Rate(max(0, done_bytes - first_bytes) / elapsed_s, (done_items - first_items) / elapsed_s)
