"""Inputs of one line for text that may come from outside: what acts on terminals is shown as a sign."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from audiotui.tui.visible import visible


class ShownSafely(Input):
    """An input whose text is drawn harmlessly, one character for each."""

    virtual_size = Reactive(Size(0, 0))
    """How long the text is. With each key Textual would lay out the whole screen again, a quarter of the key's time."""

    @property
    def _value(self) -> Text:
        return Text(visible(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(visible(self.value[:position]))


class SafeInput(ShownSafely):
    """One line of text."""

    DEFAULT_CSS = """
    SafeInput, SafeInput.-textual-compact, SafeInput.-textual-compact:focus {
        border: none; height: 1; padding: 0 1; background: $panel;
    }
    SafeInput.-textual-compact:focus { background: $block-cursor-blurred-background; }
    """

    def __init__(self, value: str = "", *, id: str | None = None, placeholder: str = "") -> None:  # noqa: A002
        super().__init__(value, id=id, placeholder=placeholder, select_on_focus=False, compact=True)
