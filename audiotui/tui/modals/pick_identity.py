"""Choosing an AI voice or a person by typing a part of the name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from audiotui.errors import AudiotuiError
from audiotui.model import AIIdentity
from audiotui.text import format_count, safe_text
from audiotui.tui.keys import MOVE
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_input import SafeInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from audiotui.manager import AudioManager

SHOWN = 100


class Picked(NamedTuple):
    """An identity; ``uid`` is None for nobody."""

    uid: str | None
    is_ai: bool
    label: str


class IdentityModal(Sheet[Picked]):
    """Ends with the identity that was picked."""

    DEFAULT_CSS = """
    IdentityModal > .box { max-width: 72; }
    IdentityModal OptionList, IdentityModal OptionList:focus {
        height: auto; max-height: 14; border: none; background: $surface; padding: 0; margin-top: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move('cursor_down')", "down", id="pick.down", tooltip="Next", group=MOVE, priority=True),
        Binding("up", "move('cursor_up')", "up", id="pick.up", tooltip="Previous", group=MOVE, priority=True),
    ]

    def __init__(self, manager: AudioManager, title: str) -> None:
        super().__init__()
        self._manager = manager
        self._title = title
        self._found: list[Picked] = []
        self._found_for: str | None = None
        """What the list answers; it comes a moment after what was typed."""
        self._is_entered = False

    def compose(self) -> ComposeResult:
        """A line to type, the identities below."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._title, limit=60))
            box.border_subtitle = "type to filter   ↓ ↑ enter   esc leaves"
            yield SafeInput(placeholder="name, voice or model")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """The most used first."""
        self.query_one(SafeInput).focus()
        self._find("")

    def action_move(self, action: str) -> None:
        """Move in the list while typing goes on."""
        getattr(self.query_one(OptionList), f"action_{action}")()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._is_entered = False
        self._find(message.value)

    @on(Input.Submitted)
    def _entered(self) -> None:
        if self._found_for != self.query_one(SafeInput).value:
            self._is_entered = True  # the list is still that of fewer letters
            return
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._found):
            self.dismiss(self._found[at])

    @on(OptionList.OptionSelected)
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[message.option_index])

    @work(group="find", exclusive=True)
    async def _find(self, text: str) -> None:
        try:
            found = await asyncio.to_thread(self._manager.list_identities, text=text, limit=SHOWN, sort="count")
        except AudiotuiError as error:
            self.query_one(OptionList).clear_options()
            self.query_one(OptionList).add_option(Option(Content(safe_text(str(error))), disabled=True))
            return
        self._found_for = text
        self._found = [Picked(one.uid, isinstance(one, AIIdentity), one.label) for one in found]
        options = self.query_one(OptionList)
        options.clear_options()
        for picked, identity in zip(self._found, found, strict=True):
            kind = "AI" if picked.is_ai else "person"
            words = f"   {kind}   {format_count(identity.recording_count)}"
            options.add_option(Option(Content.assemble(safe_text(picked.label, limit=50), (words, "dim"))))
        if self._found:
            options.highlighted = 0
        if self._is_entered:
            self._entered()
