"""Saved searches: pick one, save the current query under a name, forget one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from audiotui.errors import AudiotuiError
from audiotui.text import safe_text
from audiotui.tui.keys import ACT, MOVE
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_input import ShownSafely

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from audiotui.manager import AudioManager


class SavedModal(Sheet[str]):
    """Ends with ``@name`` of the search that was picked."""

    DEFAULT_CSS = """
    SavedModal > .box { max-width: 76; }
    SavedModal OptionList, SavedModal OptionList:focus {
        height: auto; max-height: 16; border: none; background: $surface; padding: 0;
    }
    SavedModal Input, SavedModal Input:focus { border: none; height: 1; padding: 0; background: $panel; }
    SavedModal #save { margin-top: 1; height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "focus_list('cursor_down')", "down", id="saved.down", tooltip="Next", group=MOVE, show=False),
        Binding("k", "focus_list('cursor_up')", "up", id="saved.up", tooltip="Previous", group=MOVE, show=False),
        Binding("n", "name", "save this", id="saved.save", tooltip="Save the current query", group=ACT),
        Binding("d", "forget", "forget", id="saved.forget", tooltip="Forget the saved search", group=ACT),
    ]

    def __init__(self, manager: AudioManager, query: str) -> None:
        super().__init__()
        self._manager = manager
        self._query = query
        self._names: list[str] = []

    def compose(self) -> ComposeResult:
        """The list, and a line for a name."""
        with Vertical(classes="box") as box:
            box.border_title = "Saved searches"
            box.border_subtitle = "enter picks   n saves this query   d forgets   esc leaves"
            yield OptionList(markup=False)
            yield Static("", id="save", markup=False)
            yield ShownSafely(placeholder="a name, then enter", id="name", compact=True, max_length=100)

    def on_mount(self) -> None:
        """Read them."""
        self.query_one("#name").display = False
        self._show_query()
        self._read()

    def action_focus_list(self, move: str) -> None:
        """Move in the list."""
        getattr(self.query_one(OptionList), f"action_{move}")()

    def action_name(self) -> None:
        """Ask for a name for the current query."""
        if self._query.strip():
            name = self.query_one("#name", Input)
            name.display = True
            name.focus()

    @work(group="saved", exclusive=True)
    async def action_forget(self) -> None:
        """Forget the search under the cursor; undo brings it back."""
        at = self.query_one(OptionList).highlighted
        if at is None:
            return
        await self._do(lambda: self._manager.delete_search(self._names[at]))

    @on(OptionList.OptionSelected)
    def _picked(self, message: OptionList.OptionSelected) -> None:
        name = self._names[message.option_index]
        self.dismiss(f'@"{name}"' if any(map(str.isspace, name)) else f"@{name}")

    @on(Input.Submitted, "#name")
    @work(group="saved", exclusive=True)
    async def _save(self, message: Input.Submitted) -> None:
        name = message.value.strip()
        if name:
            await self._do(lambda: self._manager.save_search(name, self._query))

    @work(group="read", exclusive=True)
    async def _read(self) -> None:
        """Fill the list; what is being typed meanwhile stays."""
        try:
            searches = await asyncio.to_thread(self._manager.saved_searches)
        except AudiotuiError as error:
            self._complain(error)
            return
        self._names = list(searches)
        options = self.query_one(OptionList)
        options.clear_options()
        for name, query in searches.items():
            shown = (f"@{safe_text(name, limit=40)}  ", "bold"), (safe_text(query, limit=200), "dim")
            options.add_option(Option(Content.assemble(*shown)))
        if searches:
            options.highlighted = 0
        self._show_query()

    async def _do(self, act: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(act)
        except AudiotuiError as error:
            self._complain(error)
        else:
            self.query_one("#name").display = False
            self.query_one(OptionList).focus()
            self._read()

    def _complain(self, error: AudiotuiError) -> None:
        self.query_one("#save", Static).update(Content(safe_text(str(error), limit=500)))

    def _show_query(self) -> None:
        words = (
            f"This query: {safe_text(self._query, limit=200)}" if self._query.strip() else "The search box is empty."
        )
        none_yet = "" if self._names else "Nothing is saved yet.\n"
        self.query_one("#save", Static).update(Content(none_yet + words))
