"""Which files a transfer may concern, and what the catalog knows of their copies: lean reads for plans of any size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core.encoding import original_text, stored_text
from audiotui.model import CopyState
from audiotui.transfer.spool import PAGE_FILES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from audiotui.core.database import sqlite3


class CopyRow(NamedTuple):
    """One copy, as far as a plan needs it."""

    location: str
    key: str
    managed: bool
    state: CopyState
    verify_level: int
    verified_at_ms: int


class Candidate(NamedTuple):
    """The current file of one kind of one recording, with its copies."""

    number: int
    """Its place in the plan."""
    file_id: int
    recording_uid: str
    kind: str
    original_name: str
    size_bytes: int
    sha256: bytes
    part_sha256: bytes
    """32 bytes a part, none for small files."""
    format: str
    copies: tuple[CopyRow, ...]

    def copies_at(self, location: str) -> list[CopyRow]:
        """The copies at one location, those that are present first."""
        found = [copy for copy in self.copies if copy.location == location]
        if len(found) > 1:
            found.sort(key=lambda copy: copy.state is not CopyState.PRESENT)
        return found


def read_candidates(
    connection: sqlite3.Connection, after: int, *, locations: Collection[str] | None = None
) -> list[Candidate]:
    """The next page of a spool's candidates about which nothing is decided yet, with their copies at some locations.

    None: at all of them.
    """
    rows = connection.execute(_FILES, (after, PAGE_FILES)).fetchall()
    copies = _copies(connection, [row[1] for row in rows], locations)
    return [
        Candidate(
            number=number,
            file_id=file_id,
            recording_uid=uid,
            kind=kind,
            original_name=original_text(name),
            size_bytes=size_bytes,
            sha256=sha256,
            part_sha256=parts or b"",
            format=media_format,
            copies=tuple(copies.get(file_id, ())),
        )
        for number, file_id, uid, kind, name, size_bytes, sha256, parts, media_format in rows
    ]


def _copies(
    connection: sqlite3.Connection, file_ids: Sequence[int], locations: Collection[str] | None
) -> dict[int, list[CopyRow]]:
    found: dict[int, list[CopyRow]] = {}
    wanted = {
        "files": json.dumps(file_ids),
        "everywhere": locations is None,
        "locations": json.dumps([stored_text(name) for name in locations or ()]),
    }
    for file_id, location, key, managed, state, level, verified_at in connection.execute(_COPIES, wanted):
        row = CopyRow(
            original_text(location), original_text(key), bool(managed), CopyState(state), level, verified_at or 0
        )
        found.setdefault(file_id, []).append(row)
    return found


_FILES = """
SELECT n.number, f.id, r.uid, f.kind, f.original_name, f.size_bytes, f.sha256, f.part_sha256, f.format
FROM plan.candidates AS n
CROSS JOIN recording_files AS f ON f.id = n.file_id
CROSS JOIN recordings AS r ON r.id = f.recording_id
WHERE n.number > ? AND NOT EXISTS (SELECT 1 FROM plan.files AS decided WHERE decided.number = n.number)
ORDER BY n.number LIMIT ?
"""

# What lies in a location's trash is no copy to read from, and its key none to store under.
_COPIES = """
SELECT c.file_id, l.name, c.key, c.managed, c.state, c.verify_level, c.verified_at
FROM json_each(:files) AS wanted
CROSS JOIN copies AS c ON c.file_id = wanted.value AND c.state <> 'trashed'
    AND (:everywhere OR c.location_id IN (
        SELECT id FROM locations WHERE name IN (SELECT value FROM json_each(:locations))))
CROSS JOIN locations AS l ON l.id = c.location_id
"""
