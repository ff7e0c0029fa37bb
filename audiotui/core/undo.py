"""Taking an action back: each of its changes, last first, or none of them.

A change is taken back only where the present is what it left; anything else would lose what somebody did since.
Recordings that were purged need nothing taken back.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

from audiotui.core import history
from audiotui.core.changes import AI_IDENTITIES, FILES, LINKS, RANGES, RECORDINGS, SAVED_SEARCHES, ids_in
from audiotui.core.database import sqlite3
from audiotui.core.row_edits import first_empty, read_columns, refresh_files, write_recordings
from audiotui.errors import InvalidInput, UndoConflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audiotui.core.changes import RowChange
    from audiotui.model import Change

_CHUNK_ROWS = 500
_UNCOMPARED = {"updated_at"}


class Undo:
    """Takes one group of changes back inside the caller's transaction; one object for one group."""

    verb = "undo"

    def __init__(self, connection: sqlite3.Connection, group_id: int, now_ms: int) -> None:
        self._connection = connection
        self._group_id = group_id
        self._now_ms = now_ms
        self._what = ""
        self.touched: set[int] = set()
        """Recordings whose entry in the search index is out of date now."""
        self._reduced: set[int] = set()
        """Recordings whose text or file went."""

    def run(self) -> Change:
        """Take the group back and return it.

        Raises:
            InvalidInput: there is no such group, or it was undone before.
            UndoConflict: something of it was changed since; the caller must roll back.
        """
        change = history.one_group(self._connection, self._group_id)
        if change is None or change.undone_at is not None:
            reason = "there is none" if change is None else "it was undone before"
            raise InvalidInput(f"Cannot undo action {self._group_id}: {reason}.", "See 'audiotui history'.")
        self._what = change.summary
        for subject, changes in groupby(
            history.open_changes(self._connection, self._group_id), lambda one: one.subject
        ):
            self._revert(subject, changes)
        self._refuse_empty()
        history.mark_undone(self._connection, self._group_id, self._now_ms)
        return history.one_group(self._connection, self._group_id) or change

    def _revert(self, subject: str, changes: Iterable[RowChange]) -> None:
        if subject == RECORDINGS:
            for chunk in _distinct_chunks(changes):
                self._recordings(chunk)
            return
        revert = {
            RANGES: self._range,
            LINKS: self._links,
            FILES: self._file,
            SAVED_SEARCHES: self._saved_search,
        }.get(subject, self._identity)
        for change in changes:
            revert(change)

    def _recordings(self, changes: dict[int, RowChange]) -> None:
        columns = list({name: None for change in changes.values() for name in change.after or {}})
        present = read_columns(self._connection, RECORDINGS, changes, columns)
        values = {}
        for row_id, row in present.items():
            self._compare(row, changes[row_id], f"recording {self._uid(RECORDINGS, row_id)}")
            values[row_id] = changes[row_id].before or {}
        try:
            write_recordings(self._connection, values, self._now_ms)
        except sqlite3.IntegrityError:
            self._refuse("the identity that it would bring back was deleted since")
        self.touched.update(values)
        self._reduced.update(row_id for row_id, row in values.items() if "text" in row)

    def _range(self, change: RowChange) -> None:
        bounds = (change.subject_id, (change.after or {})["through"], self._group_id)
        edited = self._connection.execute(_EDITED_SINCE, bounds).fetchone()
        if edited is not None:
            self._refuse(f"recording {edited[0]} was changed since")
        ids = [row[0] for row in self._connection.execute(_LIVE_IN_RANGE, bounds[:2])]
        write_recordings(self._connection, {row_id: {"deleted_at": self._now_ms} for row_id in ids}, self._now_ms)
        self.touched.update(ids)

    def _links(self, change: RowChange) -> None:
        after = change.after or {}
        column, target, ids = after["column"], after["target"], list(ids_in(after["ranges"]))
        wanted = json.dumps(ids)
        elsewhere = self._connection.execute(
            f"SELECT uid FROM recordings WHERE id IN (SELECT value FROM json_each(?)) AND {column} IS NOT ?",
            (wanted, target),
        ).fetchone()
        if elsewhere is not None:
            self._refuse(f"recording {elsewhere[0]} was given another identity since")
        self._connection.execute(
            f"UPDATE recordings SET {column} = ?, updated_at = ? WHERE id IN (SELECT value FROM json_each(?))",
            (change.subject_id, self._now_ms, wanted),
        )
        self.touched.update(ids)

    def _file(self, change: RowChange) -> None:
        present = read_columns(self._connection, FILES, [change.subject_id], ["recording_id", "deleted_at"])
        if not present:
            return
        recording_id = present[change.subject_id]["recording_id"]
        if present[change.subject_id]["deleted_at"] != (change.after or {})["deleted_at"]:
            self._refuse(f"the file of recording {self._uid(RECORDINGS, recording_id)} was removed or restored since")
        deleted_at = self._now_ms if change.before is None else change.before["deleted_at"]
        self._connection.execute(
            "UPDATE recording_files SET deleted_at = ? WHERE id = ?", (deleted_at, change.subject_id)
        )
        refresh_files(self._connection, [recording_id])
        self.touched.add(recording_id)
        self._reduced.add(recording_id)

    def _identity(self, change: RowChange) -> None:
        table, row_id = change.subject, change.subject_id
        if change.after is not None:
            present = read_columns(self._connection, table, [row_id], list(change.after))
            if row_id not in present:
                self._refuse("the identity was deleted since")
            self._compare(present[row_id], change, f"identity {self._uid(table, row_id)}")
        if change.before is None:
            self._remove_identity(table, row_id)
            return
        try:
            if change.after is None:
                names, marks = ", ".join(change.before), ", ".join("?" for _ in change.before)
                self._connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(change.before.values())
                )
            else:
                setters = ", ".join(f"{name} = ?" for name in change.before)
                self._connection.execute(
                    f"UPDATE {table} SET {setters}, updated_at = ? WHERE id = ?",
                    (*change.before.values(), self._now_ms, row_id),
                )
        except sqlite3.IntegrityError:
            self._refuse("another identity is called so now")

    def _remove_identity(self, table: str, row_id: int) -> None:
        link = "ai_identity_id" if table == AI_IDENTITIES else "user_identity_id"
        used, trashed = self._connection.execute(
            f"SELECT count(*), count(deleted_at) FROM recordings WHERE {link} = ?", (row_id,)
        ).fetchone()
        if used > trashed:
            self._refuse(f"{used - trashed:,} recordings use the identity now")
        if not used:  # what is in the trash needs it to come back, such as recordings of the same action
            self._connection.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))

    def _saved_search(self, change: RowChange) -> None:
        name = (change.before or change.after or {})["name"]
        columns = "name, query, created_at"
        row = self._connection.execute(f"SELECT {columns} FROM saved_searches WHERE name = ?", (name,)).fetchone()
        if row != (None if change.after is None else tuple(change.after.values())):
            self._refuse("the search was saved or forgotten since")
        self._connection.execute("DELETE FROM saved_searches WHERE name = ?", (name,))
        if change.before is not None:
            self._connection.execute(
                f"INSERT INTO saved_searches ({columns}) VALUES (?, ?, ?)", tuple(change.before.values())
            )

    def _refuse_empty(self) -> None:
        uid = first_empty(self._connection, self._reduced)
        if uid is not None:
            self._refuse(f"recording {uid} would have neither a text nor a file")

    def _compare(self, present: dict[str, Any], change: RowChange, what: str) -> None:
        changed = [
            name for name, value in (change.after or {}).items() if name not in _UNCOMPARED and present[name] != value
        ]
        if changed:
            self._refuse(f"{', '.join(changed)} of {what} changed since")

    def _uid(self, table: str, row_id: int) -> str:
        row = self._connection.execute(f"SELECT uid FROM {table} WHERE id = ?", (row_id,)).fetchone()
        return "" if row is None else row[0]

    def _refuse(self, reason: str) -> NoReturn:
        raise UndoConflict(
            f"Cannot {self.verb} what action {self._group_id} did ({self._what}): {reason}.",
            "Nothing was changed. 'audiotui history' shows what was done since.",
        )


def _distinct_chunks(changes: Iterable[RowChange]) -> Iterator[dict[int, RowChange]]:
    # One action may change a recording twice; then the second change has to be taken back before the first.
    chunk: dict[int, RowChange] = {}
    for change in changes:
        if change.subject_id in chunk or len(chunk) == _CHUNK_ROWS:
            yield chunk
            chunk = {}
        chunk[change.subject_id] = change
    yield chunk


_LIVE_IN_RANGE = "SELECT id FROM recordings WHERE id BETWEEN ? AND ? AND deleted_at IS NULL"

_EDITED_SINCE = """
SELECT r.uid FROM changes AS c JOIN recordings AS r ON r.id = c.subject_id
WHERE c.subject = 'recordings' AND c.subject_id BETWEEN ?1 AND ?2
    AND c.group_id > ?3 AND c.undone_at IS NULL AND c.verb NOT IN ('trash', 'restore')
UNION ALL
SELECT r.uid FROM recordings AS r JOIN recording_files AS f ON f.recording_id = r.id
JOIN changes AS c ON c.subject = 'recording_files' AND c.subject_id = f.id
WHERE r.id BETWEEN ?1 AND ?2 AND c.group_id > ?3 AND c.undone_at IS NULL
LIMIT 1
"""
