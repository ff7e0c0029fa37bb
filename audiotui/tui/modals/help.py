"""The keys that work on a screen, made from its bindings, so the list is never wrong; typing filters it."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from audiotui.tui.keys import SECTIONS, keys_of
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_input import ShownSafely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.screen import Screen

    Row = tuple[str, str]
    Section = tuple[str, Sequence[Row]]

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

SCROLLS = {"down": "down", "up": "up", "pagedown": "page_down", "pageup": "page_up"}
"""Keys that scroll the list, and how."""


class HelpModal(Sheet[None]):
    """Keys and search words; ends with nothing."""

    DEFAULT_CSS = """
    HelpModal > .box { height: 90%; padding: 0 2; }
    HelpModal Input, HelpModal Input:focus { border: none; height: 1; padding: 0; background: $surface; }
    HelpModal Horizontal { height: auto; }
    HelpModal .column { width: 1fr; height: auto; padding: 1 1 0 0; }
    HelpModal VerticalScroll { height: 1fr; scrollbar-gutter: stable; }
    """

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        found = keys_of(screen).values()
        self._sections: list[Section] = [
            (
                section.description,
                [
                    (key.keys, key.name if key.works else f"{key.name} (not now)")
                    for key in found
                    if key.section == section.description
                ],
            )
            for section in SECTIONS
        ]

    def compose(self) -> ComposeResult:
        """A filter above two columns of keys, the search words below."""
        with Vertical(classes="box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            yield ShownSafely(placeholder="type to filter", select_on_focus=False)
            with VerticalScroll(can_focus=False):
                with Horizontal():
                    yield Static("", id="left", classes="column", markup=False)
                    yield Static("", id="right", classes="column", markup=False)
                yield Static("", id="words", classes="column", markup=False)

    def on_mount(self) -> None:
        """Everything first."""
        self.call_after_refresh(self._draw, "")

    def on_resize(self) -> None:
        """Lines are as long as there is room."""
        self.call_after_refresh(self._draw, self.query_one(Input).value.casefold())

    def on_key(self, event: events.Key) -> None:
        """The list scrolls while the filter has the focus."""
        if event.key in ("down", "up", "pagedown", "pageup"):
            event.stop()
            getattr(self.query_one(VerticalScroll), f"scroll_{SCROLLS[event.key]}")(animate=False)

    @on(Input.Changed)
    def _filter(self, message: Input.Changed) -> None:
        self._draw(message.value.casefold())

    def _draw(self, wanted: str) -> None:
        left = [section for section in self._sections if section[0] in LEFT]
        right = [section for section in self._sections if section[0] not in LEFT]
        for name, sections in (("left", left), ("right", right), ("words", [("SEARCH WORDS", SEARCH_WORDS)])):
            column = self.query_one(f"#{name}", Static)
            column.update(Content.assemble(*lines_of(sections, wanted, column.content_size.width or UNKNOWN_WIDTH)))


def lines_of(sections: Iterable[Section], wanted: str, room: int) -> list[tuple[str, str]]:
    """The rows that contain some letters, under their sections' names; sections without any are left out.

    What a key does is wrapped to ``room`` cells, beside the keys and never below them.
    """
    parts: list[tuple[str, str]] = []
    for title, rows in sections:
        kept = [row for row in rows if wanted in f"{row[0]} {row[1]}".casefold()]
        if kept:
            width = max(len(keys) for keys, _ in kept) + 2
            parts.append((f"\n{title}\n" if parts else f"{title}\n", "bold $text-primary"))
            for keys, what in kept:
                lines = wrap(what, max(10, room - width))
                parts += [(f"{keys:{width}}", "bold"), (f"\n{'':{width}}".join(lines) + "\n", "")]
    return parts
