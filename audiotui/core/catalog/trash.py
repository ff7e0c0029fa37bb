"""The trash, from which recordings come back, and the purge, from which they do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from audiotui.core import history
from audiotui.core.catalog.base import BATCH_ROWS, EDITED_AT_ONCE, CatalogPart
from audiotui.core.changes import RECORDINGS, RowChange
from audiotui.core.index import merge, write_rows
from audiotui.core.names import Names
from audiotui.core.row_edits import chunks, read_columns, write_recordings
from audiotui.core.rows import ROW_COLUMNS, make_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.model import RecordingRow


class TrashPart(CatalogPart):
    """Moving recordings into the trash and out of it, and removing them for good."""

    def trash_recordings(self, ids: Sequence[int]) -> int:
        """Move recordings to the trash; returns how many were not there already. Can be undone."""
        return self._set_deleted("trash", ids, trash=True)

    def restore_recordings(self, ids: Sequence[int]) -> int:
        """Take recordings out of the trash; returns how many were there. Can be undone."""
        return self._set_deleted("restore", ids, trash=False)

    def trashed(self, limit: int | None = None, offset: int = 0) -> list[RecordingRow]:
        """What is in the trash, last trashed first."""
        sql = (
            f"SELECT {ROW_COLUMNS} FROM recordings AS r WHERE r.deleted_at IS NOT NULL "
            "ORDER BY r.deleted_at DESC, r.id DESC LIMIT ? OFFSET ?"
        )
        with self.database.read() as connection:
            rows = connection.execute(sql, (-1 if limit is None else limit, offset)).fetchall()
            return make_rows(rows, Names(connection))

    def purge_recordings(self, ids: Sequence[int]) -> int:
        """Remove recordings in the trash from the catalog for good; returns how many there were.

        Those that were taken out of the trash meanwhile stay. At most 1,000 go in one transaction, with their files,
        copies, tags and history; the bytes are the caller's business, before this call. It cannot be undone.
        """
        purged = 0
        for chunk in chunks(dict.fromkeys(ids), BATCH_ROWS):
            with self.database.write() as connection:
                trashed = (
                    "SELECT id FROM recordings WHERE deleted_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))"
                )
                chunk = [row[0] for row in connection.execute(trashed, (json.dumps(chunk),))]
                if not chunk:
                    continue
                wanted = (json.dumps(chunk),)
                history.erase(connection, chunk)
                connection.execute("DELETE FROM dirty WHERE recording_id IN (SELECT value FROM json_each(?))", wanted)
                purged += connection.execute(
                    "DELETE FROM recordings WHERE id IN (SELECT value FROM json_each(?))", wanted
                ).rowcount
                history.erase_empty_ranges(connection, min(chunk), max(chunk))
                write_rows(connection, chunk)
                merge(connection)
        return purged

    def _set_deleted(self, verb: str, ids: Sequence[int], *, trash: bool) -> int:
        moved = 0
        with self.action(verb):
            for batch in chunks(dict.fromkeys(ids), EDITED_AT_ONCE):
                with self._edit(verb) as edit:
                    present = read_columns(edit.connection, RECORDINGS, batch, ["deleted_at"])
                    after: dict[str, Any] = {"deleted_at": edit.now_ms if trash else None}
                    chosen = {row_id: row for row_id, row in present.items() if (row["deleted_at"] is None) == trash}
                    write_recordings(edit.connection, dict.fromkeys(chosen, after), edit.now_ms)
                    edit.record(*(RowChange(RECORDINGS, row_id, row, after) for row_id, row in chosen.items()))
                    edit.touch(chosen)
                moved += len(chosen)
        return moved
