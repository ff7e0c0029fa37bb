"""Facets: the values that would narrow a query, with their numbers; typing filters them, space switches them.

The pane holds no filter of its own: it says which value was switched, and shows as chosen what the query says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from audiotui.text import format_count, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.facets import SECTIONS, Section, Value, chosen, is_chosen
from audiotui.tui.keys import FIND, MOVE
from audiotui.tui.widgets.line_view import LineView
from audiotui.tui.widgets.text_input import ShownSafely

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

ON, OFF, OPEN, CLOSED = "●", "○", "▾", "▸"

Entry = tuple[Section, Value | None]
"""A line: a value, or with None the title of its section."""


class FacetList(LineView, can_focus=False):
    """The lines: titles of sections with their values, and a cursor."""

    DEFAULT_CSS = """
    FacetList { height: 1fr; scrollbar-size-vertical: 0; }
    FacetList > .facets--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    FacetPane:focus-within .facets--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    FacetList > .facets--title { color: $text-muted; text-style: bold; }
    FacetList > .facets--on { color: $text-success; text-style: bold; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"facets--cursor", "facets--title", "facets--on"}

    class Folded(Message):
        """Other sections are open."""

    def __init__(self) -> None:
        super().__init__()
        self.query_text = ""
        self._values: dict[Section, list[Value]] = {}
        self._folded: set[Section] = set()
        self._entries: list[Entry] = []
        self._at = 0
        self._is_moved = False
        self.is_active = False

    @property
    def current(self) -> Entry | None:
        """The line under the cursor."""
        return self._entries[self._at] if self._at < len(self._entries) else None

    @property
    def open_sections(self) -> tuple[Section, ...]:
        """Sections whose values are on the screen."""
        return tuple(section for section in SECTIONS if section not in self._folded)

    def show(self, section: Section, values: list[Value]) -> None:
        """The values of a section, counted anew."""
        self._values[section] = values
        self._arrange()

    def show_query(self, query: str) -> None:
        """Another query, which may have other values switched on; most keys that are typed change none."""
        before, self.query_text = self.query_text, query
        if chosen(before) != chosen(query):
            self._arrange()

    def fold(self) -> None:
        """Close or open the section under the cursor."""
        if self.current is not None:
            self._is_moved = True
            section = self.current[0]
            self._folded ^= {section}
            self._arrange()
            self._go(next((place for place, entry in enumerate(self._entries) if entry[0] is section), 0))
            self.post_message(self.Folded())

    def move(self, by: int) -> None:
        """Move the cursor by lines."""
        self._is_moved = True
        self._go(self._at + by)

    def go_to_first_value(self) -> None:
        """Where a filter leads."""
        self._go(next((place for place, (_, value) in enumerate(self._entries) if value is not None), 0))

    def on_click(self, event: events.Click) -> None:
        """The mouse moves the cursor."""
        self._is_moved = True
        self._go(self.scroll_offset.y + event.y)

    def render_line(self, y: int) -> Strip:
        """One title or value."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        if index >= len(self._entries):
            return Strip.blank(width, self.look())
        section, value = self._entries[index]
        at_cursor = index == self._at and self.is_active
        if value is None:
            sign = CLOSED if section in self._folded else OPEN
            text, name = f"{sign} {section.title}", "title"
        else:
            is_on = is_chosen(self.query_text, value.field, value.value)
            hits = "" if value.hits is None else format_count(value.hits)
            room = max(4, width - 4 - max(len(hits), 1))
            label = pad(safe_text(value.value, limit=4 * room), room, right=False)
            text, name = f" {ON if is_on else OFF} {label} {hits}", "on" if is_on else ""
        style = self.look("facets--cursor" if at_cursor else f"facets--{name}" if name else "")
        return Strip([Segment(pad(text, width, right=False), style)]).adjust_cell_length(width, style)

    def redraw_cursor(self, *, is_active: bool) -> None:
        """The cursor shows only where keys move it."""
        self.is_active = is_active
        self._look_again()

    def _look_again(self) -> None:
        self._looks.clear()
        self.refresh()

    def _arrange(self) -> None:
        under_cursor = self.current
        self._entries = []
        for section in SECTIONS:
            values = self._values.get(section, [])
            known = {(value.field, value.value.casefold()) for value in values}
            shown = self._with_chosen(section, values, known)
            if section in self._folded or shown:
                self._entries.append((section, None))
            if section not in self._folded:
                self._entries += [(section, value) for value in shown]
        same = [
            place
            for place, (section, value) in enumerate(self._entries)
            if under_cursor is not None and _is_same((section, value), under_cursor)
        ]
        self.set_line_count(len(self._entries))
        # Sections come one by one: until somebody moves it, the cursor stays at the top of them all.
        self._go(same[0] if same and self._is_moved else self._at)

    def _with_chosen(self, section: Section, values: list[Value], known: set[tuple[str, str]]) -> list[Value]:
        """The values, after those that are switched on and found nothing or too little to be among them."""
        missing = sorted(one for one in chosen(self.query_text) if one[0] in section.fields and one not in known)
        return [*(Value(field, value, None) for field, value in missing), *values]

    def _go(self, index: int) -> None:
        self._at = max(0, min(index, len(self._entries) - 1))
        self.show_line(self._at, max(1, self.size.height))
        self.refresh()


class FacetFilter(ShownSafely):
    """The line that filters values; it has the focus of the pane."""

    DEFAULT_CSS = """
    FacetFilter, FacetFilter:focus { border: none; height: 1; padding: 0 1; background: $background; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority, because a text field takes every key that has a character; here, because it hides such keys of
        # what is around it.
        Binding("space", "switch_value", "switch", id="facets.toggle", tooltip="Filter", group=FIND, priority=True),
        Binding("enter", "fold", "fold", id="facets.fold", tooltip="Close, open", group=FIND, priority=True),
        Binding("down", "move(1)", "down", id="facets.down", tooltip="Next value", group=MOVE, priority=True),
        Binding("up", "move(-1)", "up", id="facets.up", tooltip="Previous value", group=MOVE, priority=True),
        # With priority like the others: keys with and keys without overtake each other.
        Binding(
            "pagedown", "move(10)", "page", id="facets.page_down", tooltip="Ten values on", group=MOVE, priority=True
        ),
        Binding(
            "pageup", "move(-10)", "page up", id="facets.page_up", tooltip="Ten values back", group=MOVE, priority=True
        ),
        Binding("escape", "leave", "back", id="facets.leave", tooltip="To the list", group=FIND, priority=True),
    ]

    class Left(Message):
        """Back to the list."""

    @dataclass
    class Toggled(Message):
        """A value should be switched on, or off."""

        field: str
        value: str

    def __init__(self, values: FacetList) -> None:
        super().__init__(placeholder="type to filter", select_on_focus=False, compact=True, max_length=200)
        self._values = values

    def action_switch_value(self) -> None:
        """Switch the value under the cursor; of a title, its section."""
        current = self._values.current
        if current is not None and current[1] is not None:
            self.post_message(self.Toggled(current[1].field, current[1].value))
        else:
            self._values.fold()

    def action_fold(self) -> None:
        """Close or open the section under the cursor."""
        self._values.fold()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._values.move(by)

    def action_leave(self) -> None:
        """Clear the filter, then go back to the list."""
        if self.value:
            self.value = ""
        else:
            self.post_message(self.Left())


