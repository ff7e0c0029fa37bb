"""Marks in a table of recordings: all that was found, ranges, inverted; they survive another search.

What goes to the trash is not marked any more, and is again when it comes back.

Which recordings those are the reader tells, so that a million of them take no time of the screen's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from audiotui.text import format_bytes, format_count
from audiotui.tui import answers
from audiotui.tui.idset import IdSet
from audiotui.tui.keys import MARK
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.widgets.recording_table import RecordingTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.tui.reader import Reader

UNMEASURED = (-1, 0)
"""A number of marks that there never is, and no size."""


class Marking(ModeScreen):
    """Marks and what they amount to; a subclass has the table and the reader, and a line for what is going on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "mark_all", "mark all", id="lib.mark_all", tooltip="Mark all that were found", group=MARK),
        Binding("A", "clear_marks", "clear marks", id="lib.clear_marks", tooltip="Unmark everything", group=MARK),
        Binding("asterisk", "invert_marks", "invert", id="lib.invert", tooltip="Invert what was found", group=MARK),
    ]

    _table: RecordingTable
    _reader: Reader

    def __init__(self) -> None:
        super().__init__()
        self._put_away = IdSet()  # what was marked when it went to the trash
        self._unlisted = 0
        self._measured = UNMEASURED
        self._measured_changes = 0
        self._marks_known = asyncio.Event()
        self._marks_known.set()

    def show_status(self) -> None:
        """Say what is marked."""
        raise NotImplementedError

    def show_busy(self, words: str) -> None:
        """Say what is going on, '' when it is over."""
        raise NotImplementedError

    async def subject(self) -> Sequence[int]:
        """What is marked, also by a key pressed a moment ago; else the recording under the cursor."""
        await self._table.choices_told.wait()
        await self._marks_known.wait()
        if self._marks:
            return list(self._marks)
        return [self._table.recording.id] if self._table.recording is not None else []

    def put_away(self, row_ids: Sequence[int]) -> None:
        """These are in the trash now: their marks wait until they come back."""
        self._put_away_marks(IdSet(row_ids))
        self._table.marks_changed()

    def look_into_trash(self) -> None:
        """Recordings may have gone to the trash, or come back: let the marks follow them."""
        if self._marks or self._put_away:
            self._reader.read_trash(IdSet(self._put_away))

    @property
    def marks_words(self) -> str:
        """How many recordings are marked, and how big they are as far as known."""
        count, size_bytes = self._measured
        size = f", {format_bytes(size_bytes)}" if count == len(self._marks) else ""
        return f"✓ {format_count(len(self._marks))} marked{size}"

    @on(RecordingTable.MarksChanged)
    def _marks_changed(self) -> None:
        if self._marks.changes != self._measured_changes:  # else a range was begun or left
            self._measured_changes = self._marks.changes
            self._measured = UNMEASURED
            self._reader.measure()
        self.show_status()
        self.show_hints()

    @on(RecordingTable.RangeChosen)
    def _range_chosen(self, message: RecordingTable.RangeChosen) -> None:
        self._ask_ids("add", message.first, message.last + 1)

    @on(RecordingTable.RowChosen)
    def _row_chosen(self, message: RecordingTable.RowChosen) -> None:
        self._ask_ids("invert", message.index, message.index + 1)
        self._table.choice_taken()

    @on(answers.Listed)
    def _listed(self, listed: answers.Listed) -> None:
        if listed.purpose == "invert":
            self._marks.invert(listed.row_ids)
        else:
            self._marks.add_all(listed.row_ids)
        self._unlisted -= 1
        if not self._unlisted:
            self._marks_known.set()
            self.show_busy("")
        self._table.marks_changed()

    @on(answers.TrashRead)
    def _trash_read(self, read: answers.TrashRead) -> None:
        read.came_back.keep_all(self._put_away)  # somebody may have unmarked them meanwhile
        self._put_away.remove_all(read.came_back)
        self._marks.add_all(read.came_back)
        if self._put_away_marks(read.trash) or read.came_back:
            self._table.marks_changed()
        if read.came_back:
            self.catalog_moved()  # for a search of what is marked

    @on(answers.Measured)
    def _measured_marks(self, measured: answers.Measured) -> None:
        self._measured = (measured.count, measured.size_bytes)
        self.show_status()

    def action_mark_all(self) -> None:
        """Mark all that the query finds."""
        self._ask_ids("add")

    def action_invert_marks(self) -> None:
        """Invert the marks of all that the query finds."""
        self._ask_ids("invert")

    def action_clear_marks(self) -> None:
        """Unmark everything, also what the query does not find."""
        self._marks.clear()
        self._put_away.clear()
        self._table.marks_changed()

    @property
    def _marks(self) -> IdSet:
        return self._table.marks

    def _put_away_marks(self, trashed: IdSet) -> bool:
        """Whether some of what is in the trash was marked; ``trashed`` keeps only that."""
        trashed.keep_all(self._marks)
        self._put_away.add_all(trashed)
        self._marks.remove_all(trashed)
        return len(trashed) > 0

    def _ask_ids(self, purpose: str, start: int = 0, stop: int | None = None) -> None:
        self._unlisted += 1
        self._marks_known.clear()
        self._reader.list_ids(purpose, start, stop)
        self.show_busy("marking…")
