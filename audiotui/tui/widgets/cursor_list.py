"""Lists of a few hundred lines with a cursor, and marks where that makes sense; a subclass says what its lines show.

The cursor stays on its line when others come or go. Lists of recordings are ``RecordingTable``, which holds millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from audiotui.tui.keys import ACT
from audiotui.tui.widgets.line_view import LineView
from audiotui.tui.widgets.vertical_keys import vertical_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events

Line = TypeVar("Line")

Cell = tuple[str, str]
"""The name of a style ('' is the list's own) and a text that is safe to show."""

STYLES = ("cursor", "header", "side", "accent", "bad", "good", "warning", "marked", "heading")

CURSOR_SIGN = "▸"

DOUBLE = 2


class CursorList(LineView, Generic[Line]):
    """One line for each thing, under a header; ``enter`` chooses the one under the cursor."""

    DEFAULT_CSS = """
    CursorList { height: 1fr; }
    CursorList > .cursor-list--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    CursorList:focus > .cursor-list--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    CursorList > .cursor-list--header { color: $text-muted; text-style: bold; }
    CursorList > .cursor-list--heading { color: $text-primary; text-style: bold; }
    CursorList > .cursor-list--side { color: $text-muted; }
    CursorList > .cursor-list--accent { color: $text-accent; }
    CursorList > .cursor-list--bad { color: $text-error; }
    CursorList > .cursor-list--good { color: $text-success; }
    CursorList > .cursor-list--warning { color: $text-warning; }
    CursorList > .cursor-list--marked { color: $text-success; text-style: bold; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"cursor-list--{name}" for name in STYLES}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="list.choose", tooltip="What enter does with the line", group=ACT),
        *vertical_keys("list", "line"),
    ]

    has_header: ClassVar[bool] = True
    mark_sign: ClassVar[str] = "✓"
    signs_cells: ClassVar[int] = 2
    """Cells for the signs of the cursor and the mark before each line."""

    @dataclass
    class Moved(Message):
        """The cursor is on another thing, or what it is on has changed."""

        list: CursorList[object]

        @property
        def control(self) -> CursorList[object]:
            """The list, for ``@on`` selectors."""
            return self.list

    @dataclass
    class Chosen(Message):
        """``enter`` or a double click on a line."""

        list: CursorList[object]

        @property
        def control(self) -> CursorList[object]:
            """The list, for ``@on`` selectors."""
            return self.list

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._shown: Sequence[Line] = ()
        self._at = 0
        self._told: str | None = None
        self.marks: set[str] = set()
        self.empty_text = ""
        """What stands there when there is no line; a text of this program's own."""

    # What a subclass says of its lines.

    def key(self, line: Line) -> str:
        """What a line is known by; '' for a heading, which the cursor passes over."""
        raise NotImplementedError

    def header(self, width: int) -> str:
        """The names above the columns."""
        raise NotImplementedError

    def cells(self, line: Line, width: int) -> list[Cell]:
        """What a line shows behind the cursor's sign and a blank."""
        raise NotImplementedError

    # What screens use.

    @property
    def current(self) -> Line | None:
        """What the cursor is on."""
        return self._shown[self._at] if self._at < len(self._shown) and self.key(self._shown[self._at]) else None

    @property
    def lines(self) -> Sequence[Line]:
        """All lines, headings included."""
        return self._shown

    def show(self, lines: Sequence[Line]) -> None:
        """Show these; the cursor stays on its thing, and else on its line."""
        current = self.current
        key = self.key(current) if current is not None else None
        self._shown = lines
        keys = [self.key(line) for line in lines]
        self.marks.intersection_update(keys)
        self.set_line_count(len(lines) + self._head)
        self._go(keys.index(key) if key is not None and key in keys else self._at)
        self.refresh()

    def go_to(self, key: str) -> bool:
        """Put the cursor on a thing; False if it is not there."""
        for index, line in enumerate(self._shown):
            if self.key(line) == key:
                self._go(index)
                return True
        return False

    def forget_place(self) -> None:
        """The next lines are others: the cursor begins at the top."""
        self._shown, self._at = (), 0
        self.jump_to(0)

    # What Textual calls.

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self.set_line_count(len(self._shown) + self._head)
        self._go(self._at)

    def on_click(self, event: events.Click) -> None:
        """The mouse moves the cursor; twice is ``enter``."""
        index = self.scroll_offset.y + event.y - self._head
        if event.y >= self._head and index < len(self._shown):
            self._go(index)
            if event.chain == DOUBLE:
                self.action_choose()

    def action_choose(self) -> None:
        """Tell that the line under the cursor is chosen."""
        if self.current is not None:
            self.post_message(self.Chosen(self))  # type: ignore[arg-type]

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self._go(self._at + by, towards=1 if by > 0 else -1)

    def action_half_page(self, by: int) -> None:
        """Move the cursor by half screens."""
        self.action_move(by * max(1, self._body_height // 2))

    def action_page(self, by: int) -> None:
        """Move the cursor by screens."""
        self.action_move(by * max(1, self._body_height - 1))

    def action_top(self) -> None:
        """Go to the first line."""
        self._go(0)

    def action_bottom(self) -> None:
        """Go to the last line."""
        self._go(len(self._shown) - 1, towards=-1)

    def render_line(self, y: int) -> Strip:
        """The header in the first line, below it one thing a line."""
        width = self.scrollable_content_region.width
        if y < self._head:
            return self._strip(
                [Segment(f"{'':{self.signs_cells}}{self.header(width - self.signs_cells)}", self._look("header"))],
                "header",
                width,
            )
        index = self.scroll_offset.y + y - self._head
        if index >= len(self._shown):
            notice = self.empty_text if y == self._head and not self._shown else ""
            return self._strip([Segment(f"{'':{self.signs_cells}}{notice}", self._look("side"))], "", width)
        return self._line(index, width)

    @property
    def _head(self) -> int:
        return int(self.has_header)

    @property
    def _body_height(self) -> int:
        return max(1, self.size.height - self._head)

    def _line(self, index: int, width: int) -> Strip:
        line, is_current = self._shown[index], index == self._at
        key = self.key(line)
        own = "cursor" if is_current and key else "marked" if key in self.marks else ""
        signs = (CURSOR_SIGN if is_current and key else " ") + (self.mark_sign if key and key in self.marks else " ")
        segments = [Segment(f"{signs:{self.signs_cells}}", self._look(own))]
        segments += [
            Segment(text, self._look(own or style)) for style, text in self.cells(line, width - self.signs_cells)
        ]
        return self._strip(segments, own, width)

    def _strip(self, segments: list[Segment], style: str, width: int) -> Strip:
        return Strip(segments).adjust_cell_length(width, self._look(style))

    def _look(self, style: str) -> Style:
        return self.look(f"cursor-list--{style}" if style else "")

    def _go(self, index: int, *, towards: int = 1) -> None:
        self._at = self._stop(max(0, min(index, len(self._shown) - 1)), towards)
        above = self._at - 1 if self._at == 1 else self._at  # the heading of the first lines comes along
        self.show_line(above, self._body_height)
        self.show_line(self._at, self._body_height)
        self.refresh()
        key = self.key(self._shown[self._at]) if self._shown else None
        if key != self._told:
            self._told = key
            self.post_message(self.Moved(self))  # type: ignore[arg-type]

    def _stop(self, index: int, towards: int) -> int:
        """The nearest line that is no heading, first in the direction that the cursor came from."""
        for step in (towards, -towards):
            at = index
            while 0 <= at < len(self._shown):
                if self.key(self._shown[at]):
                    return at
                at += step
        return index


class MarkList(CursorList[Line]):
    """A list in which lines can be marked, so that one key acts on several."""

    signs_cells = 3

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="list.mark", tooltip="Mark this line, go down", group=ACT),
    ]

    @dataclass
    class Marked(Message):
        """Another number of lines is marked."""

        list: CursorList[object]

        @property
        def control(self) -> CursorList[object]:
            """The list, for ``@on`` selectors."""
            return self.list

    @property
    def subject(self) -> list[Line]:
        """What an act is about: what is marked, else the line under the cursor."""
        marked = [line for line in self._shown if self.key(line) in self.marks]
        current = self.current
        return marked or ([current] if current is not None else [])

    def action_mark(self) -> None:
        """Mark or unmark, and go down."""
        if self.current is not None:
            self.marks ^= {self.key(self.current)}
            self.post_message(self.Marked(self))  # type: ignore[arg-type]
            self.action_move(1)
            self.refresh()
