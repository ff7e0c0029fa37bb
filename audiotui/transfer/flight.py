"""How many requests are in flight at a location: a few more as long as that moves more, half when it asks for less.

Additive increase and multiplicative decrease after Chiu and Jain, "Analysis of the increase and decrease algorithms
for congestion avoidance" (1989); the increase stops where it brings nothing, so a near server is not flooded.
"""

from __future__ import annotations

SECOND_S = 1.0

STEP = 2

WORTH = 1.05
"""More in flight has to move at least so much more in a second."""

FADE = 0.998
"""What the best second ever reached is slowly forgotten, because lines change."""


class Flight:
    """The number for one run between two locations. ``now_s`` is of any clock that never goes back.

    It starts at ``start`` and never exceeds ``most``.
    """

    def __init__(self, start: int, most: int, *, now_s: float) -> None:
        self.requests = start
        self._most = max(start, most)
        self._looked_s = now_s
        self._looked_work = 0.0
        self._best_rate = 0.0
        self._held_back = False

    def throttled(self) -> None:
        """The location asked for less: half as much, once a second at most."""
        if not self._held_back:
            self.requests = max(1, self.requests // 2)
            self._best_rate = 0.0
            self._held_back = True

    def look(self, now_s: float, work: float) -> int:
        """How many to have in flight from now on; ``work`` is all that was moved so far, in any unit."""
        elapsed_s = now_s - self._looked_s
        if elapsed_s < SECOND_S:
            return self.requests
        rate = (work - self._looked_work) / elapsed_s
        self._looked_s, self._looked_work = now_s, work
        if self._held_back:
            self._held_back = False
        elif rate > self._best_rate * WORTH:
            self._best_rate = rate
            self.requests = min(self._most, self.requests + STEP)
        else:
            self._best_rate *= FADE
        return self.requests
