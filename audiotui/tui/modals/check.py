"""Trying out a location, step by step, as ``audiotui locations check`` does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from audiotui.errors import AudiotuiError
from audiotui.text import safe_text
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, CheckStep, LocationCheck
    from audiotui.tui.widgets.text_pane import Part


@dataclass
class Ended(Message):
    """A step is over; sent from the thread that tries."""

    step: CheckStep


class CheckModal(Sheet[bool]):
    """Shows each step as it ends; ends with whether all is well, or None if it was left before."""

    DEFAULT_CSS = """
    CheckModal > .box { max-width: 78; height: 90%; }
    CheckModal TextPane { height: 1fr; background: $surface; }
    """

    def __init__(self, manager: AudioManager, location: str) -> None:
        super().__init__()
        self._manager = manager
        self._location = location
        self._parts: list[Part] = []
        self._outcome: bool | None = None

    def compose(self) -> ComposeResult:
        """The steps."""
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Test of {safe_text(self._location)}")
            box.border_subtitle = "esc closes"
            self._pane = TextPane()
            yield self._pane

    def on_mount(self) -> None:
        """Begin at once."""
        self._pane.focus()
        self._say(("It writes some small files under a name of its own, and removes them.\n\n", "dim"))
        self._check()

    def action_leave(self) -> None:
        """Close; a check that is not over goes on in the background and cleans up behind it."""
        self.dismiss(self._outcome)

    @work(exclusive=True)
    async def _check(self) -> None:
        try:
            report = await asyncio.to_thread(self._manager.check_location, self._location, listener=self._step_ended)
        except AudiotuiError as error:
            self._say((f"\n✗ {safe_text(str(error))}\n", "$text-error"))
            self._outcome = False
            return
        self._outcome = report.ok
        self._say(*verdict(report))

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        self._say(*step_line(message.step))

    def _step_ended(self, step: CheckStep) -> None:
        self.post_message(Ended(step))

    def _say(self, *parts: Part) -> None:
        self._parts += parts
        self._pane.show_parts(self._parts)
        self._pane.action_bottom()


def step_line(step: CheckStep) -> list[Part]:
    """A step: whether it worked, and why not."""
    took = f"  {step.seconds:.1f} s" if step.seconds >= 1 else ""
    if step.error is None:
        return [("✓ ", "$text-success"), (f"{step.name}{took}\n", "")]
    sign, style = ("- ", "dim") if step.is_extra else ("✗ ", "$text-error")
    why = safe_text(step.error.message, limit=300)
    hint = f" {safe_text(step.error.hint, limit=300)}" if step.error.hint else ""
    return [(sign, style), (f"{step.name}{took}\n", "" if not step.is_extra else "dim"), (f"    {why}{hint}\n", style)]


def verdict(report: LocationCheck) -> list[Part]:
    """What the steps come to."""
    if report.ok:
        return [("\nFiles can be kept here.\n", "bold $text-success")]
    return [("\nFiles cannot be kept here safely as it is; the step with ✗ says why.\n", "bold $text-error")]
