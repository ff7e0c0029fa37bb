"""The table of recordings: draws only the lines on the screen, whatever the size of the result.

``DataTable`` keeps and measures every row; this one asks a ``RowSource`` for the lines it draws, shows blanks for those
that are not here yet, and remembers finished strips. Marks, cursor and range live here; what they mean is the screen's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from audiotui.tui.columns import GUTTER, Column, Scene, cell, layout, pad, place_letters
from audiotui.tui.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from audiotui.model import RecordingRow
    from audiotui.tui.rows import RowSource

KEPT_STRIPS = 512


class RecordingTable(ScrollView, can_focus=True):
    """Lines of recordings with a cursor, marks and a range; moves with arrows and with vim's keys."""

    DEFAULT_CSS = """
    RecordingTable {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        overflow-x: hidden;
    }
    RecordingTable > .recording-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    RecordingTable:focus > .recording-table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    RecordingTable > .recording-table--marked { color: $success; text-style: bold; }
    RecordingTable > .recording-table--header { color: $text-muted; text-style: bold; }
    RecordingTable > .recording-table--side { color: $text-muted; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "recording-table--cursor",
        "recording-table--marked",
        "recording-table--header",
        "recording-table--side",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", id="table.down", tooltip="Next row", show=False),
        Binding("k,up", "move(-1)", "Up", id="table.up", tooltip="Previous row", show=False),
        Binding("g,home", "top", "Top", id="table.top", tooltip="First row", show=False),
        Binding("G,end", "bottom", "Bottom", id="table.bottom", tooltip="Last row", show=False),
        Binding("ctrl+d", "half_page(1)", "Half page down", id="table.half_down", show=False),
        Binding("ctrl+u", "half_page(-1)", "Half page up", id="table.half_up", show=False),
        Binding("pagedown", "page(1)", "Page down", id="table.page_down", show=False),
        Binding("pageup", "page(-1)", "Page up", id="table.page_up", show=False),
        Binding("space", "mark", "mark", id="table.mark", tooltip="Mark this row and go down"),
        Binding("v", "range", "range", id="table.range", tooltip="Mark a range: v, move, v again", show=False),
        Binding("shift+down", "stretch(1)", "Mark down", id="table.stretch_down", show=False),
        Binding("shift+up", "stretch(-1)", "Mark up", id="table.stretch_up", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor."""

    @dataclass
    class Moved(Message):
        """The cursor is on another recording (None: on a row that is still being fetched, or on nothing)."""

        table: RecordingTable
        recording: RecordingRow | None

        @property
        def control(self) -> RecordingTable:
            """The table, for ``@on`` selectors."""
            return self.table

    @dataclass
    class MarksChanged(Message):
        """The number of marks is another one."""

        table: RecordingTable

        @property
        def control(self) -> RecordingTable:
            """The table, for ``@on`` selectors."""
            return self.table

    @dataclass
    class Opened(Message):
        """The row was clicked twice."""

        table: RecordingTable
        recording: RecordingRow

        @property
        def control(self) -> RecordingTable:
            """The table, for ``@on`` selectors."""
            return self.table

    def __init__(self, source: RowSource, places: Sequence[str]) -> None:
        super().__init__()
        self._source = source
        self._letters = place_letters(places)
        self._columns: tuple[Column, ...] = ()
        self._scene = Scene(self._letters, _now_ms())
        self._strips: dict[tuple[int, bool, bool], Strip] = {}
        self._anchor: int | None = None
        self.marks = Marks()

    @property
    def recording(self) -> RecordingRow | None:
        """The recording under the cursor, None if there is none or it is still being fetched."""
        line = self._source.line(self.cursor) if self.cursor < self._source.total else None
        return line.recording if line is not None else None

    @property
    def in_range(self) -> bool:
        """True while a range is being marked."""
        return self._anchor is not None

    def rows_changed(self, *, cursor: int | None = None) -> None:
        """The source holds other lines now; the cursor goes to ``cursor``, else stays at its index if it can."""
        self._scene = Scene(self._letters, _now_ms())
        self._strips.clear()
        self._resize_content()
        target = self.cursor if cursor is None else cursor
        self._anchor = None
        self._set_cursor(target, force=True)
        self.refresh()

    def lines_arrived(self) -> None:
        """Lines that were missing are here."""
        self._strips.clear()
        self.refresh()
        self.post_message(self.Moved(self, self.recording))

    def marks_changed(self) -> None:
        """Marks were changed from outside."""
        self._strips.clear()
        self.refresh()
        self.post_message(self.MarksChanged(self))

    def leave_range(self) -> None:
        """Give the range up; marks stay."""
        self._anchor = None

    def render_line(self, y: int) -> Strip:
        """The header in the first line, below it the lines scrolled to."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self._header(width)
        index = self.scroll_offset.y + y - 1
        if index >= self._source.total:
            return Strip.blank(width, self.rich_style)
        line = self._source.line(index)
        if line is None:
            return Strip.blank(width, self.rich_style)
        at_cursor = index == self.cursor
        marked = line.recording.id in self.marks
        key = (index, at_cursor, marked)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= KEPT_STRIPS:
                self._strips.clear()
            texts = [cell(column, line, self._scene) for column in self._columns]
            strip = self._strip(texts, at_cursor=at_cursor, marked=marked, width=width)
            self._strips[key] = strip
        return strip

    def watch_cursor(self, before: int, after: int) -> None:
        """Redraw the two lines concerned and tell the screen."""
        for index in {before, after}:
            self._refresh_index(index)
        self._show_index(after)
        self.post_message(self.Moved(self, self.recording))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor's colour depends on the focus."""
        super().watch_has_focus(_has_focus)
        self._strips.clear()
        self._refresh_index(self.cursor)

    def notify_style_update(self) -> None:
        """Another theme: strips hold old colours."""
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self) -> None:
        """Columns follow the width."""
        self._columns = layout(self.scrollable_content_region.width, self._scene)
        self._strips.clear()
        self._resize_content()
        self._show_index(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """The mouse moves the cursor; a second click opens."""
        index = self.scroll_offset.y + event.y - 1
        if event.y > 0 and index < self._source.total:
            self.cursor = index
            if event.chain == 2 and self.recording is not None:
                self.post_message(self.Opened(self, self.recording))

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._set_cursor(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by screens."""
        self._set_cursor(self.cursor + by * max(1, self._body_height - 1))

    def action_half_page(self, by: int) -> None:
        """Move the cursor by half screens."""
        self._set_cursor(self.cursor + by * max(1, self._body_height // 2))

    def action_top(self) -> None:
        """Go to the first row."""
        self._set_cursor(0)

    def action_bottom(self) -> None:
        """Go to the last row."""
        self._set_cursor(self._source.total - 1)

    def action_mark(self) -> None:
        """Mark or unmark the row and go down; at the end of a range, mark it all."""
        if self._anchor is not None:
            self.action_range()
            return
        if (recording := self.recording) is not None:
            self.marks.toggle(recording.id)
            self.post_message(self.MarksChanged(self))
            self._refresh_index(self.cursor)
            self.action_move(1)

    def action_range(self) -> None:
        """Begin a range, or mark the one begun."""
        if self._anchor is None:
            self._anchor = self.cursor
            self.post_message(self.MarksChanged(self))
            return
        first, last = sorted((self._anchor, self.cursor))
        self._anchor = None
        self._mark_between(first, last)

    def action_stretch(self, by: int) -> None:
        """Mark this row and the next one in a direction."""
        before = self.cursor
        self._set_cursor(self.cursor + by)
        self._mark_between(*sorted((before, self.cursor)))

    def _mark_between(self, first: int, last: int) -> None:
        # Lines that were never on the screen are not here; a range is made by moving over its rows, so they are.
        lines = (self._source.line(index) for index in range(first, last + 1))
        self.marks.add_all(line.recording.id for line in lines if line is not None)
        self.marks_changed()

    @property
    def _body_height(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _set_cursor(self, index: int, *, force: bool = False) -> None:
        target = max(0, min(index, self._source.total - 1))
        if target == self.cursor:
            if force:
                self._show_index(target)
                self.post_message(self.Moved(self, self.recording))
            return
        self.cursor = target

    def _show_index(self, index: int) -> None:
        top, height = self.scroll_offset.y, self._body_height
        if index < top:
            self.scroll_to(y=index, animate=False, immediate=True)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, immediate=True)

    def _refresh_index(self, index: int) -> None:
        y = index - self.scroll_offset.y + 1
        if 1 <= y <= self._body_height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _resize_content(self) -> None:
        # One line more than there are rows: the header covers one line of the window at every scroll position.
        self.virtual_size = Size(self.scrollable_content_region.width, self._source.total + 1)

    def _header(self, width: int) -> Strip:
        style = self.get_component_rich_style("recording-table--header")
        names = [pad(column.name, column.cells, right=column.right) for column in self._columns]
        text = " " * GUTTER + " ".join(names)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def _strip(self, texts: list[str], *, at_cursor: bool, marked: bool, width: int) -> Strip:
        base, side = self.rich_style, self.get_component_rich_style("recording-table--side")
        if marked:
            base = side = self.get_component_rich_style("recording-table--marked")
        if at_cursor:
            base = side = self.get_component_rich_style("recording-table--cursor")
        signs = ("▸" if at_cursor else " ") + ("✓" if marked else " ") + " "
        segments = [Segment(signs, base), Segment(texts[0], base), Segment(" " + " ".join(texts[1:]), side)]
        return Strip(segments).adjust_cell_length(width, base)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
