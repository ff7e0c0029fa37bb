"""The Library mode: search line, table, detail; what is done with recordings is in ``acts``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Static

from audiotui.errors import RecordingNotFound
from audiotui.text import format_count
from audiotui.tui import answers
from audiotui.tui.keys import FIND, PLAY
from audiotui.tui.reader import Reader
from audiotui.tui.result import SearchRows, number_of
from audiotui.tui.screens.acts import RecordingActs
from audiotui.tui.screens.catching_up import CatchingUp
from audiotui.tui.screens.finding import Finding
from audiotui.tui.screens.importing import Importing
from audiotui.tui.screens.marking import Marking
from audiotui.tui.screens.mode import NARROW, WIDE
from audiotui.tui.screens.one_frame import OneFrame
from audiotui.tui.screens.opening import Opening
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.widgets.detail import Detail
from audiotui.tui.widgets.recording_table import RecordingTable
from audiotui.tui.widgets.search_box import SearchBox, needs_completion
from audiotui.tui.widgets.sound_pane import SoundPane
from audiotui.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from audiotui.model import Recording

WELCOME = (
    "This library is empty.\n\n"
    "i   import a folder of recordings\n"
    "4   add a place for their copies: a disk, a bucket, a host\n"
    "?   all keys\n\n"
    "Or leave with q and run: audiotui demo, a library with spoken clips to look around in."
)

NOTHING_FOUND = "Nothing found. esc clears the search."

SEARCH_EXAMPLES = 'words match beginnings   "exact words"   -without   tag:demo   dur:>30   voice:aria   where:archive'

FACET_HINTS = (
    ("facets.toggle", ""), ("facets.fold", ""), ("facets.down", "move"), ("facets.leave", ""), ("lib.search", ""),
    ("app.next_pane", ""),
)  # fmt: skip
SEARCH_HINTS = (("search.leave", ""), ("search.complete", ""), ("search.escape", ""), ("app.help", ""))
RANGE_HINTS = (("table.down", "stretch"), ("table.range", "mark the range"), ("lib.back", "leave the range"))
DETAIL_HINTS = (("text.down", "scroll"), ("lib.back", "to the list"), ("app.help", ""), ("app.quit", ""))
LAST_HINTS = (("app.help", ""), ("app.palette", ""), ("app.quit", ""))
"""Ids of bindings with the words for them; '' takes their own."""

BUSY_AFTER_S = 0.2
"""What is done sooner is not announced."""


class LibraryScreen(Finding, Marking, Opening, Importing, RecordingActs, CatchingUp, OneFrame):
    """Finding, marking and moving recordings."""

    mode = "library"
    AUTO_FOCUS = "RecordingTable"

    DEFAULT_CSS = """
    LibraryScreen #search { height: 1; background: $background; }
    LibraryScreen #slash { width: 3; color: $text-primary; text-style: bold; }
    LibraryScreen #found { width: 38; color: $text-muted; text-align: right; padding: 0 1; text-wrap: nowrap; }
    LibraryScreen.-slim #found { width: 22; }
    LibraryScreen #welcome { display: none; height: 1fr; padding: 3 4; }
    LibraryScreen.-empty #welcome { display: block; }
    LibraryScreen.-empty #middle { display: none; }
    LibraryScreen #middle { height: 1fr; }
    LibraryScreen #main { width: 1fr; layout: vertical; }
    LibraryScreen.-wide #main { layout: horizontal; }
    LibraryScreen.-facets FacetPane { display: block; }
    LibraryScreen #side { height: auto; }
    LibraryScreen #side:focus-within { height: 3fr; }
    LibraryScreen #side.-pane { height: 1fr; width: 36; border-left: solid $panel; }
    LibraryScreen.-broad #side.-pane { width: 48; }
    LibraryScreen #side.-pane SoundPane { dock: top; height: 7; }
    LibraryScreen #side.-pane:focus-within { height: 1fr; border-left: heavy $primary; }
    LibraryScreen.-low #side { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority, so that letters typed right after it go to the search box and are no commands.
        Binding(
            "slash", "search", "search", id="lib.search", tooltip="Go to the search box", group=FIND, priority=True
        ),
        Binding("s", "sort", "sort", id="lib.sort", tooltip="Choose the order", group=FIND),
        Binding(
            "L", "review", "review", id="play.review", tooltip="Review by ear what is marked, or found", group=PLAY
        ),
        Binding("R", "refresh", "refresh", id="lib.refresh", tooltip="Search again", group=FIND),
        Binding("escape", "step_back", "back", id="lib.back", tooltip="One step back", group=FIND),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._busy = ""
        self._notes: tuple[str, ...] = ()
        self._is_stale = False
        self._asked_at = 0  # where the cursor was when the rows were asked for again
        self._described: int | None = None
        self._recording: Recording | None = None

    def body(self) -> Iterable[Widget]:
        """Search line, table beside or above the detail, what is marked."""
        app = self.audiotui
        self._reader = Reader(lambda: app.manager, self.post_message, marked=self.marked_ids)
        self._rows = SearchRows(self._reader)
        self._table = RecordingTable(self._rows, now_ms=app.now_ms)
        self._box = SearchBox(app.first_query)
        self._detail = Detail()
        self._sound = SoundPane(lambda: app.manager, lambda: app.listening)
        self._status = StatusLine()
        self._found = Static("", id="found", markup=False)
        side = Vertical(self._detail, self._sound, id="side")
        for pane in (self._detail, side):
            pane.set_class(app.size.width >= WIDE, "-pane")
        yield Horizontal(Static(" / ", id="slash", markup=False), self._box, self._found, id="search")
        yield Static(WELCOME, id="welcome", markup=False)
        yield Horizontal(
            self._pane,
            Container(self._table, side, id="main"),
            id="middle",
        )
        yield self._status

    def on_mount(self) -> None:
        """Search as soon as the first frame is painted: the empty query is the most common one."""
        self._rows.search(self._box.value)
        # Not by its message, which would come when the letter alone is painted.
        self.watch(self._box, "value", self._edited, init=False)
        self.audiotui.after_first_frame(self._reader.start)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._reader.close()

    def on_resize(self) -> None:
        """The detail is a strip below the table, or a pane beside it where there is room."""
        self._detail.set_class(self.size.width >= WIDE, "-pane")
        self.query_one("#side").set_class(self.size.width >= WIDE, "-pane")
        self._show_number()

    def on_screen_resume(self) -> None:
        """Something may have changed while another mode or a dialog was on the screen."""
        if self._is_stale:
            self.call_after_refresh(self.catalog_moved)

    def catalog_moved(self) -> None:
        """The library changed: show it, with the cursor on its recording."""
        self.facets_outdated()
        self._is_stale = not self.is_current
        if self.is_current:
            self.look_into_trash()
            self._read_again()

    @property
    def lines_shown(self) -> int:
        """How many recordings are found."""
        return self._rows.total

    @property
    def query_text(self) -> str:
        """What the search box says."""
        return self._box.value

    def write_query(self, query: str) -> None:
        """Put a query into the search box; the focus stays."""
        self._box.value = query
        self._box.cursor_position = len(query)

    def show_query(self, query: str) -> None:
        """Put a query into the search box, with the focus on what it finds."""
        self.write_query(query)
        self.focus_list()

    def focus_list(self) -> None:
        """Give the focus to what was found."""
        self._reader.hurry()
        self.set_focus(self._table)

    def marked_ids(self) -> Sequence[int]:
        """What ``is:marked`` means."""
        return list(self._marks)

    def current_recording(self) -> Recording | None:
        """What was last read of what is under the cursor."""
        return self._recording

    def recording_to_play(self) -> Recording | None:
        """What is under the cursor, read now if it was not yet."""
        uid = self.current_uid()
        if uid is None or (self._recording is not None and self._recording.uid == uid):
            return self._recording
        with suppress(RecordingNotFound):  # purged since the search
            return self.audiotui.manager.get_recording(uid)
        return None

    def current_uid(self) -> str | None:
        """The recording under the cursor."""
        return self._table.recording.uid if self._table.recording is not None else None

    def gone(self, row_ids: Sequence[int]) -> None:
        """What is in the trash is not marked any more."""
        self.put_away(row_ids)
        self.catalog_moved()

    def show_busy(self, words: str) -> None:
        """Say what is going on in the status line, unless it is over at once."""
        self._busy = words
        if words:
            self.set_timer(BUSY_AFTER_S, self.show_status)
        else:
            self.show_status()

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that work now."""
        if self.has_class("-empty"):
            return (("lib.import", ""), ("go.locations", "add a place"), *LAST_HINTS)
        if self._box.has_focus:
            return SEARCH_HINTS
        if self._table.in_range:
            return RANGE_HINTS
        if self._detail.has_focus:
            return DETAIL_HINTS
        if self._pane.has_focus_within:
            return FACET_HINTS
        marked = f" {format_count(len(self._marks))}" if self._marks else ""
        return [
            ("table.mark", ""),
            ("play.toggle", ""),
            ("lib.search", ""),
            ("lib.push", f"push{marked}"),
            ("lib.pull", f"pull{marked}"),
            ("lib.edit", f"edit{marked}"),
            ("lib.tag", f"tag{marked}"),
            ("lib.trash", f"trash{marked}"),
            ("lib.undo", ""),
            ("lib.facets", ""),
            ("lib.sort", ""),
            ("lib.mark_all", "all"),
            *([("lib.clear_marks", "none")] if self._marks else []),
            ("table.range", ""),
            ("lib.import", ""),
            ("play.review", ""),
            ("lib.move", f"move{marked}"),
            ("lib.copy", ""),
            ("lib.open", ""),
            *LAST_HINTS,
        ]

    def _edited(self, query: str) -> None:
        if query != self._rows.query:
            self.hold_frame()
            self._rows.search(query, is_typed=True, completing=needs_completion(query))
            self.query_changed()

    def on_descendant_focus(self) -> None:
        """The status line says how to search while the search box has the focus."""
        self.show_status()

    @on(RecordingTable.Moved)
    def _moved(self, message: RecordingTable.Moved) -> None:
        if message.recording is not None and message.recording.id != self._described:
            self.call_after_refresh(self._reader.describe, message.recording)

    @on(answers.Opened)
    def _opened(self, opened: answers.Opened) -> None:
        self._table.show_places(opened.places)
        self._detail.show_places(opened.places)
        self.library_opened()
        self.look_for_player()

    @on(answers.Found)
    def _first_rows(self, found: answers.Found) -> None:
        if self._rows.take_head(found):
            self._notes = found.notes
            self._box.suggest(self._rows.query, found.completion)
            self._table.show_new()
            if not found.lines:
                self._describe(None)
            self._show_result()
            self.paint_after(self._found)

    @on(answers.Counted)
    def _counted(self, counted: answers.Counted) -> None:
        if self._rows.take_count(counted):
            self._table.count_changed()
            self._settled()

    @on(answers.Refreshed)
    def _refreshed(self, refreshed: answers.Refreshed) -> None:
        if self._rows.take_refresh(refreshed):
            moved = self._table.cursor - self._asked_at
            self._table.show_again(self._table.cursor if refreshed.cursor is None else refreshed.cursor + moved)
            if not moved:
                self._describe(refreshed.current)
            self._settled()

    @on(answers.PageRead)
    def _page_read(self, read: answers.PageRead) -> None:
        if self._rows.take_page(read):
            self._table.lines_arrived()

    @on(answers.Described)
    def _described_row(self, described: answers.Described) -> None:
        recording = self._table.recording
        if recording is not None and recording.id == described.row_id:
            self._describe(described.recording)

    @on(answers.Unreadable)
    def _unreadable(self, message: answers.Unreadable) -> None:
        self.audiotui.complain(message.error)

    def action_search(self) -> None:
        """Go to the search box, its text kept."""
        self.set_focus(self._box)

    def action_leave_search(self) -> None:
        """Go from the search box to the list."""
        self.focus_list()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash in the search box is a letter."""
        if action == "search":
            return not isinstance(self.focused, SearchBox)
        return super().check_action(action, parameters)

    def action_step_back(self) -> None:
        """One step: out of the detail, out of the range, else clear the query. Marks stay."""
        if self._detail.has_focus:
            self._table.focus()
        elif self._table.in_range:
            self._table.leave_range()
        else:
            self.show_query("")

    @opens_dialog
    @work(group="review", exclusive=True)
    async def action_review(self) -> None:
        """Listen through what is marked, else through what is found from the cursor on, in the table's order."""
        from audiotui.tui.screens.review import ReviewScreen

        query, start = ("is:marked", 0) if self._marks else (self._rows.query, self._table.cursor)
        found: list[int] = []
        if await self.done(lambda: found.extend(self._ids_in_order(query)), "reading…") and found[start:]:
            self.app.push_screen(ReviewScreen(found[start:]))

    def _ids_in_order(self, query: str) -> list[int]:
        searcher = self.audiotui.manager.open_searcher(marked=self.marked_ids)
        try:
            return list(searcher.ids(query, sort=self._rows.sort))
        finally:
            searcher.close()

    def action_refresh(self) -> None:
        """Search again; a search that failed begins anew."""
        if self._rows.is_settled:
            self._read_again()
        else:
            self._rows.search(self._box.value)

    @opens_dialog
    @work(group="sort", exclusive=True)
    async def action_sort(self) -> None:
        """Choose the order."""
        from audiotui.tui.modals.sort import SortModal

        chosen = await self.app.push_screen_wait(SortModal(self._rows.sort))
        if chosen is not None:
            self._rows.sort = chosen
            self._read_again()

    def _read_again(self) -> None:
        recording, at = self._table.recording, self._table.cursor
        if self._rows.is_settled:
            self._asked_at = at
        keep = recording.id if recording is not None else None
        self._rows.refresh(keep=keep, at=at, around=self._table.body_height)

    def _describe(self, recording: Recording | None) -> None:
        self._described = recording.id if recording is not None else None
        self._recording = recording
        self._detail.show(recording)
        self._sound.show(recording)
        self.show_play_key()
        self.show_status()

    def _settled(self) -> None:
        """Everything that was asked for is on the screen; what changed meanwhile can be asked for now."""
        self._show_result()
        if self._rows.pop_stale():
            self._read_again()

    def _show_result(self) -> None:
        """The number of hits, and other things where there are none."""
        is_empty = self._rows.exact and self._rows.total == 0
        self._table.empty_text = NOTHING_FOUND if is_empty else ""
        self._welcome(is_empty and not self._rows.query.strip())
        self._show_number()
        self.show_status()

    def _show_number(self) -> None:
        self._found.update(number_of(self._rows, with_order=self.size.width >= NARROW), layout=False)

    def _welcome(self, is_welcome: bool) -> None:
        """Say what to do with an empty library, instead of showing it."""
        if is_welcome == self.has_class("-empty"):
            return
        self.set_class(is_welcome, "-empty")
        if not self._box.has_focus:
            self.set_focus(None if is_welcome else self._table)
        self.show_hints()

    def show_status(self) -> None:
        """Say what is marked, going on, or worth knowing."""
        words = [(self.marks_words, "bold $text-success")] if self._marks else []
        if self._busy:
            words.append((self._busy, "$text-accent"))
        elif self._table.in_range:
            words.append(("range: move, then v or space marks it", "bold $text-warning"))
        elif self._box.offer and not self._box.offer.startswith(self._box.value):
            words += [("tab", "bold"), (self._box.offer, "dim")]
        elif self._notes:
            words.append(("; ".join(self._notes), "$text-warning"))
        elif self._box.has_focus and not self._box.value:
            words.append((SEARCH_EXAMPLES, "dim"))
        elif not self._marks and not self.has_class("-empty"):
            words.append((self._table.legend, "dim"))
            if self.size.width >= WIDE:  # the pane beside the table has no room for it
                words.append((self.audiotui.listening.why_silent, "dim"))
        self._status.show(*words)
