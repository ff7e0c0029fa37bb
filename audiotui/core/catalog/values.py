"""Rows of the database as the frozen values of ``model.py``."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from audiotui.core.encoding import from_ms, optional_time, original_json, original_text
from audiotui.core.row_edits import chunks, tags_of
from audiotui.model import (
    AIIdentity,
    Copy,
    CopyState,
    MediaFacts,
    Recording,
    RecordingFile,
    UserIdentity,
    VerifyLevel,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from audiotui.core.database import sqlite3

_CHUNK_ROWS = 500


def load_recordings(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Recording]:
    """Whole recordings in the order of the ids; an id that does not exist is left out."""
    found: dict[int, Recording] = {}
    for chunk in chunks(dict.fromkeys(ids), _CHUNK_ROWS):
        found.update(_load_chunk(connection, chunk))
    return [found[one] for one in ids if one in found]


def load_files(connection: sqlite3.Connection, where: str, keys: Collection[Any]) -> dict[int, list[RecordingFile]]:
    """Files with their copies by recording id; ``where`` is the column of ``recording_files`` that the keys are of.

    Removed files and former versions are among them; audio comes first, then by kind, the newest version first.
    """
    rows = connection.execute(
        f"SELECT {_FILE_COLUMNS} FROM recording_files WHERE {where} IN (SELECT value FROM json_each(?)) "
        "ORDER BY recording_id, kind <> 'audio', kind, version DESC",
        (json.dumps(list(keys)),),
    ).fetchall()
    copies = load_copies(connection, "file_id", [row[0] for row in rows])
    files: dict[int, list[RecordingFile]] = defaultdict(list)
    for row in rows:
        files[row[1]].append(_file(row, tuple(copies.get(row[0], ()))))
    return files


def load_copies(connection: sqlite3.Connection, where: str, keys: Collection[Any]) -> dict[int, list[Copy]]:
    """Copies by file id; ``where`` is the column of ``copies`` that the keys are of."""
    rows = connection.execute(
        f"{COPIES} WHERE c.{where} IN (SELECT value FROM json_each(?)) ORDER BY c.id", (json.dumps(list(keys)),)
    )
    copies: dict[int, list[Copy]] = defaultdict(list)
    for row in rows:
        copies[row[1]].append(copy_value(row))
    return copies


COPIES = """
SELECT c.id, c.file_id, l.name, c.key, c.managed, c.size_bytes, c.state, c.verify_level, c.verified_at, c.etag
FROM copies AS c JOIN locations AS l ON l.id = c.location_id
"""
"""The columns of ``Copy``; ``copy_value`` makes one of them."""


def copy_value(row: Sequence[Any]) -> Copy:
    """One copy."""
    number, file_id, location, key, managed, size_bytes, state, verify_level, verified_at, etag = row
    return Copy(
        id=number,
        file_id=file_id,
        location=original_text(location),
        key=original_text(key),
        managed=bool(managed),
        size_bytes=size_bytes,
        state=CopyState(state),
        verify_level=VerifyLevel(verify_level),
        verified_at=optional_time(verified_at),
        etag=original_text(etag),
    )


def ai_identity(row: dict[str, Any], recording_count: int = 0) -> AIIdentity:
    """An AI identity from its columns by name."""
    return AIIdentity(**_identity(row), recording_count=recording_count)


def user_identity(row: dict[str, Any], recording_count: int = 0) -> UserIdentity:
    """A user identity from its columns by name."""
    values = _identity(row)
    del values["unique_name"]
    return UserIdentity(**values, recording_count=recording_count)


def rows_by_name(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    """The rows of a query, each by column name."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _load_chunk(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Recording]:
    wanted = "IN (SELECT value FROM json_each(?))"
    rows = rows_by_name(connection.execute(f"SELECT * FROM recordings WHERE id {wanted}", (json.dumps(ids),)))
    voices = {row["ai_identity_id"] for row in rows} - {None}
    people = {row["user_identity_id"] for row in rows} - {None}
    ai_rows = connection.execute(f"SELECT * FROM ai_identities WHERE id {wanted}", (json.dumps(list(voices)),))
    ai_identities = {row["id"]: ai_identity(row) for row in rows_by_name(ai_rows)}
    user_rows = connection.execute(f"SELECT * FROM user_identities WHERE id {wanted}", (json.dumps(list(people)),))
    user_identities = {row["id"]: user_identity(row) for row in rows_by_name(user_rows)}
    files = load_files(connection, "recording_id", ids)
    tags = tags_of(connection, ids)
    return {
        row["id"]: _recording(
            row,
            ai_identities.get(row["ai_identity_id"]),
            user_identities.get(row["user_identity_id"]),
            tuple(map(original_text, tags.get(row["id"], ()))),
            tuple(files.get(row["id"], ())),
        )
        for row in rows
    }


def _recording(
    row: dict[str, Any],
    voice: AIIdentity | None,
    person: UserIdentity | None,
    tags: tuple[str, ...],
    files: tuple[RecordingFile, ...],
) -> Recording:
    return Recording(
        id=row["id"],
        uid=row["uid"],
        title=original_text(row["title"]),
        text=original_text(row["text"]),
        folder=original_text(row["folder"]),
        verdict=original_text(row["verdict"]),
        language=original_text(row["language"]),
        model=original_text(row["model"]),
        ai_generated=bool(row["ai_generated"]),
        ai_identity=voice,
        user_identity=person,
        session=original_text(row["session"]),
        duration_s=row["duration_s"],
        sample_rate_hz=row["sample_rate_hz"],
        channels=row["channels"],
        format=row["format"],
        size_bytes=row["size_bytes"],
        rating=row["rating"],
        notes=original_text(row["notes"]),
        generation=original_json(row["generation"]),
        metadata=original_json(row["metadata"]),
        tags=tags,
        files=files,
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
        deleted_at=optional_time(row["deleted_at"]),
    )


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: original_text(value) if isinstance(value, str) else value for name, value in row.items()}
    return values | {
        "settings": original_json(row["settings"]),
        "created_at": from_ms(row["created_at"]),
        "updated_at": from_ms(row["updated_at"]),
    }


_FILE_COLUMNS = (
    "id, recording_id, kind, version, original_name, size_bytes, sha256, part_sha256, format, codec, duration_s, "
    "sample_rate_hz, channels, deleted_at"
)


def _file(row: Sequence[Any], copies: tuple[Copy, ...]) -> RecordingFile:
    number, _, kind, version, name, size_bytes, sha256, parts, *media, deleted_at = row
    audio_format, codec, duration_s, sample_rate_hz, channels = media
    return RecordingFile(
        id=number,
        kind=kind,
        version=version,
        original_name=original_text(name),
        size_bytes=size_bytes,
        sha256=sha256.hex(),
        part_sha256=tuple(parts[start : start + 32].hex() for start in range(0, len(parts or b""), 32)),
        media=MediaFacts(audio_format, duration_s, sample_rate_hz, channels, codec) if audio_format else None,
        copies=copies,
        deleted_at=optional_time(deleted_at),
    )
