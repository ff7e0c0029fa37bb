"""The last two lines: the keys that work now, most useful first, as many as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = 2


class HintBar(Static):
    """Keys and what they do, over two lines; a screen says which, in order of use."""

    DEFAULT_CSS = """
    HintBar { height: 2; background: $panel; color: $text-muted; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._hints: tuple[tuple[str, str], ...] = ()

    def show(self, hints: Sequence[tuple[str, str]]) -> None:
        """Show (key, what it does) pairs."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self._draw()

    def on_resize(self) -> None:
        """Another width takes another number of hints."""
        self._draw()

    def _draw(self) -> None:
        room = max(1, self.size.width - 2)
        lines: list[list[tuple[str, str]]] = [[]]
        used = 0
        for key, label in self._hints:
            need = len(key) + 1 + len(label) + 2
            if used + need - 2 > room:
                if len(lines) == LINES:
                    break
                lines.append([])
                used = 0
            lines[-1] += [(key, "bold $text"), (f" {label}  ", "")]
            used += need
        parts: list[tuple[str, str]] = []
        for number, line in enumerate(lines):
            parts += [("\n", "")] if number else []
            parts += line
        self.update(Content.assemble(*parts), layout=False)
