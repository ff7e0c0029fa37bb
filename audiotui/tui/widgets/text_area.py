"""Inputs of several lines for text that may come from outside; apart, as Textual's text area is slow to import."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import TextArea

from audiotui.tui.visible import visible


class SafeTextArea(TextArea):
    """Some lines of text; ``tab`` leaves them, as it does everywhere else."""

    DEFAULT_CSS = """
    SafeTextArea, SafeTextArea.-textual-compact, SafeTextArea.-textual-compact:focus {
        border: none; padding: 0 1; background: $panel; height: 4;
    }
    SafeTextArea.-textual-compact:focus { background: $block-cursor-blurred-background; }
    """

    def __init__(self, value: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(value, id=id, compact=True, highlight_cursor_line=False, tab_behavior="focus")

    def get_line(self, line_index: int) -> Text:
        """The line as it is drawn."""
        return Text(visible(self.document.get_line(line_index)), end="", no_wrap=True)
