"""How hard a location may be pressed: a pause between requests when it asks for one, none at all while it is down.

The state belongs to the location, not to a file, or 64 items would hammer a sick server; the journal keeps it, so that
all engines on this machine share it. Times are seconds of ``leases.boot_clock_s``. The pause doubles and halves as
rclone's pacer does it; the breaker opens, probes with one item and closes after Nygard, "Release It!", chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILURES_TO_OPEN = 5
"""So many connection failures within the window take a location down."""

FAILURE_WINDOW_S = 30.0

FIRST_DOWN_S = 15.0

LONGEST_DOWN_S = 300.0

_SHORTEST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one location's ability to take requests."""

    pause_s: float = 0.0
    """Between the starts of two items."""
    not_before_s: float = 0.0
    """The location asked for quiet until then."""
    failures_s: tuple[float, ...] = ()
    """When the last connection failures happened, oldest first."""
    down_until_s: float = 0.0
    down_for_s: float = 0.0
    """How long the location was last left alone, 0 while it is up."""

    @property
    def is_down(self) -> bool:
        """Whether the breaker is open: one item at a time may probe, and only after ``down_until_s``."""
        return self.down_for_s > 0

    @property
    def ready_at_s(self) -> float:
        """When the next item may start."""
        return max(self.not_before_s, self.down_until_s)

    def probed_from(self, now_s: float) -> Health:
        """With a breaker that lets one item probe from a time on."""
        return replace(self, down_until_s=now_s) if self.is_down and self.down_until_s > now_s else self

    def started(self, now_s: float) -> Health:
        """After an item started."""
        return replace(self, not_before_s=now_s + self.pause_s) if self.pause_s else self

    def succeeded(self) -> Health:
        """After the location did what was asked: the breaker closes, the pause gets shorter."""
        if not (self.pause_s or self.failures_s or self.down_for_s):
            return self
        pause_s = self.pause_s / 2
        return Health(
            pause_s=pause_s if pause_s >= _SHORTEST_PAUSE_S else 0.0,
            not_before_s=self.not_before_s if self.pause_s else 0.0,
        )

    def throttled(self, now_s: float, retry_after_s: float) -> Health:
        """After the location asked for less."""
        pause_s = min(_LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, self.pause_s * 2))
        return replace(self, pause_s=pause_s, not_before_s=max(self.not_before_s, now_s + max(retry_after_s, pause_s)))

    def unreachable(self, now_s: float) -> Health:
        """After the location did not answer."""
        if self.is_down:
            if now_s < self.down_until_s:  # an item that was under way when the breaker opened
                return self
            return self._down(now_s, min(LONGEST_DOWN_S, self.down_for_s * 2))
        recent = (*(at_s for at_s in self.failures_s if 0 <= now_s - at_s < FAILURE_WINDOW_S), now_s)
        if len(recent) >= FAILURES_TO_OPEN:
            return self._down(now_s, FIRST_DOWN_S)
        return replace(self, failures_s=recent)

    def closed_down(self, now_s: float) -> Health:
        """With a breaker that is open from now on."""
        return self if self.is_down else self._down(now_s, FIRST_DOWN_S)

    def _down(self, now_s: float, for_s: float) -> Health:
        return replace(self, failures_s=(), down_until_s=now_s + for_s, down_for_s=for_s)
