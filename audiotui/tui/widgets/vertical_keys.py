"""The keys that move up and down in everything that scrolls: arrows, pages, and what vim's users expect."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from audiotui.tui.keys import MOVE


def vertical_keys(prefix: str, thing: str) -> list[BindingType]:
    """Bindings to the actions ``move``, ``half_page``, ``page``, ``top`` and ``bottom`` for a list of things."""
    rows = (
        ("j,down", "move(1)", "down", f"Next {thing}"),
        ("k,up", "move(-1)", "up", f"Previous {thing}"),
        ("g,home", "top", "top", f"First {thing}"),
        ("G,end", "bottom", "bottom", f"Last {thing}"),
        ("ctrl+d", "half_page(1)", "half_down", "Half a page down"),
        ("ctrl+u", "half_page(-1)", "half_up", "Half a page up"),
        ("pagedown,ctrl+f", "page(1)", "page_down", "Page down"),
        ("pageup,ctrl+b", "page(-1)", "page_up", "Page up"),
    )
    return [
        Binding(keys, action, thing, id=f"{prefix}.{name}", tooltip=what, group=MOVE, show=False)
        for keys, action, name, what in rows
    ]
