"""What our tables and text panes share: they draw their lines themselves and keep the screen's layout out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from rich.style import Style


class LineView(ScrollView, can_focus=True):
    """Lines that scroll up and down; a subclass draws them in ``render_line`` and names its styles as components."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    LineView {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._looks: dict[str, Style] = {}

    def look(self, component: str = "") -> Style:
        """How a component class looks now, '' for the widget itself; Textual makes it anew each time it is asked."""
        style = self._looks.get(component)
        if style is None:
            style = self.get_component_rich_style(component) if component else self.rich_style
            self._looks[component] = style
        return style

    def forget_lines(self) -> None:
        """Lines that were drawn before must not be used again."""

    def set_line_count(self, count: int) -> None:
        """So many lines can be scrolled to."""
        size = Size(self.scrollable_content_region.width, count)
        if size != self.virtual_size:
            # Without its watcher, which would lay out the screen and draw everything anew. The scrollbar is always
            # there, so nothing has to move.
            self.set_reactive(LineView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = count

    def show_line(self, index: int, height: int) -> None:
        """Scroll as little as it takes until a line is in a window of so many lines."""
        top = self.scroll_offset.y
        if index < top:
            self.jump_to(index)
        elif index >= top + height:
            self.jump_to(index - height + 1)

    def jump_to(self, top: int) -> None:
        """Scroll at once."""
        self.scroll_to(y=max(0, top), animate=False, immediate=True)

    def notify_style_update(self) -> None:
        """Another theme, or another focus: lines hold old colours."""
        super().notify_style_update()
        self._looks.clear()
        self.forget_lines()
