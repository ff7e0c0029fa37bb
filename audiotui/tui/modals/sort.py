"""Choosing the order of the table; every entry has its letter on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.orders import ORDERS

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

LETTERS = {letter: name for letter, name, _ in ORDERS}


class SortModal(Sheet[str]):
    """Ends with the chosen order's name."""

    DEFAULT_CSS = """
    SortModal > .box { max-width: 36; }
    SortModal OptionList, SortModal OptionList:focus {
        height: auto; border: none; background: $surface; padding: 0;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move('cursor_down')", "down", id="sort.down", show=False),
        Binding("k", "move('cursor_up')", "up", id="sort.up", show=False),
    ]

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """One line for each order, the current one chosen."""
        options = [Option(Content.assemble((f"{letter}  ", "bold"), words)) for letter, _, words in ORDERS]
        with Vertical(classes="box") as box:
            box.border_title = "Order"
            box.border_subtitle = "letter or enter"
            yield OptionList(*options, markup=False)

    def on_mount(self) -> None:
        """Start at the current order."""
        names = [name for _, name, _ in ORDERS]
        self.query_one(OptionList).highlighted = names.index(self._current) if self._current in names else 0

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        if event.character in LETTERS:
            event.stop()
            self.dismiss(LETTERS[event.character])

    @on(OptionList.OptionSelected)
    def _selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(ORDERS[message.option_index][1])

    def action_move(self, action: str) -> None:
        """Move as the list's own arrows do."""
        getattr(self.query_one(OptionList), f"action_{action}")()
