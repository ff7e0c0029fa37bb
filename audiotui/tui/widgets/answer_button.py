"""The buttons of dialogs: the one that ``enter`` presses stands in brackets, whatever the colours are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button

if TYPE_CHECKING:
    from textual.geometry import Size

BRACKETS_CELLS = 4


class AnswerButton(Button):
    """A button of one line; its words are never markup, so they may come from outside once they are safe to show."""

    def __init__(self, words: str, *, id: str, disabled: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(Content(words), id=id, disabled=disabled, compact=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The brackets have their room also while they are not there."""
        return super().get_content_width(container, viewport) + BRACKETS_CELLS

    def render(self) -> Content:
        """The words, in brackets where the keys act."""
        assert isinstance(self.label, Content)  # noqa: S101 - for the type checker; the setter makes it one
        return Content.assemble("[ ", self.label, " ]") if self.has_focus else self.label
