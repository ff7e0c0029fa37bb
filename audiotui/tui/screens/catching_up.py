"""Showing what others write while somebody works: at once where it costs nothing, else seldom and between keys."""

from __future__ import annotations

from audiotui.tui.screens.mode import ModeScreen

BIG, BIG_S = 20_000, 3.0
"""While others write, so many hits are read again only so often: a million take a fifth of a second of a processor."""

MOST_DELAYS = 4
"""So many times that waits for a pause between keys, as long as before; then it is done in spite of them."""


class CatchingUp(ModeScreen):
    """A screen with a list that may be long; a subclass says how long it is and reads it again."""

    def __init__(self) -> None:
        super().__init__()
        self._is_waiting = False

    @property
    def lines_shown(self) -> int:
        """How long the list is."""
        raise NotImplementedError

    def others_wrote(self) -> None:
        """Show it; where that takes long, later, so that a transfer beside takes no time of who looks around."""
        if self.lines_shown < BIG:
            self.catalog_moved()
        elif not self._is_waiting:
            self._is_waiting = True
            self.set_timer(BIG_S, lambda: self._catch_up(MOST_DELAYS))

    def _catch_up(self, delays: int) -> None:
        if delays and self.audiotui.is_in_use:
            self.set_timer(BIG_S, lambda: self._catch_up(delays - 1))
        else:
            self._is_waiting = False
            self.catalog_moved()
