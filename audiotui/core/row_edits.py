"""What edits and their undoing both do to rows. Every function runs inside the caller's transaction.

Derived columns follow by themselves: ``text_hash`` the text, ``current`` the newest file that was not removed, and the
media columns of ``recordings`` its current audio file.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from audiotui.core.encoding import original_text
from audiotui.text import text_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from audiotui.core.database import sqlite3

TAGS = "tags"
"""Tags are read and written like a column of ``recordings``: a sorted list of names."""

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most this size."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def next_id(connection: sqlite3.Connection, table: str) -> int:
    """The id that the table's next row gets; ids are never used again."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 1 if row is None else row[0] + 1


def read_columns(
    connection: sqlite3.Connection, table: str, ids: Collection[int], columns: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """These columns of these rows by id, as they are now; rows that do not exist are left out."""
    plain = [column for column in columns if column != TAGS]
    wanted = json.dumps(list(ids))
    sql = f"SELECT {', '.join(['id', *plain])} FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
    rows = {row[0]: dict(zip(plain, row[1:], strict=True)) for row in connection.execute(sql, (wanted,))}
    if TAGS in columns:
        names = tags_of(connection, ids)
        for row_id, row in rows.items():
            row[TAGS] = names.get(row_id, [])
    return rows


def write_recordings(connection: sqlite3.Connection, values: Mapping[int, Mapping[str, Any]], now_ms: int) -> None:
    """Set columns of recordings, by id; each may have other columns."""
    statements: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row_id, given in values.items():
        row = {**given, "updated_at": now_ms}
        row.pop(TAGS, None)
        if "text" in row:
            row["text_hash"] = text_hash(original_text(row["text"]))
        statements.setdefault(tuple(row), []).append((*row.values(), row_id))
    for columns, rows in statements.items():
        setters = ", ".join(f"{column} = ?" for column in columns)
        connection.executemany(f"UPDATE recordings SET {setters} WHERE id = ?", rows)
    set_tags(connection, {row_id: row[TAGS] for row_id, row in values.items() if TAGS in row})


def tags_of(connection: sqlite3.Connection, ids: Collection[int]) -> dict[int, list[str]]:
    """The tags of these recordings, sorted by name; recordings without any are left out."""
    found: dict[int, list[str]] = {}
    rows = connection.execute(
        "SELECT rt.recording_id, t.name FROM recording_tags rt JOIN tags t ON t.id = rt.tag_id "
        "WHERE rt.recording_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    for row_id, name in rows:
        found.setdefault(row_id, []).append(name)
    return {row_id: sorted(names) for row_id, names in found.items()}


def tag_ids(connection: sqlite3.Connection, names: Collection[str]) -> dict[str, int]:
    """The ids of these tags by name; new ones are made."""
    if not names:
        return {}
    connection.executemany("INSERT OR IGNORE INTO tags (name) VALUES (?)", [(name,) for name in names])
    wanted = json.dumps(list(names))
    return dict(
        connection.execute("SELECT name, id FROM tags WHERE name IN (SELECT value FROM json_each(?))", (wanted,))
    )


def set_tags(connection: sqlite3.Connection, tags: Mapping[int, Sequence[str]]) -> None:
    """Give recordings, by id, exactly these tags."""
    if not tags:
        return
    ids = tag_ids(connection, {name for names in tags.values() for name in names})
    connection.executemany("DELETE FROM recording_tags WHERE recording_id = ?", [(row_id,) for row_id in tags])
    connection.executemany(
        "INSERT INTO recording_tags (recording_id, tag_id) VALUES (?, ?)",
        [(row_id, ids[name]) for row_id, names in tags.items() for name in names],
    )


def refresh_files(connection: sqlite3.Connection, recording_ids: Collection[int]) -> None:
    """Make the newest file of each kind that was not removed the current one, and let all else follow it.

    The media columns of ``recordings`` follow the current audio file, and the copies of bytes that several versions
    have in common (same hash, same key) follow the newest of these versions.
    """
    wanted = (json.dumps(list(recording_ids)),)
    connection.execute(
        f"UPDATE recording_files SET current = 0 WHERE current AND {_OF_THESE} AND NOT ({_NEWEST})", wanted
    )
    connection.execute(
        f"UPDATE recording_files SET current = 1 WHERE NOT current AND {_OF_THESE} AND {_NEWEST}", wanted
    )
    connection.execute(_FOLLOW_AUDIO, wanted)
    connection.execute(_FOLLOW_BYTES, wanted)


def first_empty(connection: sqlite3.Connection, ids: Collection[int]) -> str | None:
    """The uid of the first of these recordings that has neither a text nor a file; None if all have something."""
    return _first(connection, f"{_WITHOUT_FILE} AND text_hash IS NULL", ids)


def first_without_file(connection: sqlite3.Connection, ids: Collection[int]) -> str | None:
    """The uid of the first of these recordings that would be empty without its text; None if all have files."""
    return _first(connection, _WITHOUT_FILE, ids)


def _first(connection: sqlite3.Connection, sql: str, ids: Collection[int]) -> str | None:
    row = connection.execute(f"{sql} ORDER BY id LIMIT 1", (json.dumps(list(ids)),)).fetchone()
    return None if row is None else str(row[0])


def mark_dirty(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Note that the search index is behind for these recordings."""
    connection.executemany("INSERT OR IGNORE INTO dirty (recording_id) VALUES (?)", [(row_id,) for row_id in ids])


_WITHOUT_FILE = """
SELECT uid FROM recordings WHERE id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (
    SELECT 1 FROM recording_files AS f WHERE f.recording_id = recordings.id AND f.deleted_at IS NULL)"""

_OF_THESE = "recording_id IN (SELECT value FROM json_each(?))"

_NEWEST = """deleted_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM recording_files AS newer WHERE newer.recording_id = recording_files.recording_id
    AND newer.kind = recording_files.kind AND newer.version > recording_files.version AND newer.deleted_at IS NULL)"""

_FOLLOW_AUDIO = """
UPDATE recordings SET duration_s = audio.duration_s, sample_rate_hz = audio.sample_rate_hz,
    channels = audio.channels, format = coalesce(audio.format, ''), size_bytes = audio.size_bytes
FROM (
    SELECT wanted.value AS recording_id, f.duration_s, f.sample_rate_hz, f.channels, f.format, f.size_bytes
    FROM json_each(?) AS wanted
    LEFT JOIN recording_files AS f ON f.recording_id = wanted.value AND f.kind = 'audio' AND f.current
) AS audio
WHERE recordings.id = audio.recording_id
"""

_FOLLOW_BYTES = f"""
UPDATE copies SET file_id = follows.newest
FROM (
    SELECT f.id, (
        SELECT same.id FROM recording_files AS same
        WHERE same.recording_id = f.recording_id AND same.kind = f.kind AND same.sha256 = f.sha256
        ORDER BY same.deleted_at IS NOT NULL, same.version DESC LIMIT 1
    ) AS newest
    FROM recording_files AS f WHERE f.{_OF_THESE}
) AS follows
WHERE copies.file_id = follows.id AND follows.newest <> follows.id
"""
