"""The first frame waits for nothing that it does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.css.scalar import Scalar
from textual.widgets import Static

from audiotui.tui.first_frame import FirstFrame
from tests.waiting import eventually_in_loop

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Counting(FirstFrame):
    """Counts its frames, and how many there were when ``begin`` was called."""

    CSS = ".wide { width: 7; }"

    def __init__(self) -> None:
        super().__init__()
        self.frames = 0
        self.frames_before: list[int] = []
        self.line = Static("a line")

    def compose(self) -> ComposeResult:
        """One widget that gets its class before it is in the tree."""
        self.line.add_class("wide")
        self.was_styled = self.line.styles.base.has_rule("width")
        yield self.line

    def on_mount(self) -> None:
        """As a screen asks for its threads."""
        self.after_first_frame(self.begin)

    def begin(self) -> None:
        """What loads modules."""
        self.frames_before.append(self.frames)

    def post_display_hook(self) -> None:
        """A frame was painted, unless the start still holds frames back."""
        self.frames += not self._batch_count
        super().post_display_hook()


async def test_threads_begin_once_and_after_the_first_frame() -> None:
    app = Counting()

    async with app.run_test():
        await eventually_in_loop(lambda: bool(app.frames_before))

        assert len(app.frames_before) == 1
        assert app.frames_before[0] >= 1


async def test_what_is_asked_for_after_the_first_frame_begins_at_once() -> None:
    app = Counting()

    async with app.run_test():
        await eventually_in_loop(lambda: bool(app.frames_before))
        app.after_first_frame(app.begin)

        assert len(app.frames_before) == 2


async def test_a_widget_is_styled_when_it_enters_the_tree_and_not_before() -> None:
    app = Counting()

    async with app.run_test():
        assert not app.was_styled
        assert app.line.size.width == 7
        app.line.remove_class("wide")
        assert app.line.styles.base.width != Scalar.parse("7")
