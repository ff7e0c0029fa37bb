"""Leaving the app: at once, unless something would be lost or cut short; then the person is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual import work

from audiotui.tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import Screen

LOOK_EVERY_S = 0.05


@runtime_checkable
class Unfinished(Protocol):
    """A screen that may have begun something."""

    @property
    def unfinished(self) -> str:
        """What leaving would end and what stays of it, one line for people; '' if there is nothing."""
        ...

    def give_up(self) -> None:
        """End it soon, in order."""
        ...


class Leaving(TypedAhead):
    """An app that asks before it ends something."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._is_asking = False

    async def action_quit(self) -> None:
        """Leave; pressed again over the question, leave all the same."""
        if self._is_asking or not list(self._unfinished()):
            self._end()
        else:
            self._ask()

    @work(group="quit", exclusive=True)
    async def _ask(self) -> None:
        from audiotui.tui.modals.confirm import ConfirmModal

        self._is_asking = True
        words = "\n".join(screen.unfinished for screen in self._unfinished())
        answer = await self.push_screen_wait(ConfirmModal("Leave?", words, [("leave", "Leave")], cancel="Stay"))
        self._is_asking = False
        if answer == "leave":
            self._end()

    @work(group="quit", exclusive=True)
    async def _end(self) -> None:
        for screen in self._unfinished():
            screen.give_up()
        while list(self._unfinished()):  # noqa: ASYNC110 - threads end it
            await asyncio.sleep(LOOK_EVERY_S)
        self.exit()

    def _unfinished(self) -> Iterator[Unfinished]:
        screens: Iterator[Screen[Any]] = (screen for stack in self._screen_stacks.values() for screen in stack)
        return (screen for screen in screens if isinstance(screen, Unfinished) and screen.unfinished)
