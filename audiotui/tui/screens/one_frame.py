"""One frame for a key instead of two: what was typed is painted together with what it finds, if that comes soon.

Textual paints at once when it has been at rest, and then not again for up to two times of a frame. So the letter alone
would be seen some milliseconds sooner, and the rows up to 17 ms later than they could be.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget


class OneFrame(Screen[None]):
    """A screen that can hold its next frame back for a moment."""

    PATIENCE_S: ClassVar[float] = 0.025
    """Nobody sees that a letter is so late; where the rows take longer, it is painted without them."""

    def __init__(self) -> None:
        super().__init__()
        self._held: asyncio.TimerHandle | None = None

    def hold_frame(self) -> None:
        """Paint nothing before ``paint_after``, or until patience ends."""
        if self._held is None:
            self._held = asyncio.get_running_loop().call_later(self.PATIENCE_S, self._let_go)

    def paint_after(self, last: Widget) -> None:
        """Paint what changed, now that it has all changed; ``last`` is the widget that changed last."""
        # Each widget tells the screen of its change when it is idle. They become so in the order of their changes.
        last.call_next(self._let_go)

    def on_idle(self, event: events.Idle) -> None:
        """Textual would paint now."""
        if self._held is not None:
            event.prevent_default()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.cancel()
            self._held = None
            self.check_idle()
