"""One line above the hints: what is marked, what is going on, or what of a query was not understood."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from audiotui.text import safe_text, shorten


class StatusLine(Static):
    """Always there, so that nothing moves when it has something to say."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; background: $background; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._words: tuple[tuple[str, str], ...] = ()

    def show(self, *words: tuple[str, str]) -> None:
        """Show texts, each with its style; any of them may come from outside."""
        if words != self._words:
            self._words = words
            self._draw()

    def on_resize(self) -> None:
        """Another width shows more or less."""
        self._draw()

    def _draw(self) -> None:
        room = self.size.width
        parts: list[tuple[str, str]] = []
        for text, style in self._words:
            shown = shorten(safe_text(text, limit=1_000), room)
            parts.append((shown + "   ", style))
            room -= cell_len(shown) + 3
        self.update(Content.assemble(*parts), layout=False)
