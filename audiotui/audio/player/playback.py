"""What a player tells: one value for how it stands."""

from __future__ import annotations

from dataclasses import dataclass

MIN_RATE, MAX_RATE = 0.5, 2.0
MAX_VOLUME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """How a player stands at one moment."""

    path: str = ""
    """'' while nothing is loaded."""
    position_s: float = 0.0
    duration_s: float = 0.0
    """0 until it is known."""
    is_playing: bool = False
    has_ended: bool = False
    """The end was reached by playing, and nothing was asked since."""
    volume: int = 80
    """0 to 100."""
    rate: float = 1.0
    """1.0 is as recorded; the pitch stays."""
    error: str = ""
    """Why the last sound did not play, for people."""
    no_device: bool = False
    """That reason is this machine, not the file: no other one will play either."""
