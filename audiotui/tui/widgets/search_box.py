"""The search line: always on the screen, always editable; results change with every key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class SearchBox(Input):
    """An input that keeps its text when the focus comes back; ``down``, ``enter`` and ``esc`` lead to the list."""

    DEFAULT_CSS = """
    SearchBox, SearchBox:focus { border: none; height: 1; padding: 0; background: $background; width: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter,tab", "leave", "To the list", id="search.leave", show=False),
        Binding("escape", "escape", "Back", id="search.escape", show=False),
    ]

    @dataclass
    class Edited(Message):
        """The query is another one."""

        query: str

    class Left(Message):
        """The focus should go back to the list."""

    def __init__(self, value: str = "") -> None:
        super().__init__(value, placeholder="type to search", select_on_focus=False, max_length=10_000, compact=True)

    def watch_value(self, before: str, value: str) -> None:
        """Search with every key."""
        if before != value:
            self.post_message(self.Edited(value))

    def action_leave(self) -> None:
        """Go to the list, keep the query."""
        self.post_message(self.Left())

    def action_escape(self) -> None:
        """Go to the list, keep the query."""
        self.post_message(self.Left())
