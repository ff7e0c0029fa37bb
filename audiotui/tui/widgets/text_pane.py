"""A pane of styled text that scrolls; made for texts that change with every move of a cursor.

``Static`` in a scroll container lays the screen out anew with each text; this one only draws its own lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual

from audiotui.tui.widgets.line_view import LineView
from audiotui.tui.widgets.vertical_keys import vertical_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

Part = tuple[str, str]
"""A text that is safe to show, and its style; never markup."""


class TextPane(LineView):
    """Lines of text, wrapped to the width."""

    BINDINGS: ClassVar[list[BindingType]] = [*vertical_keys("text", "line")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._content = Content("")
        self._lines: list[Strip] | None = None
        self._blank = Strip.blank(0)

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return self._content.plain

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show another text, scrolled as far as the one before."""
        self._content = Content.assemble(*parts)
        self._wrap()

    def on_resize(self) -> None:
        """Lines follow the width."""
        self.redraw()

    def redraw(self) -> None:
        """Make the lines anew; the place is another one now."""
        self._wrap()

    def forget_lines(self) -> None:
        """Lines that were made before must not be used again."""
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """One line of the text."""
        if self._lines is None:
            self._lines = self._made_lines()
        index = self.scroll_offset.y + y
        return self._lines[index] if index < len(self._lines) else self._blank

    def action_move(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=by, animate=False, immediate=True)

    def action_half_page(self, by: int) -> None:
        """Scroll by half screens."""
        self.action_move(by * max(1, self.size.height // 2))

    def action_page(self, by: int) -> None:
        """Scroll by screens."""
        self.action_move(by * max(1, self.size.height - 1))

    def action_top(self) -> None:
        """Go to the first line."""
        self.scroll_home(animate=False, immediate=True)

    def action_bottom(self) -> None:
        """Go to the last line."""
        self.scroll_end(animate=False, immediate=True)

    def _wrap(self) -> None:
        self._lines = self._made_lines()
        # Where all of it fits, the scrollbar stays as it is and need not be drawn again.
        self.set_line_count(max(len(self._lines), self.scrollable_content_region.height))
        self.refresh()

    def _made_lines(self) -> list[Strip]:
        width, look = self.scrollable_content_region.width, self.look()
        self._blank = Strip.blank(width, look)
        lines = Visual.to_strips(self, self._content, width, None, self.visual_style) if width > 0 else []
        return [line.adjust_cell_length(width, look) for line in lines]
