"""The keys that work on a screen, made from its bindings, so the list is never wrong; typing filters it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from audiotui.tui.modals.sheet import Sheet

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import Binding
    from textual.dom import DOMNode
    from textual.screen import Screen

SIGNS = {"question_mark": "?", "colon": ":", "slash": "/", "asterisk": "*", "down": "↓", "up": "↑", "escape": "esc",
         "pagedown": "pgdn", "pageup": "pgup", "shift+down": "shift+↓", "shift+up": "shift+↑"}  # fmt: skip

SEARCH_HELP = (
    ("word", "all words must match; each is a prefix"),
    ('"two words"', "exactly these, side by side"),
    ("-word  not:where:s3", "leaves out"),
    ("a OR b", "one of them"),
    ("voice: user: model:", "who speaks, what made it"),
    ("tag: folder: session:", "where you put it"),
    ("dur:>30 dur:1..5", "length in seconds; also size: rate: rating:"),
    ("date:2026-05..", "since May 2026"),
    ("where:archive", "a copy lies there"),
    ("kind:ai kind:human", "generated, or spoken by a person"),
    ("lang:en fmt:flac", "language, format; also verdict: state: has: is:marked"),
)


class HelpModal(Sheet[None]):
    """Keys and search words; ends with nothing."""

    DEFAULT_CSS = """
    HelpModal > .box { height: 90%; }
    HelpModal Input, HelpModal Input:focus {
        border: none; height: 1; padding: 0; margin-bottom: 1; background: $surface;
    }
    HelpModal VerticalScroll { height: 1fr; }
    """

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._rows = rows_of(screen)

    def compose(self) -> ComposeResult:
        """A filter above the list."""
        with Vertical(classes="box") as box:
            box.border_title = "Keys"
            yield Input(placeholder="type to filter, esc closes", select_on_focus=False)
            with VerticalScroll(can_focus=False):
                yield Static("", id="keys", markup=False)

    def on_mount(self) -> None:
        """Everything first."""
        self._draw("")

    @on(Input.Changed)
    def _filter(self, message: Input.Changed) -> None:
        self._draw(message.value)

    def _draw(self, words: str) -> None:
        wanted = words.casefold()
        parts: list[tuple[str, str]] = []
        for title, rows in (("KEYS", self._rows), ("SEARCH WORDS", SEARCH_HELP)):
            kept = [row for row in rows if wanted in f"{row[0]} {row[1]}".casefold()]
            if kept:
                parts.append((f"{title}\n", "bold $primary"))
                width = max(len(key) for key, _ in kept) + 2
                for key, what in kept:
                    parts += [(f"{key:{width}}", "bold"), (f"{what}\n", "")]
                parts.append(("\n", ""))
        self.query_one("#keys", Static).update(Content.assemble(*parts) if parts else "no key does that")


def rows_of(screen: Screen[object]) -> list[tuple[str, str]]:
    """(keys, what they do) of all bindings that work on a screen now, in the order in which it has them."""
    return [(keys, what) for keys, what, _, _ in bindings_of(screen)]


def bindings_of(screen: Screen[object]) -> list[tuple[str, str, Binding, DOMNode]]:
    """(keys, what they do, binding, where it lives) of what works on a screen now; keys of one binding together."""
    keys: dict[str, list[str]] = {}
    found: dict[str, tuple[Binding, DOMNode]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if active.enabled and binding.id is not None:
            found.setdefault(binding.id, (binding, active.node))
            keys.setdefault(binding.id, []).append(SIGNS.get(binding.key, binding.key))
    return [
        (" ".join(dict.fromkeys(keys[name])), binding.tooltip or binding.description, binding, node)
        for name, (binding, node) in found.items()
    ]
