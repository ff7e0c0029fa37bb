"""The palette: Textual's, but enter does what was typed, also where its list still answers what was typed before."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import Any

from textual import on
from textual.command import CommandPalette
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from audiotui.tui.palette import commands_called


class Palette(CommandPalette):
    """What is found is listed a moment after the last key, and enter may be quicker than that.

    Then the command that what was typed means is looked up at once. If it means none, enter waits for the list.
    """

    def __init__(self) -> None:
        super().__init__(id="--command-palette")  # by which Textual knows that it is open
        self._was_typed = False
        self._enters_later = False

    @on(Input.Changed)
    def _typed(self) -> None:
        self._was_typed = True
        self._enters_later = False

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        if not self._is_behind:
            return
        event.prevent_default()
        event.stop()
        typed = event.value.strip()
        if not typed:
            return
        commands = list(commands_called(self.app.screen_stack[-2], typed))
        if not commands:
            self._enters_later = True
            return
        _, best = max(commands, key=itemgetter(0))
        self.dismiss()
        self.app.call_later(partial(self.app.run_action, best.action, best.node))

    @on(Worker.StateChanged)
    async def _searched(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS and self._enters_later and not self._is_behind:
            self._enters_later = False
            await self.query_one(Input).action_submit()

    @property
    def _is_behind(self) -> bool:
        """Whether the list is not yet that of what was typed."""
        return self._was_typed and any(not one.is_finished for one in self._searches())

    def _searches(self) -> list[Worker[Any]]:
        return [one for one in self.workers if one.group == self._GATHER_COMMANDS_GROUP and one.node is self]

    def _action_command_list(self, action: str) -> None:
        """Who moves the cursor means what is listed."""
        self._was_typed = False
        super()._action_command_list(action)
