"""Copies: where the bytes of files lie, as the code that moves them reports it. None of it is a user's edit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog import fields
from audiotui.core.catalog.base import BATCH_ROWS
from audiotui.core.catalog.locations import LocationsPart
from audiotui.core.catalog.values import COPIES, copy_value, load_copies, load_files
from audiotui.core.encoding import original_text, stored_text, to_ms
from audiotui.core.row_edits import chunks
from audiotui.errors import AlreadyExists, InvalidInput
from audiotui.model import Copy, CopyState, CopyUpdate, RecordingFile, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from audiotui.core.database import sqlite3
    from audiotui.model import NewFile


LANDMARKS = 100
"""By so many files a location without a mark may be known; each costs a look at another disk in its place."""


class CopiesPart(LocationsPart):
    """Reading and writing copies. Writing marks recordings for ``reindex_dirty``; the index may lag behind."""

    def put_copies(self, updates: Iterable[CopyUpdate]) -> set[int]:
        """Write down what became known of copies, at most 1,000 a transaction; the same again changes nothing.

        A proof is only replaced by one as strong, unless the copy was not present or belonged to another file. Copies
        of files that were purged meanwhile are left out; the ids of those files are returned.

        Raises:
            AlreadyExists: the catalog has a present copy of another file at the key.
            InvalidInput: an unknown location.
        """
        purged: set[int] = set()
        for chunk in chunks(updates, BATCH_ROWS):
            with self.database.write() as connection:
                file_ids = [update.file_id for update in chunk]
                wanted = json.dumps(file_ids)
                known = {
                    row[0] for row in connection.execute(f"SELECT id FROM recording_files WHERE {_THESE}", (wanted,))
                }
                rows = copy_rows(chunk, self.locations(), self._clock())
                upsert_copies(connection, [row for row in rows if row[0] in known])
                mark_files_dirty(connection, file_ids)
                purged |= set(file_ids) - known
        return purged

    def set_copy_state(self, copy_id: int, state: CopyState, level: VerifyLevel | None = None) -> None:
        """Write down what a look at one copy showed; with a level, also that it was proven so far just now."""
        with self.database.write() as connection:
            connection.execute("UPDATE copies SET state = ? WHERE id = ?", (state.value, copy_id))
            if level is not None:
                proof = (int(level), self._clock(), copy_id)
                connection.execute("UPDATE copies SET verify_level = ?, verified_at = ? WHERE id = ?", proof)
            files = connection.execute("SELECT file_id FROM copies WHERE id = ?", (copy_id,)).fetchall()
            mark_files_dirty(connection, [file_id for (file_id,) in files])

    def delete_copies(self, copy_ids: Sequence[int]) -> None:
        """Forget copies, whose bytes are gone."""
        wanted = json.dumps(list(copy_ids))
        with self.database.write() as connection:
            files = connection.execute(f"SELECT file_id FROM copies WHERE {_THESE}", (wanted,)).fetchall()
            connection.execute(f"DELETE FROM copies WHERE {_THESE}", (wanted,))
            mark_files_dirty(connection, [file_id for (file_id,) in files])

    def copies_of(self, file_ids: Collection[int]) -> dict[int, list[Copy]]:
        """Copies by file id, oldest first; files without any are left out."""
        with self.database.read() as connection:
            return dict(load_copies(connection, "file_id", file_ids))

    def copy_at(self, location: str, key: str) -> Copy | None:
        """The copy that the catalog has at a key of a location."""
        names = (stored_text(location), stored_text(key))
        with self.database.read() as connection:
            row = connection.execute(f"{COPIES} WHERE l.name = ? AND c.key = ?", names).fetchone()
        return None if row is None else copy_value(row)

    def has_copies_at(self, location: str) -> bool:
        """Whether the catalog has any copy at a location, present or not."""
        with self.database.read() as connection:
            row = connection.execute(f"{COPIES} WHERE l.name = ? LIMIT 1", (stored_text(location),)).fetchone()
        return row is not None

    def was_used(self, location: str) -> bool:
        """Whether the catalog has, or ever had, copies at a location; once it had some, that is remembered.

        A disk that was emptied and is not mounted now must not be taken for a new one. Where no mark could be left,
        that is told by the files that were there (``landmarks``): without any left, it counts as never used.
        """
        known = self.location(location)
        if known is not None and known.probe.get("used"):
            return True
        if not self.has_copies_at(location):
            return False
        if not (self.database.read_only or (known is not None and known.probe.get("unmarked"))):
            self.set_probe(location, {"used": True})
        return True

    def note_use(self, location: str) -> None:
        """Remember that files were stored at a location, whether the catalog hears of them or not."""
        if not (self.database.read_only or self.was_used(location)):
            self.set_probe(location, {"used": True})

    def landmarks(self, location: str) -> dict[str, int]:
        """The sizes of some files by key, if no mark could be left: by one of them the location is known again.

        Device numbers and ids of file systems change when a disk is connected anew; the files on it do not.
        """
        known = self.location(location)
        if known is None or not known.probe.get("unmarked"):
            return {}
        with self.database.read() as connection:
            rows = connection.execute(_LANDMARKS, (stored_text(location), LANDMARKS)).fetchall()
        return {original_text(key): size_bytes for key, size_bytes in rows}

    def forgo_mark(self, location: str) -> None:
        """Remember that the library has copies at a location where it could leave no mark, unless it has one there."""
        if not self.was_used(location):
            self.set_probe(location, {"unmarked": True})

    def trust_mark(self, location: str) -> None:
        """Forget that there was no mark: it could be left by now."""
        known = self.location(location)
        if known is not None and known.probe.get("unmarked"):
            self.set_probe(location, {"unmarked": False})

    def oldest_verified(self, location: str, limit: int) -> list[Copy]:
        """Copies at a location that are not known to be missing, those never proven first, then the longest ago."""
        with self.database.read() as connection:
            rows = connection.execute(
                f"{COPIES} WHERE l.name = ? AND c.state IN ('present', 'damaged') ORDER BY c.verified_at, c.id LIMIT ?",
                (stored_text(location), limit),
            ).fetchall()
        return [copy_value(row) for row in rows]

    def recordings_with_bad_copies(self) -> list[int]:
        """Row ids of all recordings that have damaged or missing copies, of any file, those in the trash too."""
        with self.database.read() as connection:
            return [row[0] for row in connection.execute(_WITH_BAD_COPIES)]

    def files_by_ids(self, file_ids: Collection[int]) -> dict[int, RecordingFile]:
        """Files with their copies, by file id."""
        with self.database.read() as connection:
            files = load_files(connection, "id", file_ids)
        return {file.id: file for several in files.values() for file in several}


def copy_rows(updates: Iterable[CopyUpdate], location_ids: Mapping[str, int], now_ms: int) -> list[tuple[Any, ...]]:
    """The columns of copies, checked. Raises InvalidInput for a location that the catalog does not know."""
    rows = []
    for update in updates:
        verified_at = now_ms if update.verified_at is None else to_ms(update.verified_at)
        rows.append(
            (
                update.file_id,
                _location_id(location_ids, update.location),
                fields.text("key", update.key),
                int(update.managed),
                fields.count("size", update.size_bytes),
                fields.text("etag", update.etag),
                fields.text("version id", update.version_id),
                int(update.verify_level),
                verified_at if update.verify_level else None,
                CopyState(update.state).value,
            )
        )
    return rows


def new_copy_rows(file_id: int, new: NewFile, location_ids: Mapping[str, int], now_ms: int) -> list[tuple[Any, ...]]:
    """The same of the copies that a new file comes with; all of them are present."""
    return [
        (
            file_id,
            _location_id(location_ids, copy.location),
            fields.text("key", copy.key),
            int(copy.managed),
            new.size_bytes,
            fields.text("etag", copy.etag),
            "",
            int(copy.verify_level),
            now_ms if copy.verify_level else None,
            "present",
        )
        for copy in new.copies
    ]


def upsert_copies(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write copies, one row for each key of a location.

    Raises:
        AlreadyExists: a present copy of another file is at one of the keys, and its file is not a former version.
    """
    if not rows or connection.executemany(_UPSERT, rows).rowcount == len(rows):
        return
    for row in rows:
        taken = connection.execute(_TAKEN, {"location_id": row[1], "key": row[2], "file_id": row[0]}).fetchone()
        if taken is not None:
            location, key, uid = taken
            raise AlreadyExists(
                f"At {location}, the key {key!r} is taken by a file of recording {uid}.",
                "Remove that recording's copy first, or choose another key.",
                location=location,
                key=key,
            )


