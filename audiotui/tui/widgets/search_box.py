"""The search line: always on the screen, always editable; results change with every key.

Its keys lead to the screen's action ``leave_search``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import SuggestionReady

from audiotui.tui.keys import FIND
from audiotui.tui.visible import visible
from audiotui.tui.widgets.text_input import ShownSafely

if TYPE_CHECKING:
    from textual.widgets import Input

LONGEST_QUERY = 10_000


class SearchBox(ShownSafely):
    """An input that keeps its text when the focus comes back; ``down``, ``enter`` and ``esc`` lead to the list."""

    DEFAULT_CSS = """
    SearchBox, SearchBox:focus { border: none; height: 1; padding: 0; background: $background; width: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority the app itself acts, before it hands the next key to whatever has the focus then.
        Binding(
            "enter,down",
            "screen.leave_search",
            "to the list",
            id="search.leave",
            tooltip="Back to the list",
            group=FIND,
            priority=True,
        ),
        Binding("tab", "complete", "complete", id="search.complete", tooltip="Take the suggestion", group=FIND),
        Binding(
            "escape",
            "screen.leave_search",
            "back",
            id="search.escape",
            tooltip="Back, query kept",
            group=FIND,
            priority=True,
        ),
    ]

    def __init__(self, value: str = "") -> None:
        super().__init__(
            value, placeholder="type to search", select_on_focus=False, max_length=LONGEST_QUERY, compact=True
        )
        self._completion = ""

    @property
    def offer(self) -> str:
        """What ``tab`` makes of the query, '' if nothing."""
        return self._completion if self._completion != self.value else ""

    def suggest(self, query: str, completion: str) -> None:
        """Offer a way for the query to go on, unless it is another one by now; in grey, where it only adds letters."""
        if query == self.value:
            self._completion = completion
            # What acts on terminals is offered in the status line alone: an input draws its suggestion as it is.
            if completion.startswith(query) and visible(completion) == completion:
                self.post_message(SuggestionReady(query, completion))

    def action_complete(self) -> None:
        """Take what is offered; else go to the list."""
        if offer := self.offer:
            self.value = offer
            self.cursor_position = len(offer)
        else:
            self.screen.focus_next()

    def watch_value(self) -> None:
        """What was offered was for another query."""
        self._completion = ""

    def on_input_changed(self, message: Input.Changed) -> None:
        """Whom it concerns watches the value, and hears of it before this message could be there."""
        message.stop()


def needs_completion(query: str) -> bool:
    """Whether the last word looks like the beginning of something with a name; single letters do not."""
    *_, last = query.split(" ")
    return len(last) > 1 or last == "@"
