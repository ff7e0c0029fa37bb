"""The Library mode: search line, table, detail; every act is a thin call of the manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from audiotui.errors import AudiotuiError
from audiotui.text import format_count, safe_text
from audiotui.tui import reader as answers
from audiotui.tui.result import SearchRows
from audiotui.tui.screens.mode import WIDE, ModeScreen
from audiotui.tui.widgets.detail import Detail
from audiotui.tui.widgets.recording_table import RecordingTable
from audiotui.tui.widgets.search_box import SearchBox

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from audiotui.model import RecordingRow

WELCOME = (
    "This library is empty.\n\n"
    "audiotui import FOLDER           adds the recordings of a folder\n"
    "audiotui register-recording ...  adds one, with its text and voice\n"
    "audiotui demo                    shows a library with spoken clips"
)


class LibraryScreen(ModeScreen):
    """Finding, marking and moving recordings."""

    mode = "library"
    AUTO_FOCUS = "RecordingTable"

    DEFAULT_CSS = """
    LibraryScreen #search { height: 1; background: $background; }
    LibraryScreen #slash { width: 3; color: $primary; text-style: bold; }
    LibraryScreen #found { width: auto; min-width: 20; color: $text-muted; text-align: right; padding: 0 1; }
    LibraryScreen #note { height: 1; color: $warning; padding: 0 3; display: none; }
    LibraryScreen #note.-shown { display: block; }
    LibraryScreen #welcome { display: none; height: 1fr; padding: 3 4; }
    LibraryScreen.-empty #welcome { display: block; }
    LibraryScreen.-empty RecordingTable, LibraryScreen.-empty Detail { display: none; }
    LibraryScreen #status { height: 1; padding: 0 1; color: $success; display: none; }
    LibraryScreen #status.-shown { display: block; }
    LibraryScreen #middle { height: 1fr; layout: vertical; }
    LibraryScreen.-wide #middle { layout: horizontal; }
    LibraryScreen.-low Detail { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", id="lib.search", tooltip="Go to the search box"),
        Binding("P", "push", "push", id="lib.push", tooltip="Copy to another location"),
        Binding("p", "pull", "pull", id="lib.pull", tooltip="Fetch to this disk"),
        Binding("a", "mark_all", "mark all", id="lib.mark_all", tooltip="Mark all that were found"),
        Binding("A", "clear_marks", "clear marks", id="lib.clear_marks", tooltip="Unmark everything"),
        Binding("asterisk", "invert_marks", "invert", id="lib.invert", tooltip="Invert the marks of what was found"),
        Binding("s", "sort", "sort", id="lib.sort", tooltip="Choose the order"),
        Binding("d", "trash", "trash", id="lib.trash", tooltip="Put into the trash; u takes it back"),
        Binding("u", "undo", "undo", id="lib.undo", tooltip="Undo the last change"),
        Binding("y", "copy", "copy", id="lib.copy", tooltip="Copy the id to the clipboard"),
        Binding("R", "refresh", "refresh", id="lib.refresh", tooltip="Search again", show=False),
        Binding("escape", "step_back", "back", id="lib.back", tooltip="One step back", show=False),
    ]

    @dataclass
    class Answered(Message):
        """The reader thread has something."""

        answer: answers.Answer

    def __init__(self) -> None:
        super().__init__()
        self._sort = ""
        self._wanted = 0
        self._whole: int | None = None
        self._counting_whole = False
        self._reader: answers.Reader | None = None

    def body(self) -> Iterable[Widget]:
        """Search line, table beside or above the detail, what is marked."""
        app = self.audiotui
        self._reader = answers.Reader(app.manager, lambda answer: self.post_message(self.Answered(answer)))
        self._rows = SearchRows(self._reader)
        places = [location.name for location in app.manager.locations()]
        yield Horizontal(
            Static(" / ", id="slash", markup=False),
            SearchBox(app.first_query),
            Static("", id="found", markup=False),
            id="search",
        )
        yield Static("", id="note", markup=False)
        yield Static(WELCOME, id="welcome", markup=False)
        with Container(id="middle"):
            yield RecordingTable(self._rows, places)
            yield Detail()
        yield Static("", id="status", markup=False)

    def on_mount(self) -> None:
        """Search at once: the empty query is the most common one."""
        self._search(self.query_one(SearchBox).value)
        self.show_hints()

    def on_resize(self) -> None:
        """The detail is a strip below the table, or a pane beside it where there is room."""
        super().on_resize()
        self.query_one(Detail).set_class(self.size.width >= WIDE, "-pane")

    def on_unmount(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.close()

    def catalog_moved(self) -> None:
        """Somebody else changed the library: show it, keep the cursor on its recording."""
        self._whole = None
        self._search(self.query_one(SearchBox).value, keep_cursor=True)

    def hints(self) -> list[tuple[str, str]]:
        """The keys that work now."""
        table = self.query_one(RecordingTable)
        if self.query_one(SearchBox).has_focus:
            return [("enter", "to the list"), ("esc", "back"), ('"words"', "exactly"), ("-word", "without"),
                    ("tag:x", "by tag"), ("dur:>30", "by length"), ("ctrl+q", "quit")]  # fmt: skip
        if table.in_range:
            return [("j k", "stretch"), ("v space", "mark the range"), ("esc", "leave the range")]
        marked = len(table.marks)
        subject = f" {format_count(marked)}" if marked else ""
        hints = [("space", "mark"), ("/", "search"), ("P", f"push{subject}"), ("p", f"pull{subject}"), ("s", "sort"),
                 ("d", f"trash{subject}"), ("u", "undo"), ("a", "all"), ("v", "range"), ("*", "invert")]  # fmt: skip
        if marked:
            hints.append(("A", "clear marks"))
        return [*hints, ("3", "transfers"), ("?", "keys"), (":", "commands"), ("q", "quit")]

    @on(SearchBox.Edited)
    def _edited(self, message: SearchBox.Edited) -> None:
        self._search(message.query)

    @on(SearchBox.Left)
    def _left(self) -> None:
        self.query_one(RecordingTable).focus()

    @on(RecordingTable.Moved)
    def _moved(self, message: RecordingTable.Moved) -> None:
        assert self._reader is not None  # noqa: S101 - made before the table
        if message.recording is not None:
            self._reader.describe(message.recording)
        elif self._rows.total == 0:
            self.query_one(Detail).show(None)

    @on(RecordingTable.MarksChanged)
    def _marks_changed(self) -> None:
        table = self.query_one(RecordingTable)
        marked = len(table.marks)
        words = f"✓ {format_count(marked)} marked" if marked else ""
        if table.in_range:
            words = "range: move, then v or space marks it   " + words
        status = self.query_one("#status", Static)
        status.update(words, layout=False)
        status.set_class(bool(words), "-shown")
        self.show_hints()

    def on_descendant_focus(self) -> None:
        """Other keys work now."""
        self.call_after_refresh(self.show_hints)

    def on_library_screen_answered(self, message: Answered) -> None:
        """Put what the reader found on the screen, unless the user went on since."""
        match message.answer:
            case answers.Found() as found if found.generation == self._wanted:
                self._take_head(found)
            case answers.Counted() as counted if self._rows.take_count(counted):
                self._take_count(counted)
            case answers.PageRead() as read if self._rows.take_page(read):
                self.query_one(RecordingTable).lines_arrived()
            case answers.Described() as described:
                recording = self.query_one(RecordingTable).recording
                if recording is not None and recording.id == described.row_id:
                    self.query_one(Detail).show(described.recording)
            case answers.Listed() as listed if listed.generation == self._wanted:
                self._take_ids(listed)
            case answers.Unreadable(error):
                self.audiotui.complain(error)
            case _:
                pass

    def action_search(self) -> None:
        """Go to the search box, its text kept."""
        self.query_one(SearchBox).focus()

    def action_step_back(self) -> None:
        """One step: leave the range, else clear the query. Marks stay."""
        table, box = self.query_one(RecordingTable), self.query_one(SearchBox)
        if table.in_range:
            table.leave_range()
            self._marks_changed()
        elif box.value:
            box.value = ""

    def action_mark_all(self) -> None:
        """Mark all that the query finds."""
        assert self._reader is not None  # noqa: S101 - made before any key
        self._reader.list_ids("add")

    def action_invert_marks(self) -> None:
        """Invert the marks of all that the query finds."""
        assert self._reader is not None  # noqa: S101 - made before any key
        self._reader.list_ids("invert")

    def action_clear_marks(self) -> None:
        """Unmark everything, also what the query does not find."""
        table = self.query_one(RecordingTable)
        table.marks.clear()
        table.marks_changed()

    @work(group="sort", exit_on_error=False)
    async def action_sort(self) -> None:
        """Choose the order."""
        from audiotui.tui.modals.sort import SortModal

        chosen = await self.app.push_screen_wait(SortModal(self._sort))
        if chosen is not None:
            self._sort = chosen
            self._search(self.query_one(SearchBox).value, keep_cursor=True)

    def action_refresh(self) -> None:
        """Search again."""
        self.catalog_moved()

    def action_copy(self) -> None:
        """Copy the id of the recording under the cursor."""
        recording = self.query_one(RecordingTable).recording
        if recording is not None:
            self.app.copy_to_clipboard(recording.uid)
            self.audiotui.say(f"copied {recording.uid}")

    def action_push(self) -> None:
        """Copy the marked recordings, else the one under the cursor, to another location."""
        self._plan("push")

    def action_pull(self) -> None:
        """Fetch the marked recordings, else the one under the cursor, to this disk."""
        self._plan("pull")

    @work(group="plan", exit_on_error=False)
    async def _plan(self, verb: str) -> None:
        from audiotui.tui.modals.plan import PlanModal

        subject = self._subject()
        if subject:
            queued = await self.app.push_screen_wait(PlanModal(self.audiotui.manager, verb, subject))
            if queued is not None:
                self.audiotui.say(f"{queued}; 3 shows how far it is")

    @work(thread=True, group="edit", exit_on_error=False, description="trash")
    def action_trash(self) -> None:
        """Put the marked recordings, else the one under the cursor, into the trash."""
        subject = self._subject()
        if subject:
            manager = self.audiotui.manager
            self._act(lambda: manager.delete_recordings(subject), f"{_things(len(subject))} in the trash; u undoes it")

    @work(thread=True, group="edit", exit_on_error=False, description="undo")
    def action_undo(self) -> None:
        """Undo the last change to the library."""
        try:
            change = self.audiotui.manager.undo()
        except AudiotuiError as error:
            self.app.call_from_thread(self.audiotui.complain, error)
            return
        self.app.call_from_thread(self.audiotui.say, f"undone: {change.summary}")
        self.app.call_from_thread(self.catalog_moved)

    def _act(self, act: object, done: str) -> None:
        assert callable(act)  # noqa: S101 - for the type checker
        try:
            act()
        except AudiotuiError as error:
            self.app.call_from_thread(self.audiotui.complain, error)
            return
        self.app.call_from_thread(self.audiotui.say, done)
        self.app.call_from_thread(self.catalog_moved)

    def _subject(self) -> list[int]:
        """Row ids of what an act is about: what is marked, else the recording under the cursor."""
        table = self.query_one(RecordingTable)
        if table.marks:
            return list(table.marks)
        return [table.recording.id] if table.recording is not None else []

    def _search(self, query: str, *, keep_cursor: bool = False) -> None:
        assert self._reader is not None  # noqa: S101 - made when the screen was composed
        recording: RecordingRow | None = self.query_one(RecordingTable).recording if keep_cursor else None
        self._wanted = self._reader.search(query, self._sort, keep=recording.id if recording else None)
        self._keeping = recording.id if recording else None

    def _take_head(self, found: answers.Found) -> None:
        self._rows.take_head(found)
        table = self.query_one(RecordingTable)
        cursor = 0
        if self._keeping is not None:
            known = (at for at, line in enumerate(found.lines) if line.recording.id == self._keeping)
            cursor = next(known, min(table.cursor, max(0, len(found.lines) - 1)))
        table.rows_changed(cursor=cursor)
        note = self.query_one("#note", Static)
        note.update(safe_text("; ".join(found.notes)), layout=False)
        note.set_class(bool(found.notes), "-shown")
        empty = not found.lines and not self.query_one(SearchBox).value
        self.set_class(empty, "-empty")
        self._show_number()

    def _take_count(self, counted: answers.Counted) -> None:
        table = self.query_one(RecordingTable)
        if not self.query_one(SearchBox).value.strip():
            self._whole = counted.total
        table.rows_changed(cursor=counted.cursor if counted.cursor is not None else table.cursor)
        self._show_number()

    def _take_ids(self, listed: answers.Listed) -> None:
        table = self.query_one(RecordingTable)
        if listed.purpose == "add":
            table.marks.add_all(listed.row_ids)
        else:
            table.marks.invert(listed.row_ids)
        table.marks_changed()

    def _show_number(self) -> None:
        number = format_count(self._rows.total) + ("" if self._rows.exact else "+")
        whole = "" if self._whole is None or self._whole == self._rows.total else f" of {format_count(self._whole)}"
        order = self._sort or "newest first"
        label = Content.assemble((number, "bold $text"), whole, f"  {order}")
        self.query_one("#found", Static).update(label)


def _things(count: int) -> str:
    return "1 recording" if count == 1 else f"{format_count(count)} recordings"
