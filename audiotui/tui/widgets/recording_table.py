"""The table of recordings: draws only the lines on the screen, whatever the size of the result.

``DataTable`` keeps and measures every row; this one asks a ``RowSource`` for the lines it draws, shows blanks for those
that are not here yet, and remembers finished strips. Marks, cursor and range live here; what they mean is the screen's.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from audiotui.tui.columns import GUTTER, SIGNS_LEGEND, Column, Scene, cell, layout, pad, place_letters
from audiotui.tui.idset import IdSet
from audiotui.tui.keys import MARK
from audiotui.tui.widgets.line_view import LineView
from audiotui.tui.widgets.vertical_keys import vertical_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from textual import events

    from audiotui.model import RecordingRow
    from audiotui.tui.rows import Line, RowSource

KEPT_STRIPS = 512
"""Finished lines that are remembered; a screen has a hundred."""

CURSOR_SIGN, MARK_SIGN, RANGE_SIGN = "▸", "✓", "+"


class RecordingTable(LineView):
    """Lines of recordings with a cursor, marks and a range; moves with arrows and with vim's keys."""

    DEFAULT_CSS = """
    RecordingTable { height: 1fr; }
    RecordingTable > .recording-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    RecordingTable:focus > .recording-table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    RecordingTable > .recording-table--marked { color: $text-success; text-style: bold; }
    RecordingTable > .recording-table--range { color: $text-warning; }
    RecordingTable > .recording-table--header { color: $text-muted; text-style: bold; }
    RecordingTable > .recording-table--side { color: $text-muted; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "recording-table--cursor",
        "recording-table--marked",
        "recording-table--range",
        "recording-table--header",
        "recording-table--side",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="table.mark", tooltip="Mark this row, go down", group=MARK),
        Binding("v", "range", "range", id="table.range", tooltip="Mark a range: v, move, v", group=MARK),
        Binding(
            "shift+down", "stretch(1)", "mark down", id="table.stretch_down", tooltip="Mark and go down", group=MARK
        ),
        Binding("shift+up", "stretch(-1)", "mark up", id="table.stretch_up", tooltip="Mark and go up", group=MARK),
        *vertical_keys("table", "recording"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor."""

    empty_text: reactive[str] = reactive("")
    """What stands there when there is no row; a text of this program's own."""

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
        """Another number of recordings is marked, or a range was begun or left."""

        table: RecordingTable

        @property
        def control(self) -> RecordingTable:
            """The table, for ``@on`` selectors."""
            return self.table

    @dataclass
    class RangeChosen(Message):
        """The rows from ``first`` to ``last`` should be marked; not all of them need to be here."""

        table: RecordingTable
        first: int
        last: int

        @property
        def control(self) -> RecordingTable:
            """The table, for ``@on`` selectors."""
            return self.table

    @dataclass
    class RowChosen(Message):
        """A row that is still being fetched should be marked, or not any more if it was."""

        table: RecordingTable
        index: int

        @property
        def control(self) -> RecordingTable:
            """The table, for ``@on`` selectors."""
            return self.table

    def __init__(self, source: RowSource, *, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._source = source
        self._now_ms = now_ms
        self._scene = Scene((), now_ms())
        self._columns: tuple[Column, ...] = ()
        self._laid_out_for = -1
        self._strips: dict[tuple[int, str], Strip] = {}
        self._anchor: int | None = None
        self._told: int | None = None
        self._untold_choices = 0
        self.choices_told = asyncio.Event()
        """Set while no ``RowChosen`` is on its way: what acts on marks waits for it."""
        self.choices_told.set()
        self.marks = IdSet()

    @property
    def recording(self) -> RecordingRow | None:
        """The recording under the cursor, None if there is none or it is still being fetched."""
        line = self._source.line(self.cursor) if self.cursor < self._source.total else None
        return line.recording if line is not None else None

    @property
    def legend(self) -> str:
        """What the letters and signs of the WHERE column mean."""
        letters = "  ".join(f"{letter} {name}" for name, letter in self._scene.letters)
        return f"WHERE  {letters}  {SIGNS_LEGEND}" if letters else ""

    @property
    def in_range(self) -> bool:
        """True while a range is being marked."""
        return self._anchor is not None

    @property
    def body_height(self) -> int:
        """Rows that fit on the screen."""
        return max(1, self.scrollable_content_region.height - 1)

    def show_places(self, names: Sequence[str]) -> None:
        """The places that have a letter in the WHERE column."""
        self._scene = Scene(place_letters(names), self._now_ms())
        self._laid_out_for = -1
        self._redraw()

    def show_new(self) -> None:
        """The source holds the rows of another search: the cursor goes to the first."""
        self._anchor = None
        self.set_reactive(RecordingTable.cursor, 0)
        self._show_source(top=0)

    def show_again(self, cursor: int) -> None:
        """The source holds the same search's rows again; the cursor's row is now at another index.

        It stays on its line of the screen, and a range begun stays as long as it was.
        """
        target = self._inside(cursor)
        moved = target - self.cursor
        if self._anchor is not None:
            self._anchor = self._inside(self._anchor + moved)
        self.set_reactive(RecordingTable.cursor, target)
        self._show_source(top=self.scroll_offset.y + moved)

    def count_changed(self) -> None:
        """The source knows how many rows there are; those on the screen are the same."""
        # One line more than there are rows: the header covers one line of the window at every scroll position.
        self.set_line_count(self._source.total + 1)

    def lines_arrived(self) -> None:
        """Lines that were missing are here."""
        self._redraw()
        self._tell()

    def marks_changed(self) -> None:
        """Marks were changed from outside."""
        self._redraw()
        self.post_message(self.MarksChanged(self))

    def choice_taken(self) -> None:
        """A ``RowChosen`` has arrived."""
        self._untold_choices -= 1
        if not self._untold_choices:
            self.choices_told.set()

    def leave_range(self) -> None:
        """Give the range up; marks stay."""
        self._anchor = None
        self.marks_changed()

    def render_line(self, y: int) -> Strip:
        """The header in the first line, below it the lines scrolled to."""
        width = self.line_width
        if width != self._laid_out_for:
            self._laid_out_for = width
            self._columns = layout(width, self._scene)
            self._strips.clear()
        if y == 0:
            return self._header(width)
        if y == 2 and self._source.total == 0:
            return self._notice(width)
        index = self.scroll_offset.y + y - 1
        line = self._source.line(index) if index < self._source.total else None
        if line is None:
            return Strip.blank(width, self.look())
        signs = self._signs(index, line.recording.id)
        strip = self._strips.get((index, signs))
        if strip is None:
            if len(self._strips) >= KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[index, signs] = self._strip(line, signs, width)
        return strip

    def watch_cursor(self, before: int, after: int) -> None:
        """Redraw the lines concerned and tell the screen."""
        if self.in_range:
            self.refresh()
        else:
            self._refresh_index(before)
            self._refresh_index(after)
        self.show_line(after, self.body_height)
        self._tell()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor's colour depends on the focus."""
        super().watch_has_focus(_has_focus)
        self.notify_style_update()
        self._refresh_index(self.cursor)

    def forget_lines(self) -> None:
        """Lines that were drawn before must not be used again."""
        self._strips.clear()

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self.count_changed()
        self.show_line(self.cursor, self.body_height)

    def on_click(self, event: events.Click) -> None:
        """The mouse moves the cursor; with ctrl it marks."""
        index = self.scroll_offset.y + event.y - 1
        if event.y > 0 and index < self._source.total:
            self.cursor = index
            if event.ctrl:
                self.action_mark()

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.cursor = self._inside(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by screens."""
        self.action_move(by * max(1, self.body_height - 1))

    def action_half_page(self, by: int) -> None:
        """Move the cursor by half screens."""
        self.action_move(by * max(1, self.body_height // 2))

    def action_top(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_bottom(self) -> None:
        """Go to the last row."""
        self.cursor = self._inside(self._source.total)

    def action_mark(self) -> None:
        """Mark or unmark the row and go down; at the end of a range, mark it all."""
        if self.in_range:
            self.action_range()
        elif (recording := self.recording) is not None:
            self.marks.toggle(recording.id)
            self.post_message(self.MarksChanged(self))
            self._refresh_index(self.cursor)
            self.action_move(1)
        elif self.cursor < self._source.total:
            self._untold_choices += 1
            self.choices_told.clear()
            self.post_message(self.RowChosen(self, self.cursor))
            self.action_move(1)

    def action_range(self) -> None:
        """Begin a range, or mark the one begun."""
        if self._source.total == 0:
            return
        if self._anchor is None:
            self._anchor = self.cursor
            self.marks_changed()
            return
        first, last = sorted((self._anchor, self.cursor))
        self.leave_range()
        self.post_message(self.RangeChosen(self, first, last))

    def action_stretch(self, by: int) -> None:
        """Mark this row and the next one in a direction."""
        before = self.cursor
        self.action_move(by)
        if self._source.total:
            self.post_message(self.RangeChosen(self, *sorted((before, self.cursor))))

    def _inside(self, index: int) -> int:
        return max(0, min(index, self._source.total - 1))

    def _tell(self) -> None:
        """Say where the cursor is, if it is on another recording than was said last."""
        recording = self.recording
        row_id = recording.id if recording is not None else None
        if row_id != self._told:
            self._told = row_id
            self.post_message(self.Moved(self, recording))

    def _show_source(self, *, top: int) -> None:
        self._scene = Scene(self._scene.letters, self._now_ms())
        self.count_changed()
        self.jump_to(top)
        self.show_line(self.cursor, self.body_height)
        self._redraw()
        self._tell()

    def _redraw(self) -> None:
        self._strips.clear()
        self.refresh()

    def _refresh_index(self, index: int) -> None:
        y = index - self.scroll_offset.y + 1
        if 1 <= y <= self.body_height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _signs(self, index: int, row_id: int) -> str:
        """What stands before the title: is it the cursor's row, is it marked or in the range."""
        mark = MARK_SIGN if row_id in self.marks else " "
        if self._anchor is not None and (self._anchor <= index <= self.cursor or self.cursor <= index <= self._anchor):
            mark = RANGE_SIGN
        return (CURSOR_SIGN if index == self.cursor else " ") + mark + " "

    def _header(self, width: int) -> Strip:
        style = self.look("recording-table--header")
        names = [pad(column.name, column.cells, right=column.right) for column in self._columns]
        text = " " * GUTTER + " ".join(names)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def _notice(self, width: int) -> Strip:
        style = self.look("recording-table--side")
        return Strip([Segment(" " * GUTTER + self.empty_text, style)]).adjust_cell_length(width, style)

    def _strip(self, line: Line, signs: str, width: int) -> Strip:
        title, side = self._styles(signs)
        texts = [cell(column, line, self._scene) for column in self._columns]
        segments = [Segment(signs + texts[0], title), Segment(" " + " ".join(texts[1:]), side)]
        return Strip(segments).adjust_cell_length(width, title)

    def _styles(self, signs: str) -> tuple[Style, Style]:
        """How the title and what is beside it look."""
        for sign, name in ((CURSOR_SIGN, "cursor"), (RANGE_SIGN, "range"), (MARK_SIGN, "marked")):
            if sign in signs:
                style = self.look(f"recording-table--{name}")
                return style, style
        return self.look(), self.look("recording-table--side")
