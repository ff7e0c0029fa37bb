"""A chooser of recordings under the prompt: type, mark, enter. It draws on stderr, so that ids can go into a pipe."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static
from textual.worker import WorkerFailed

from audiotui.cleanup import caught
from audiotui.text import format_count
from audiotui.tui import answers
from audiotui.tui.background import Broken
from audiotui.tui.reader import Reader
from audiotui.tui.result import SearchRows
from audiotui.tui.theme import ANSI_THEME, STYLES_OF_CURRENT, THEME, with_readable_texts
from audiotui.tui.widgets.recording_table import RecordingTable
from audiotui.tui.widgets.text_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from audiotui.errors import AudiotuiError
    from audiotui.manager import AudioManager

LINES = 14
"""How much of the terminal the chooser takes."""

KEYS = "↑ ↓ move   tab mark   enter choose   esc leave   "


class PickerApp(App[list[str]]):
    """Ends with the uids that were chosen, None if it was left."""

    CSS = f"""
    Screen:inline {{ height: {LINES}; border: none; }}
    #line {{ height: 1; }}
    #line SafeInput.-textual-compact {{ background: $background; padding: 0; }}
    #sign {{ width: 3; color: $text-primary; text-style: bold; }}
    #found {{ height: 1; color: $text-muted; padding: 0 1; }}
    {STYLES_OF_CURRENT}
    """

    # With priority: the input has the focus all the time.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "table('move', 1)", priority=True, show=False),
        Binding("up", "table('move', -1)", priority=True, show=False),
        Binding("pagedown", "table('page', 1)", priority=True, show=False),
        Binding("pageup", "table('page', -1)", priority=True, show=False),
        Binding("tab", "mark", priority=True, show=False),
        Binding("enter", "choose", priority=True, show=False),
        Binding("escape,ctrl+c,ctrl+q", "leave", priority=True, show=False),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, open_manager: Callable[[], AudioManager], *, query: str = "", has_colors: bool = True) -> None:
        super().__init__(ansi_color=None if has_colors else True)
        self.register_theme(THEME)
        self.set_reactive(PickerApp.theme, THEME.name if has_colors else ANSI_THEME)
        self._open_manager = open_manager
        self._manager: AudioManager | None = None
        self._first_query = query
        self._unlisted = 0
        self._marks_known = asyncio.Event()
        self._marks_known.set()
        self.trouble: Exception | None = None
        """What made it end before anything was chosen."""

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme; text can be read in all of them."""
        self.theme_variables = with_readable_texts(super().get_css_variables())
        return self.theme_variables

    def compose(self) -> ComposeResult:
        """A line to type in, the hits, and how many they are."""
        self._reader = Reader(self._opened, self.post_message, marked=lambda: list(self._table.marks))
        self._rows = SearchRows(self._reader)
        self._table = RecordingTable(self._rows, now_ms=lambda: time.time_ns() // 1_000_000)
        self._box = SafeInput(self._first_query, placeholder="type to search")
        self._found = Static("", id="found", markup=False)
        yield Horizontal(Static(" > ", id="sign", markup=False), self._box, id="line")
        yield self._table
        yield self._found

    def on_mount(self) -> None:
        """Search at once."""
        self._box.focus()
        self._rows.search(self._first_query)
        self.call_after_refresh(self._reader.start)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._reader.close()

    def action_table(self, action: str, by: int) -> None:
        """Move in the table while the cursor of the text stays where it is."""
        getattr(self._table, f"action_{action}")(by)

    def action_mark(self) -> None:
        """Mark or unmark the recording, and go down."""
        self._table.action_mark()

    def action_leave(self) -> None:
        """End without a choice."""
        self.exit(None)

    @work(exclusive=True)
    async def action_choose(self) -> None:
        """End with what is marked, in the order of the library, else with the recording under the cursor."""
        await self._table.choices_told.wait()
        await self._marks_known.wait()
        marked = list(self._table.marks)
        current = self._table.recording
        if marked:
            self.run_worker(lambda: self._tell_uids_of(marked), thread=True, exclusive=True, group="name")
        elif current is not None:
            self.exit([current.uid])

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        if message.value != self._rows.query:
            self._rows.search(message.value, is_typed=True)

    @on(answers.Opened)
    def _library_opened(self, opened: answers.Opened) -> None:
        self._table.show_places(opened.places)

    @on(answers.Found)
    def _first_rows(self, found: answers.Found) -> None:
        if self._rows.take_head(found):
            self._table.show_new()
            self._show_number()

    @on(answers.Counted)
    def _counted(self, counted: answers.Counted) -> None:
        if self._rows.take_count(counted):
            self._table.count_changed()
            self._show_number()

    @on(answers.PageRead)
    def _page_read(self, read: answers.PageRead) -> None:
        if self._rows.take_page(read):
            self._table.lines_arrived()

    @on(RecordingTable.MarksChanged)
    def _marks_changed(self) -> None:
        self._show_number()

    @on(RecordingTable.RowChosen)
    def _row_chosen(self, message: RecordingTable.RowChosen) -> None:
        self._unlisted += 1
        self._marks_known.clear()
        self._reader.list_ids("invert", message.index, message.index + 1)
        self._table.choice_taken()

    @on(answers.Listed)
    def _listed(self, listed: answers.Listed) -> None:
        self._table.marks.invert(listed.row_ids)
        self._table.marks_changed()
        self._unlisted -= 1
        if not self._unlisted:
            self._marks_known.set()

    @on(answers.Unreadable)
    def _unreadable(self, message: answers.Unreadable) -> None:
        self._end_with(message.error)

    @on(Broken)
    def _broken(self, message: Broken) -> None:
        self._end_with(message.error)

    def _opened(self) -> AudioManager:
        if self._manager is None:
            self._manager = self._open_manager()
        return self._manager

    def _tell_uids_of(self, row_ids: list[int]) -> None:
        """End with the uids of rows; in a thread."""
        with caught() as trouble:
            uids = [recording.uid for recording in self._opened().get_recordings(row_ids)]
        if trouble.error is not None:  # the caller raises it again
            self.call_from_thread(self._end_with, trouble.error)
        else:
            self.call_from_thread(self.exit, uids)

    def _end_with(self, error: Exception | AudiotuiError) -> None:
        self.trouble = self.trouble or error
        self.exit(None)

    def _show_number(self) -> None:
        marked = f"✓ {format_count(len(self._table.marks))} marked   " if self._table.marks else ""
        more = "" if self._rows.exact else "+"
        self._found.update(
            Content.assemble(
                (marked, "$text-success"), f"{format_count(self._rows.total)}{more} found   ", (KEYS, "dim")
            ),
            layout=False,
        )

    def _handle_exception(self, error: Exception) -> None:
        # As in the app: Textual would print the values of all local variables.
        if self.is_headless:
            super()._handle_exception(error)
            return
        cause = error.error if isinstance(error, WorkerFailed) else error
        self._end_with(cause if isinstance(cause, Exception) else error)
