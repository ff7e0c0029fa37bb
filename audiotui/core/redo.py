"""Doing an undone action again: each of its changes, first one first, or none of them.

To redo is to undo the other way round: what the undo left has to be there still, and becomes what the action left.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from audiotui.core import history
from audiotui.core.changes import FILES, RowChange, ids_in
from audiotui.core.row_edits import read_columns, refresh_files, write_recordings
from audiotui.core.undo import Undo
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from audiotui.model import Change


class Redo(Undo):
    """Does one undone group of changes again, inside the caller's transaction; one object for one group."""

    verb = "redo"

    def run(self) -> Change:
        """Do the group again and return it.

        Raises:
            InvalidInput: there is no such group, or it was not undone.
            UndoConflict: something of it was changed since; the caller must roll back.
        """
        change = history.one_group(self._connection, self._group_id)
        if change is None or change.undone_at is None:
            reason = "there is none" if change is None else "it was not undone"
            raise InvalidInput(f"Cannot redo action {self._group_id}: {reason}.", "See 'audiotui history'.")
        self._what = change.summary
        self._undone_ms = history.undone_at_ms(self._connection, self._group_id)
        undone = history.undone_changes(self._connection, self._group_id)
        for subject, changes in groupby(undone, lambda one: one.subject):
            self._revert(subject, [_turned(one) for one in changes])
        self._refuse_empty()
        history.mark_redone(self._connection, self._group_id)
        return history.one_group(self._connection, self._group_id) or change

    def _range(self, change: RowChange) -> None:
        bounds = (change.subject_id, (change.before or {})["through"], self._undone_ms)
        ids = [row[0] for row in self._connection.execute(_TRASHED_IN_RANGE, bounds)]
        write_recordings(self._connection, {row_id: {"deleted_at": None} for row_id in ids}, self._now_ms)
        self.touched.update(ids)

    def _links(self, change: RowChange) -> None:
        before = change.before or {}
        column, ids = before["column"], list(ids_in(before["ranges"]))
        wanted = json.dumps(ids)
        elsewhere = self._connection.execute(
            f"SELECT uid FROM recordings WHERE id IN (SELECT value FROM json_each(?)) AND {column} IS NOT ?",
            (wanted, change.subject_id),
        ).fetchone()
        if elsewhere is not None:
            self._refuse(f"recording {elsewhere[0]} was given another identity since")
        self._connection.execute(
            f"UPDATE recordings SET {column} = ?, updated_at = ? WHERE id IN (SELECT value FROM json_each(?))",
            (before["target"], self._now_ms, wanted),
        )
        self.touched.update(ids)

    def _file(self, change: RowChange) -> None:
        if change.after is not None:
            super()._file(change)
            return
        present = read_columns(self._connection, FILES, [change.subject_id], ["recording_id", "deleted_at"])
        if not present:
            return
        recording_id = present[change.subject_id]["recording_id"]
        if present[change.subject_id]["deleted_at"] != self._undone_ms:
            self._refuse(f"the file of recording {recording_id} was removed or restored since")
        self._connection.execute("UPDATE recording_files SET deleted_at = NULL WHERE id = ?", (change.subject_id,))
        refresh_files(self._connection, [recording_id])
        self.touched.add(recording_id)

    def _identity(self, change: RowChange) -> None:
        is_new = change.after is None and change.before is not None
        if is_new and read_columns(self._connection, change.subject, [change.subject_id], ["id"]):
            return  # recordings in the trash kept it
        super()._identity(change)


def _turned(change: RowChange) -> RowChange:
    return RowChange(change.subject, change.subject_id, change.after, change.before)


_TRASHED_IN_RANGE = "SELECT id FROM recordings WHERE id BETWEEN ? AND ? AND deleted_at = ?"
