"""The last two lines: the keys that work now, most useful first, as many as fit; dim ones cannot just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = 2

KEPT = 3
"""Hints at the end that are always shown: the ways to help, to all commands and out."""


class Hint(NamedTuple):
    """One key of the bar."""

    key: str
    label: str
    works: bool = True


class HintBar(Static):
    """Keys and what they do."""

    DEFAULT_CSS = """
    HintBar { height: 2; background: $panel; color: $text-muted; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._hints: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint]) -> None:
        """Show these."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self._draw()

    def on_resize(self) -> None:
        """Another width takes another number of hints."""
        self._draw()

    def _draw(self) -> None:
        lines = fit(self._hints, max(1, self.size.width))
        parts: list[tuple[str, str]] = []
        for number, line in enumerate(lines):
            parts.append(("\n" if number else "", ""))
            for hint in line:
                parts += [(hint.key, "bold $text" if hint.works else "dim")]
                parts += [(f" {hint.label}  ", "" if hint.works else "dim")]
        self.update(Content.assemble(*parts), layout=False)


def fit(hints: Sequence[Hint], width: int) -> list[list[Hint]]:
    """The hints spread over two lines; where there is no room for all, those before the last few are left out."""
    shown = list(hints)
    while len(lines := _spread(shown, width)) > LINES and len(shown) > KEPT:
        del shown[-KEPT - 1]
    return lines[:LINES]


def _spread(hints: Sequence[Hint], width: int) -> list[list[Hint]]:
    lines: list[list[Hint]] = [[]]
    used = 0
    for hint in hints:
        need = len(hint.key) + 1 + len(hint.label)
        if used + need > width and lines[-1]:
            lines.append([])
            used = 0
        lines[-1].append(hint)
        used += need + 2
    return lines