def _location_id(location_ids: Mapping[str, int], name: str) -> int:
    if name not in location_ids:
        raise InvalidInput(f"The catalog does not know the location {name!r}.", "It must be opened once before.")
    return location_ids[name]


def insert_copies(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same for copies of new files, whose keys are hardly ever known already: a quarter faster."""
    if rows and connection.executemany(_INSERT, rows).rowcount < len(rows):
        upsert_copies(connection, rows)


def mark_files_dirty(connection: sqlite3.Connection, file_ids: Collection[int]) -> None:
    """Mark the recordings of these files for the index."""
    connection.execute(
        "INSERT OR IGNORE INTO dirty (recording_id) "
        "SELECT recording_id FROM recording_files WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(file_ids)),),
    )


_LANDMARKS = """
SELECT c.key, f.size_bytes FROM copies AS c
JOIN locations AS l ON l.id = c.location_id
JOIN recording_files AS f ON f.id = c.file_id
WHERE l.name = ? ORDER BY c.state <> 'present', c.id DESC LIMIT ?
"""

_WITH_BAD_COPIES = """
SELECT DISTINCT f.recording_id FROM copies AS c JOIN recording_files AS f ON f.id = c.file_id
WHERE c.state IN ('damaged', 'missing') ORDER BY f.recording_id
"""

_THESE = "id IN (SELECT value FROM json_each(?))"

# A file that was registered in place and changed on disk is a new version of the same file at the same key; the copy of
# the former version is gone then, so its row passes to the new one.
_IS_FREE = """(copies.file_id = excluded.file_id OR copies.state <> 'present' OR EXISTS (
    SELECT 1 FROM recording_files AS old JOIN recording_files AS new USING (recording_id, kind)
    WHERE old.id = copies.file_id AND new.id = excluded.file_id AND new.version > old.version))"""
_KEEPS_PROOF = """(copies.file_id = excluded.file_id AND copies.state = 'present' AND excluded.state = 'present'
    AND copies.verify_level > excluded.verify_level)"""
_VALUES = """INTO copies
    (file_id, location_id, key, managed, size_bytes, etag, version_id, verify_level, verified_at, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_INSERT = f"INSERT OR IGNORE {_VALUES}"
_UPSERT = f"""
INSERT {_VALUES}
ON CONFLICT (location_id, key) DO UPDATE SET file_id = excluded.file_id, managed = excluded.managed,
    size_bytes = excluded.size_bytes, etag = excluded.etag, version_id = excluded.version_id, state = excluded.state,
    verify_level = CASE WHEN {_KEEPS_PROOF} THEN copies.verify_level ELSE excluded.verify_level END,
    verified_at = CASE WHEN {_KEEPS_PROOF} THEN copies.verified_at ELSE excluded.verified_at END
WHERE {_IS_FREE}
"""
_TAKEN = """
SELECT l.name, c.key, r.uid FROM copies AS c
JOIN locations AS l ON l.id = c.location_id
JOIN recording_files AS f ON f.id = c.file_id
JOIN recordings AS r ON r.id = f.recording_id
WHERE c.location_id = :location_id AND c.key = :key AND c.file_id <> :file_id AND c.state = 'present'
"""
