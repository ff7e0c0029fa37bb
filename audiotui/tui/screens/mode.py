"""What every mode has: the top line, the hint bar, and one line instead of everything where there is no room."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from audiotui.tui.widgets.hint_bar import HintBar
from audiotui.tui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.widget import Widget

    from audiotui.tui.app import AudiotuiApp

MODES: tuple[tuple[str, str, str], ...] = (("library", "1", "Library"), ("transfers", "3", "Transfers"))
"""(mode, its key, its title), in the order of the top line."""

WIDE = 120
"""Cells from which panes stand side by side."""

SMALLEST = (50, 12)
"""Cells below which a screen only asks for more room."""


class ModeScreen(Screen[None]):
    """The base of all modes; a subclass says its ``mode``, composes its body and offers its hints."""

    mode: ClassVar[str]

    DEFAULT_CSS = """
    ModeScreen { background: $background; }
    ModeScreen #too-small { display: none; height: 1fr; content-align: center middle; }
    ModeScreen.-too-small #too-small { display: block; }
    ModeScreen.-too-small > * { display: none; }
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (WIDE, "-wide")]  # noqa: RUF012 - Textual declares it so

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "app.switch_mode('transfers')", "jobs", id="go.jobs", tooltip="See the jobs", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The lines that all modes share around the body."""
        yield TopLine(MODES, self.mode)
        yield from self.body()
        yield HintBar()
        yield Static("audiotui needs at least 50 x 12 cells", id="too-small", markup=False)

    @property
    def audiotui(self) -> AudiotuiApp:
        """The app, with its own type."""
        from audiotui.tui.app import AudiotuiApp

        assert isinstance(self.app, AudiotuiApp)  # noqa: S101 - for the type checker; screens exist in no other app
        return self.app

    def body(self) -> Iterable[Widget]:
        """The mode's own widgets."""
        raise NotImplementedError

    def hints(self) -> list[tuple[str, str]]:
        """(key, what it does) of what works now, most useful first."""
        raise NotImplementedError

    def show_hints(self) -> None:
        """Bring the hint bar up to date."""
        self.query_one(HintBar).show(self.hints())

    def on_resize(self) -> None:
        """Say so where there is no room."""
        width, height = self.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-too-small")
        self.set_class(height < 20, "-low")
