"""A pane of styled text that scrolls; made for texts that change with every move of a cursor.

``Static`` in a scroll container lays the screen out anew with each text. This one draws its lines itself and asks for a
layout only when a scrollbar comes or goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from audiotui.tui.widgets.vertical_keys import vertical_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

Part = tuple[str, str]
"""A text that is safe to show, and its style; never markup."""


class TextPane(ScrollView, can_focus=True):
    """Lines of text, wrapped to the width."""

    DEFAULT_CSS = """
    TextPane { overflow-x: hidden; scrollbar-size-vertical: 1; background: $background; color: $foreground; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*vertical_keys("text", "line")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._content = Content("")
        self._lines: list[Strip] | None = None

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

    def notify_style_update(self) -> None:
        """Another theme: lines hold old colours."""
        super().notify_style_update()
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """One line of the text."""
        width = self.scrollable_content_region.width
        if self._lines is None:
            self._lines = self._made_lines(width)
        index = self.scroll_offset.y + y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        return self._lines[index].adjust_cell_length(width, self.rich_style)

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
        size = self.scrollable_content_region.size
        self._lines = self._made_lines(size.width)
        # Where all of it fits, the virtual size stays that of the window, and nothing is laid out anew.
        self.virtual_size = Size(size.width, max(size.height, len(self._lines)))
        self.refresh()

    def _made_lines(self, width: int) -> list[Strip]:
        return Visual.to_strips(self, self._content, width, None, self.visual_style) if width > 0 else []
