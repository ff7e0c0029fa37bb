"""Files of recordings. A file's bytes never change: a changed one is a new version, and a removed one stays a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog import fields
from audiotui.core.catalog.copies import CopiesPart, insert_copies, new_copy_rows
from audiotui.core.catalog.values import load_files
from audiotui.core.changes import FILES, RowChange
from audiotui.core.exact import WITH_DIGESTS
from audiotui.core.row_edits import first_empty, next_id, refresh_files
from audiotui.errors import FileNotInRecording, InvalidInput, RecordingNotFound
from audiotui.model import AUDIO, MediaFacts, NewFile, RecordingFile

if TYPE_CHECKING:
    from collections.abc import Collection

    from audiotui.core.database import sqlite3

FILE_COLUMNS = (
    "id, recording_id, kind, version, current, original_name, size_bytes, sha256, part_sha256, format, codec, "
    "duration_s, sample_rate_hz, channels, created_at"
)
"""The columns of a new file: id, recording, kind, version, current, then those of ``file_columns``."""

INSERT_FILE = f"INSERT INTO recording_files ({FILE_COLUMNS}) VALUES ({', '.join('?' * 15)})"


class FilesPart(CopiesPart):
    """Adding, removing and finding files; their bytes are the business of others."""

    def add_file(self, recording_id: int, new: NewFile) -> RecordingFile:
        """Add a file, with its copies, to a recording; it becomes the current one of its kind. Can be undone.

        Raises:
            RecordingNotFound: there is no such recording, or it is in the trash, where a purge may be under way.
            AlreadyExists: one of its copies lies where a copy of another file is.
        """
        kind, columns = fields.kind(new.kind), file_columns(new, self._clock())
        with self._edit("add-file") as edit:
            version = self._next_version(edit.connection, recording_id, kind)
            file_id = next_id(edit.connection, FILES)
            edit.connection.execute(INSERT_FILE, (file_id, recording_id, kind, version, 0, *columns))
            insert_copies(edit.connection, new_copy_rows(file_id, new, self.locations(), edit.now_ms))
            self._files_changed(edit.connection, recording_id, edit.now_ms)
            edit.record(RowChange(FILES, file_id, None, {"kind": kind, "deleted_at": None}))
            edit.touch([recording_id])
            return _one_file(edit.connection, file_id)

    def remove_file(self, recording_id: int, kind: str) -> RecordingFile:
        """Remove the current file of a kind, and return it; the version before it becomes current. Can be undone.

        Its bytes and copies stay as they are.

        Raises:
            FileNotInRecording: the recording has no file of this kind.
            InvalidInput: it is the last file of a recording without a text.
        """
        with self._edit("remove-file") as edit:
            row = edit.connection.execute(
                "SELECT id FROM recording_files WHERE recording_id = ? AND kind = ? AND current",
                (recording_id, fields.text("kind", kind)),
            ).fetchone()
            if row is None:
                raise self._no_file(edit.connection, recording_id, kind)
            edit.connection.execute("UPDATE recording_files SET deleted_at = ? WHERE id = ?", (edit.now_ms, row[0]))
            self._files_changed(edit.connection, recording_id, edit.now_ms)
            if uid := first_empty(edit.connection, [recording_id]):
                raise fields.empty_recording(uid)
            before, after = {"kind": kind, "deleted_at": None}, {"kind": kind, "deleted_at": edit.now_ms}
            edit.record(RowChange(FILES, row[0], before, after))
            edit.touch([recording_id])
            return _one_file(edit.connection, row[0])

    def find_by_sha256(self, digests: Collection[str], kind: str = AUDIO) -> dict[str, str]:
        """The uid of a recording whose current file of this kind has a digest, by digest.

        Of several, one that is not in the trash, and of those the oldest.
        """
        with self.database.read() as connection:
            return dict(connection.execute(WITH_DIGESTS, (json.dumps(list(digests)), kind)).fetchall())

    def _next_version(self, connection: sqlite3.Connection, recording_id: int, kind: str) -> int:
        owner = connection.execute("SELECT uid, deleted_at FROM recordings WHERE id = ?", (recording_id,)).fetchone()
        if owner is None:
            raise RecordingNotFound(f"There is no recording with row {recording_id}.", "It was purged, or never was.")
        if owner[1] is not None:
            raise RecordingNotFound(f"Recording {owner[0]} is in the trash.", f"Run: restore-recording {owner[0]}")
        row = connection.execute(
            "SELECT coalesce(max(version), 0) + 1 FROM recording_files WHERE recording_id = ? AND kind = ?",
            (recording_id, kind),
        ).fetchone()
        version: int = row[0]
        return version

    def _files_changed(self, connection: sqlite3.Connection, recording_id: int, now_ms: int) -> None:
        refresh_files(connection, [recording_id])
        connection.execute("UPDATE recordings SET updated_at = ? WHERE id = ?", (now_ms, recording_id))

    def _no_file(self, connection: sqlite3.Connection, recording_id: int, kind: str) -> FileNotInRecording:
        uid = connection.execute("SELECT uid FROM recordings WHERE id = ?", (recording_id,)).fetchone()
        kinds = connection.execute(
            "SELECT kind FROM recording_files WHERE recording_id = ? AND current ORDER BY kind", (recording_id,)
        ).fetchall()
        return FileNotInRecording(
            f"Recording {uid[0] if uid else recording_id} has no {kind} file.",
            f"It has: {', '.join(name for (name,) in kinds) or 'none'}.",
        )


def file_columns(new: NewFile, now_ms: int) -> tuple[Any, ...]:
    """The columns of a new file from ``original_name`` on, checked."""
    name, *media = _name_and_media(new.original_name, new.media)
    return (
        name,
        fields.count("size", new.size_bytes),
        fields.sha256(new.sha256),
        b"".join(map(fields.sha256, new.part_sha256)) or None,
        *media,
        now_ms,
    )


def _name_and_media(original_name: str, media: MediaFacts | None) -> tuple[Any, ...]:
    if media is None:
        return fields.text("file name", original_name), "", "", None, None, None
    name, audio_format, codec = fields.texts(file_name=original_name, format=media.format, codec=media.codec)
    if not audio_format:
        raise InvalidInput("The facts of an audio file need a format.", "Name it, such as wav.")
    return (
        name,
        audio_format,
        codec,
        fields.seconds("duration", media.duration_s),
        fields.count("sample rate", media.sample_rate_hz),
        fields.count("channels", media.channels),
    )


def _one_file(connection: sqlite3.Connection, file_id: int) -> RecordingFile:
    return next(file for files in load_files(connection, "id", [file_id]).values() for file in files)
