"""Which files a transfer may concern, and what the catalog knows of their copies: lean reads for plans of any size."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core.encoding import original_text
from audiotui.model import CopyState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from audiotui.core.catalog import Catalog
    from audiotui.core.database import sqlite3

_CHUNK_RECORDINGS = 1_000


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

    file_id: int
    recording_uid: str
    kind: str
    original_name: str
    size_bytes: int
    sha256: str
    part_sha256: tuple[str, ...]
    format: str
    copies: tuple[CopyRow, ...]

    def copies_at(self, location: str) -> list[CopyRow]:
        """The copies at one location, those that are present first."""
        found = [copy for copy in self.copies if copy.location == location]
        return sorted(found, key=lambda copy: copy.state is not CopyState.PRESENT)


def candidates(
    catalog: Catalog, recording_ids: Sequence[int], kinds: Collection[str] | None = None
) -> Iterator[Candidate]:
    """The current files of recordings, in the order of the ids; of all kinds, or only of some."""
    ids = iter(recording_ids)
    while chunk := list(islice(ids, _CHUNK_RECORDINGS)):
        with catalog.database.read() as connection:
            rows = connection.execute(_FILES, (json.dumps(chunk),)).fetchall()
            copies = _copies(connection, [row[0] for row in rows])
        for file_id, uid, kind, name, size_bytes, sha256, parts, media_format in rows:
            if kinds is None or kind in kinds:
                yield Candidate(
                    file_id=file_id,
                    recording_uid=uid,
                    kind=kind,
                    original_name=original_text(name),
                    size_bytes=size_bytes,
                    sha256=sha256.hex(),
                    part_sha256=tuple(parts[at : at + 32].hex() for at in range(0, len(parts or b""), 32)),
                    format=media_format,
                    copies=tuple(copies.get(file_id, ())),
                )


def known_files(catalog: Catalog, file_ids: Collection[int]) -> set[int]:
    """Those of the files that the catalog still has."""
    with catalog.database.read() as connection:
        rows = connection.execute(
            "SELECT id FROM recording_files WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(file_ids)),)
        )
        return {row[0] for row in rows}


def _copies(connection: sqlite3.Connection, file_ids: Sequence[int]) -> dict[int, list[CopyRow]]:
    found: dict[int, list[CopyRow]] = {}
    for file_id, location, key, managed, state, level, verified_at in connection.execute(
        _COPIES, (json.dumps(file_ids),)
    ):
        row = CopyRow(
            original_text(location), original_text(key), bool(managed), CopyState(state), level, verified_at or 0
        )
        found.setdefault(file_id, []).append(row)
    return found


_FILES = """
SELECT f.id, r.uid, f.kind, f.original_name, f.size_bytes, f.sha256, f.part_sha256, f.format
FROM json_each(?) AS wanted
JOIN recordings AS r ON r.id = wanted.value
JOIN recording_files AS f ON f.recording_id = r.id AND f.current
ORDER BY wanted.key, f.kind <> 'audio', f.kind
"""

# What lies in a location's trash is no copy to read from, and its key none to store under.
_COPIES = """
SELECT c.file_id, l.name, c.key, c.managed, c.state, c.verify_level, c.verified_at
FROM json_each(?) AS wanted
JOIN copies AS c ON c.file_id = wanted.value AND c.state <> 'trashed'
JOIN locations AS l ON l.id = c.location_id
"""
