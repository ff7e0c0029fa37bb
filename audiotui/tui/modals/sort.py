"""Choosing the order of the table; every entry has its letter on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from audiotui.tui.modals.sheet import Sheet

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

ORDERS: tuple[tuple[str, str, str], ...] = (
    ("n", "", "newest first"),
    ("o", "oldest", "oldest first"),
    ("t", "title", "title, A to Z"),
    ("d", "-duration", "longest first"),
    ("D", "duration", "shortest first"),
    ("z", "-size", "biggest first"),
    ("r", "-rating", "best rating first"),
    ("i", "identity", "identity, A to Z"),
)
"""(letter, name of the order for a search, words)"""


class SortModal(Sheet[str]):
    """Ends with the chosen order's name."""

    DEFAULT_CSS = """
    SortModal > .box { max-width: 40; }
    SortModal OptionList { height: auto; border: none; background: $surface; }
    """

    KEYS: ClassVar[dict[str, str]] = {letter: name for letter, name, _ in ORDERS}

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """One line for each order, the current one chosen."""
        options = [Option(Content.assemble((f"{letter}  ", "bold"), words)) for letter, _, words in ORDERS]
        with Vertical(classes="box") as box:
            box.border_title = "Order"
            yield OptionList(*options)

    def on_mount(self) -> None:
        """Start at the current order."""
        names = [name for _, name, _ in ORDERS]
        self.query_one(OptionList).highlighted = names.index(self._current) if self._current in names else 0

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        if event.character in self.KEYS:
            event.stop()
            self.dismiss(self.KEYS[event.character])

    @on(OptionList.OptionSelected)
    def _selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(ORDERS[message.option_index][1])