class FacetPane(Vertical):
    """A filter line above the list of facets."""

    DEFAULT_CSS = """
    FacetPane { width: 24; display: none; border-right: solid $panel; padding: 0; background: $background; }
    .-broad FacetPane { width: 32; }
    FacetPane:focus-within { border-right: heavy $primary; }
    """

    @dataclass
    class Wanted(Message):
        """Other values are wanted: the filter changed, or a section was opened."""

        beginning: str

    def compose(self) -> ComposeResult:
        """Filter and list."""
        self.list = FacetList()
        self._filter = FacetFilter(self.list)
        yield self._filter
        yield self.list

    @property
    def beginning(self) -> str:
        """What the filter says."""
        return self._filter.value.strip()

    def enter(self) -> None:
        """Take the focus, at once: the next key is for this pane."""
        self.screen.set_focus(self._filter)

    def on_descendant_focus(self) -> None:
        """The cursor shows."""
        self.list.redraw_cursor(is_active=True)

    def on_descendant_blur(self) -> None:
        """The cursor hides."""
        self.list.redraw_cursor(is_active=False)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.list.go_to_first_value()
        self.post_message(self.Wanted(self.beginning))

    @on(FacetList.Folded)
    def _section_folded(self) -> None:
        self.post_message(self.Wanted(self.beginning))


def _is_same(one: Entry, other: Entry) -> bool:
    if one[0] is not other[0] or (one[1] is None) != (other[1] is None):
        return False
    return one[1] is None or other[1] is None or one[1][:2] == other[1][:2]
