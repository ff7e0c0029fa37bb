"""What is drawn, and when: one frame for a key, and in it only what changed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from textual._compositor import Compositor
from textual.app import App
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from audiotui.tui.compositing import SparingCompositor
from audiotui.tui.screens.one_frame import OneFrame
from tests.tui.driving import SIZES, driven
from tests.tui.generated import GeneratedManager
from tests.waiting import PATIENCE_S, eventually_in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.app import ComposeResult
    from textual.geometry import Region
    from textual.strip import Strip


class Counted(Static):
    """A text that counts how many of its lines are drawn."""

    drawn = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """Count."""
        self.drawn += crop.height
        return super().render_lines(crop)


class Patient(OneFrame):
    """Two widgets beside each other in two containers, and one in front of a part of them."""

    PATIENCE_S = PATIENCE_S
    CSS = """
    Patient { layers: below above; }
    Counted { width: 1fr; height: 1fr; }
    #front { layer: above; width: 4; height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = SparingCompositor()
        self.left, self.right, self.front = Counted("left"), Counted("right"), Counted("front", id="front")

    def compose(self) -> ComposeResult:
        """All of them."""
        yield Vertical(Horizontal(self.left, self.right))
        yield self.front


class Hasty(Patient):
    """A screen that holds its frames no time at all."""

    PATIENCE_S = 0.0


class Frames(App[None]):
    """Counts the frames of a screen."""

    def __init__(self, first: Patient) -> None:
        super().__init__()
        self.first = first
        self.frames = 0

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(self.first)

    def post_display_hook(self) -> None:
        """A frame was painted."""
        self.frames += 1


@asynccontextmanager
async def shown(screen: Patient) -> AsyncIterator[Frames]:
    """A screen in an app that has painted everything."""
    app = Frames(screen)
    async with app.run_test(size=(40, 10)) as pilot:
        frames = -1
        while frames != app.frames:
            frames = app.frames
            await pilot.pause(0.1)
        yield app


@SIZES
async def test_what_is_not_asked_for_its_lines_cannot_be_seen(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager().as_manager, size=size) as driver:
        for keys in ("f", "/x", "v", "?"):
            await driver.press(*keys)
            await driver.until_still()
            compositor = driver.app.screen._compositor
            sparing = compositor.render_strips()
            everything = _plain(compositor).render_strips()

            assert [line.text for line in sparing] == [line.text for line in everything]
            assert [list(line.simplify()) for line in sparing] == [list(line.simplify()) for line in everything]


async def test_only_what_changed_is_drawn_again() -> None:
    async with shown(Patient()) as app:
        screen = app.first
        before = screen.left.drawn, screen.right.drawn
        screen.right.update("new", layout=False)
        await eventually_in_loop(lambda: screen.right.drawn > before[1])

        assert screen.left.drawn == before[0]
        assert "new" in "".join(line.text for line in screen._compositor.render_strips())


async def test_what_is_in_front_stays_there_when_what_is_behind_it_changes() -> None:
    async with shown(Patient()) as app:
        screen = app.first
        drawn = screen.left.drawn
        screen.left.update("behind " * 20, layout=False)
        await eventually_in_loop(lambda: screen.left.drawn > drawn)

        update = app.screen._compositor.render_strips()
        assert update[0].text.startswith("fron")
        assert "behind" in update[2].text


async def test_a_frame_that_is_held_back_comes_when_the_last_change_is_in_it() -> None:
    async with shown(Patient()) as app:
        screen = app.first
        screen.hold_frame()
        frames, drawn = app.frames, (screen.left.drawn, screen.right.drawn)
        screen.left.update("letter", layout=False)
        for _ in range(100):  # everybody's turn
            await asyncio.sleep(0)
        held = app.frames
        screen.right.update("rows", layout=False)
        screen.paint_after(screen.right)
        await eventually_in_loop(lambda: app.frames > frames)

        assert held == frames
        assert app.frames == frames + 1
        assert (screen.left.drawn > drawn[0], screen.right.drawn > drawn[1]) == (True, True)


async def test_a_frame_is_not_held_back_for_long() -> None:
    async with shown(Hasty()) as app:
        screen = app.first
        drawn = screen.left.drawn
        screen.hold_frame()
        screen.left.update("letter", layout=False)

        await eventually_in_loop(lambda: screen.left.drawn > drawn)


def _plain(compositor: Compositor) -> Compositor:
    """Textual's own compositor with the same layout."""
    plain = Compositor()
    plain.__dict__.update(
        {name: value for name, value in vars(compositor).items() if name in vars(plain)},
    )
    return plain
