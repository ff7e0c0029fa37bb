"""The keys that work on a screen, from its bindings, so the list is never wrong; typing filters it, enter runs one."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Input, Static

from audiotui.tui.keys import SECTIONS, Key, keys_of
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_input import ShownSafely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.screen import Screen

SEARCH_WORDS: tuple[tuple[str, str], ...] = (
    ("word", "all words must match; each is a beginning"),
    ('"two words"', "exactly these, side by side"),
    ("-word -tag:x", "leaves out"),
    ("a OR b", "one of them"),
    ("voice: user: model:", "who speaks, what made it"),
    ("tag: folder: session:", "where you put it"),
    ("dur:>30 dur:1..5", "seconds; also size: rate: rating:"),
    ("date:2026-05..", "since May 2026"),
    ("where:archive", "a copy lies there"),
    ("kind:ai kind:human", "generated, or spoken by a person"),
    ("lang: fmt: verdict:", "also state: has: is:marked"),
)

LEFT = ("MOVE", "MARK")
"""Sections of the left column; the others are in the right one."""

UNKNOWN_WIDTH = 36
"""Cells of a column before the first layout."""

STEPS = {"down": 1, "up": -1}
"""Keys that go from row to row while the filter has the focus."""

SCROLLS = {"pagedown": "page_down", "pageup": "page_up"}
"""Keys that scroll the list, and how."""

CURSOR_SIGN = "▸"

CURRENT = "bold reverse"


class Row(NamedTuple):
    """A line of the list."""

    keys: str
    what: str
    key: Key | None = None
    """What enter runs; None where there is nothing to run."""


class Section(NamedTuple):
    """Rows under a name."""

    title: str
    rows: Sequence[Row]

    def having(self, letters: str) -> Section:
        """Those of its rows that contain some letters."""
        return self._replace(rows=[row for row in self.rows if letters in f"{row.keys} {row.what}".casefold()])


class HelpModal(Sheet[Key]):
    """Keys and search words; ends with the key whose row was chosen."""

    DEFAULT_CSS = """
    HelpModal > .box { height: 90%; padding: 0 1; }
    HelpModal Input, HelpModal Input:focus { border: none; height: 1; padding: 0 1; background: $surface; }
    HelpModal Horizontal { height: auto; }
    HelpModal .column { width: 1fr; height: auto; padding: 1 1 0 0; }
    HelpModal VerticalScroll { height: 1fr; scrollbar-gutter: stable; }
    """

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        found = list(keys_of(screen).values())
        names = [section.description for section in SECTIONS]
        sections = [Section(name, [_row(key) for key in found if key.section == name]) for name in names]
        self._columns = {
            "left": [section for section in sections if section.title in LEFT],
            "right": [section for section in sections if section.title not in LEFT],
            "words": [Section("SEARCH WORDS", [Row(*words) for words in SEARCH_WORDS])],
        }
        self._at = 0
        """Of the keys that are listed, the one that enter runs."""

    def compose(self) -> ComposeResult:
        """A filter above two columns of keys, the search words below."""
        with Vertical(classes="box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "↓ ↑ choose   enter runs it   esc closes"
            yield ShownSafely(placeholder="type to filter", select_on_focus=False)
            with VerticalScroll(can_focus=False):
                with Horizontal():
                    yield Static("", id="left", classes="column", markup=False)
                    yield Static("", id="right", classes="column", markup=False)
                yield Static("", id="words", classes="column", markup=False)

    def on_mount(self) -> None:
        """Everything first."""
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Lines are as long as there is room."""
        self.call_after_refresh(self._draw)

    def on_key(self, event: events.Key) -> None:
        """The list moves while the filter has the focus."""
        if event.key in STEPS:
            event.stop()
            self._go(STEPS[event.key])
        elif event.key in SCROLLS:
            event.stop()
            getattr(self.query_one(VerticalScroll), f"scroll_{SCROLLS[event.key]}")(animate=False)

    @on(Input.Changed)
    def _filter(self) -> None:
        self._at = 0
        self._draw()
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @on(Input.Submitted)
    def _run(self) -> None:
        if keys := self._listed:
            self.dismiss(keys[self._at])

    @property
    def _listed(self) -> list[Key]:
        """The keys that can be run, of those that the filter leaves."""
        wanted = self._wanted
        return [
            row.key
            for sections in self._columns.values()
            for section in sections
            for row in section.having(wanted).rows
            if row.key is not None
        ]

    @property
    def _wanted(self) -> str:
        return self.query_one(Input).value.casefold()

    def _go(self, by: int) -> None:
        """To another key; beyond the last one there are words to read."""
        scroll = self.query_one(VerticalScroll)
        if 0 <= self._at + by < len(self._listed):
            self._at += by
            line = self._draw()
            scroll.scroll_to_region(Region(0, line, 1, 2), animate=False)
        else:
            scroll.scroll_relative(y=by, animate=False)

    def _draw(self) -> int:
        """Show what the filter leaves; returns the line of the key that enter runs."""
        listed, wanted, at = self._listed, self._wanted, 0
        current = listed[self._at] if listed else None
        for name, sections in self._columns.items():
            column = self.query_one(f"#{name}", Static)
            kept = [section.having(wanted) for section in sections]
            parts, line = lines_of(kept, column.content_size.width or UNKNOWN_WIDTH, current)
            column.update(Content.assemble(*parts))
            at = line if line is not None else at
        return at


def lines_of(sections: Iterable[Section], room: int, current: Key | None) -> tuple[list[tuple[str, str]], int | None]:
    """Rows under their sections' names, and the line of the current key; sections without rows are left out.

    What a key does is wrapped to ``room`` cells, beside the keys and never below them.
    """
    parts: list[tuple[str, str]] = []
    at, line = None, 0
    for title, rows in sections:
        if not rows:
            continue
        width = max(len(row.keys) for row in rows) + 2
        parts.append((f"\n{title}\n" if parts else f"{title}\n", "bold $text-primary"))
        line += 2 if line else 1
        for keys, what, key in rows:
            is_current = key is not None and key is current
            at = line if is_current else at
            lines = wrap(what, max(10, room - width - 1))
            sign = CURSOR_SIGN if is_current else " "
            parts.append((f"{sign}{keys:{width}}", CURRENT if is_current else "bold"))
            parts += [(f"\n{'':{width + 1}}".join(lines), CURRENT if is_current else ""), ("\n", "")]
            line += len(lines)
    return parts, at


def _row(key: Key) -> Row:
    return Row(key.keys, key.name, key) if key.works else Row(key.keys, f"{key.name} (not now)")
