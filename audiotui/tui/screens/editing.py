"""What modes share in which something is edited: acts off the screen's thread, and undo."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType

from audiotui.errors import AudiotuiError
from audiotui.tui.keys import ACT
from audiotui.tui.screens.mode import ModeScreen

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class EditingScreen(ModeScreen):
    """A mode whose acts may fail, with words for the person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "undo", id="edit.undo", tooltip="Undo the last change to the library", group=ACT),
    ]

    async def attempt(self, act: Callable[[], Result]) -> Result | None:
        """What an act gives; it runs in a thread. None if it failed, and the person has been told why."""
        try:
            return await asyncio.to_thread(act)
        except AudiotuiError as error:
            self.audiotui.complain(error)
            return None

    @work(group="edit")
    async def action_undo(self) -> None:
        """Undo the last change to the library."""
        change = await self.attempt(self.audiotui.manager.undo)
        if change is not None:
            self.audiotui.say(f"undone: {change.summary}")
            self.catalog_moved()
