"""What our tables and text panes share: they draw their lines themselves and keep the screen's layout out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.geometry import Region
    from textual.strip import Strip


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
        self.line_width = 0
        """Cells of a line, while lines are drawn."""

    def look(self, component: str = "") -> Style:
        """How a component class looks now, '' for the widget itself; Textual makes it anew each time it is asked."""
        style = self._looks.get(component)
        if style is None:
            style = self.get_component_rich_style(component) if component else self.rich_style
            self._looks[component] = style
        return style

    def forget_lines(self) -> None:
        """Lines that were drawn before must not be used again."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines as they are, where nothing is around them or blended in.

        Textual would ask the style sheet for borders with each line, and make each a new one: a line that is the same
        object as before keeps what was worked out of it, up to the codes for the terminal.
        """
        self.line_width = self.scrollable_content_region.width
        if self.styles.gutter or self.opacity != 1.0:
            return super().render_lines(crop)
        look, background = self.look(), self.background_colors[1]
        lines = [self.render_line(y).crop_extend(crop.x, crop.right, look) for y in crop.line_range]
        for line_filter in self.get_line_filters():
            lines = [line.apply_filter(line_filter, background) for line in lines]
        return lines

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
