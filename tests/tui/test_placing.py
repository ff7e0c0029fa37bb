"""Columns stay in line in every terminal, however wide it takes the signs of a script to be."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.containers import Horizontal
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from audiotui.tui.columns import pad
from audiotui.tui.placing import PlacedStrip, PlacingCompositor, is_disputed
from tests.tui.driving import driven
from tests.tui.generated import GeneratedManager

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[\?7([lh])|\x1b\[[0-9;]*m|(\n)|(.)", re.DOTALL)


class Terminal:
    """The cells of a terminal that counts in its own way; full of ``x`` at first."""

    def __init__(self, columns: int, lines: int, width_of: Callable[[str], int]) -> None:
        self.cells = [["x"] * columns for _ in range(lines)]
        self._width_of = width_of
        self._x, self._y, self._wraps = 0, 0, True

    def feed(self, data: str) -> None:
        """Draw what a program writes."""
        for line, column, wraps, newline, sign in TOKEN.findall(data):
            if line:
                self._x, self._y = int(column) - 1, int(line) - 1
            elif wraps:
                self._wraps = wraps == "h"
            elif newline:
                self._y += 1
            elif sign:
                self._put(sign)

    def text(self, line: int, start: int = 0) -> str:
        """What stands in a line from a column on."""
        return "".join(self.cells[line][start:])

    def _put(self, sign: str) -> None:
        width = self._width_of(sign)
        if width == 0:
            self.cells[self._y][max(self._x - 1, 0)] += sign
            return
        columns = len(self.cells[0])
        if self._x + width > columns:
            self._x, self._y = (0, self._y + 1) if self._wraps else (columns - width, self._y)
        self.cells[self._y][self._x : self._x + width] = [sign, *[""] * (width - 1)]
        self._x += width


def narrow(sign: str) -> int:
    """Spacing marks take no cell."""
    category = unicodedata.category(sign)
    return 0 if category in {"Mn", "Mc", "Me", "Cf"} else 1 + (unicodedata.east_asian_width(sign) in "WF")


def wide(sign: str) -> int:
    """Spacing marks take a cell."""
    return 1 if unicodedata.category(sign) == "Mc" else narrow(sign)


def joining(sign: str) -> int:
    """Letters of Devanagari take half as many cells as one would think."""
    return 0 if sign in "नदटर" else narrow(sign)


TERMINALS = pytest.mark.parametrize("width_of", [narrow, wide, joining])
HINDI = "आख़िरी ट्रेन (हिन्दी)"


def rendered(strip: Strip, x: int, y: int) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    return f"\x1b[{y + 1};{x + 1}H" + PlacedStrip(strip, strip.cell_length, x, y).render(console)


@TERMINALS
def test_what_stands_behind_a_text_is_in_its_column(width_of: Callable[[str], int]) -> None:
    terminal = Terminal(60, 3, width_of)
    row = Strip([Segment(pad(HINDI, 20), Style(bold=True)), Segment(f" {pad(HINDI, 8)}  00:03  7h")])

    terminal.feed(rendered(row, 2, 1))

    assert terminal.text(1).startswith("xxआ")
    assert terminal.text(1, 33) == "00:03  7h" + "x" * 18
    assert "x" not in terminal.text(1, 2)[:31]
    assert (terminal.text(0), terminal.text(2)) == ("x" * 60, "x" * 60)


def test_a_text_that_takes_more_than_it_should_is_not_cut_where_nothing_stands_behind_it() -> None:
    terminal = Terminal(60, 1, wide)
    blank = [Segment("     ", Style(dim=True)), Segment("     ")]

    terminal.feed(rendered(Strip([Segment(HINDI, Style(bold=True)), *blank, Segment("next")]), 0, 0))

    assert terminal.text(0).startswith(HINDI)
    assert terminal.text(0, cell_len(HINDI) + 10).startswith("next")


@TERMINALS
def test_a_text_up_to_the_edge_of_the_terminal_leaves_the_next_line_alone(width_of: Callable[[str], int]) -> None:
    terminal = Terminal(20, 2, width_of)

    terminal.feed(rendered(Strip([Segment(pad(HINDI * 3, 20))]), 0, 0))

    assert terminal.text(1) == "x" * 20
    assert terminal._wraps


def test_a_part_of_a_line_knows_its_place_too() -> None:
    terminal = Terminal(40, 1, wide)
    row = PlacedStrip([Segment("ab" + pad(HINDI, 20)), Segment(" Mira")], 27, 5, 0)
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")

    terminal.feed("\x1b[1;8H" + row.crop(2, 27).render(console))

    assert terminal.text(0, 27).rstrip("x") == " Mira"


@pytest.mark.parametrize("text", ["ticket", "café", "末班车", "สวัสดี", "안녕", "⠀⣼⠤", "▸✓ ○ │", "العربية"])
def test_what_all_terminals_agree_about_is_written_as_it_is(text: str) -> None:
    assert not is_disputed(text)


class Beside(Screen[None]):
    """A text of disputed width beside another one."""

    CSS = "Static { width: 20; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._compositor = PlacingCompositor()

    def compose(self) -> ComposeResult:
        """Both."""
        yield Horizontal(Static(HINDI), Static("next to it"))


@TERMINALS
async def test_widgets_beside_such_a_text_are_in_their_place(width_of: Callable[[str], int]) -> None:
    app: App[None] = App()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.push_screen(Beside())
        await pilot.pause()
        terminal = Terminal(50, 5, width_of)
        terminal.feed(app.screen._compositor.render_full_update().render_segments(app.console))

    assert terminal.text(0).startswith("आ")
    assert terminal.text(0, 20).rstrip() == "next to it"


async def test_screens_and_dialogs_put_texts_in_their_places() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        for keys in ("3", "1", "?"):
            await driver.press(keys)
            await driver.until_still()

            assert isinstance(driver.app.screen._compositor, PlacingCompositor)
