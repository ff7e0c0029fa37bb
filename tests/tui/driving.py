"""How tests drive the app: in this process with a ``Pilot``, always waiting for a condition and never for a time."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual import events
from textual.keys import _character_to_key

from audiotui.tui.app import AudiotuiApp
from audiotui.tui.screens.library import LibraryScreen
from audiotui.tui.widgets.detail import Detail
from audiotui.tui.widgets.recording_table import RecordingTable
from audiotui.tui.widgets.search_box import SearchBox
from tests.tui.generated import now_ms
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from rich.segment import Segment
    from textual.pilot import Pilot

    from audiotui.manager import AudioManager

SMALL, LARGE = (80, 24), (120, 40)

SIZES = pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="80x24"), pytest.param(LARGE, id="120x40", marks=pytest.mark.matrix)]
)
"""For a test of the app in both sizes, of which the default run tries the one with less room."""


class Driver:
    """An app that runs without a terminal, and hands for it."""

    def __init__(self, app: AudiotuiApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def table(self) -> RecordingTable:
        """The table of the Library."""
        return self._library.query_one(RecordingTable)

    @property
    def box(self) -> SearchBox:
        """The search box of the Library."""
        return self._library.query_one(SearchBox)

    @property
    def detail(self) -> Detail:
        """The detail of the Library."""
        return self._library.query_one(Detail)

    @property
    def title(self) -> str:
        """The title of the recording under the cursor, '' if there is none."""
        return self.table.recording.title if self.table.recording is not None else ""

    @property
    def text(self) -> str:
        """What is on the screen, line by line, dialogs included."""
        return "\n".join("".join(segment.text for segment in line).rstrip() for line in self.lines)

    @property
    def lines(self) -> list[list[Segment]]:
        """What is on the screen, dialogs included, in pieces of one style."""
        update: Any = self.app.screen._compositor.render_update(full=True, screen_stack=self.app._background_screens)
        return [[segment for strip in line for segment in strip] for line in update.strips]

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)

    def burst(self, *keys: str) -> None:
        """Press keys before the app has seen the first of them, as a person does who knows them by heart."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key if len(key) == 1 else None))

    async def type(self, text: str) -> None:
        """Go to the search box and type."""
        await self.press("slash", *text)

    async def until(self, condition: Callable[[], bool], what: str = "it") -> None:
        """Let the app go on until a condition holds.

        Raises:
            AssertionError: it did not in time; the message shows the screen.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not happen; the screen:\n{self.text}")
            await self.pilot.pause(0.01)

    async def until_text(self, *texts: str) -> None:
        """Let the app go on until all of these are on the screen."""
        await self.until(lambda: all(text in self.text for text in texts), f"{texts} on the screen")

    async def until_still(self) -> None:
        """Let the app go on until the screen is the same for a while: what it waited for is there."""
        before = ""
        for _ in range(50):
            await self.pilot.pause(0.1)
            if (now := self.text) == before:
                return
            before = now

    async def until_gone(self, text: str) -> None:
        """Let the app go on until a text is not on the screen any more."""
        await self.until(lambda: text not in self.text, f"{text!r} away")

    @property
    def _library(self) -> LibraryScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, LibraryScreen))


def begin_tasks_at_once() -> None:
    """Let tasks begin where they are made, as Textual does from Python 3.12 on when it does not run for a test."""
    if factory := getattr(asyncio, "eager_task_factory", None):
        asyncio.get_running_loop().set_task_factory(factory)


@asynccontextmanager
async def driven(
    manager: AudioManager, *, size: tuple[int, int] = SMALL, query: str = "", notifications: bool = True
) -> AsyncIterator[Driver]:
    """The app on a library, with its first rows on the screen or its welcome."""
    begin_tasks_at_once()
    app = AudiotuiApp(lambda: manager, query=query, now_ms=now_ms)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: isinstance(app.screen, LibraryScreen), "the Library")
        await driver.until(lambda: " newest first" in driver.text, "the first rows")
        await driver.until(lambda: driver.table.recording is None or driver.detail.plain != "", "the first detail")
        await driver.until(lambda: app.jobs is not None, "the first look for changes")
        await driver.until(lambda: driver.table.recording is None or app.focused is not None, "the focus")
        yield driver
