"""Whose a file may be that lies at a location and has no row there: by what it is called, and by its bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from audiotui.core.catalog.base import CatalogPart
from audiotui.core.catalog.values import load_files
from audiotui.core.encoding import stored_text
from audiotui.core.exact import WITH_UIDS, in_all_stretches

if TYPE_CHECKING:
    from collections.abc import Collection

    from audiotui.core.database import sqlite3
    from audiotui.model import RecordingFile


class StraysPart(CatalogPart):
    """Finding files of recordings, also of those in the trash, with all their copies; each with its recording's uid."""

    def files_called(self, keys: Collection[str], uids: Collection[str]) -> list[tuple[str, RecordingFile]]:
        """The files that have a copy under one of these keys, at any location, and all files of these recordings."""
        with self.database.read() as connection:
            wanted = json.dumps([stored_text(key) for key in keys])
            file_ids = {row[0] for row in connection.execute(_WITH_KEYS, (wanted,))}
            recording_ids = [row[0] for row in connection.execute(WITH_UIDS, (json.dumps(list(uids)),))]
            of_recordings = load_files(connection, "recording_id", recording_ids)
            file_ids |= {file.id for files in of_recordings.values() for file in files}
            return _with_uids(connection, file_ids)

    def files_with_bytes(self, sha256: str) -> list[tuple[str, RecordingFile]]:
        """The files whose bytes have this digest."""
        with self.database.read() as connection:
            file_ids = {row[0] for row in connection.execute(_WITH_DIGEST, (bytes.fromhex(sha256),))}
            return _with_uids(connection, file_ids)


def _with_uids(connection: sqlite3.Connection, file_ids: Collection[int]) -> list[tuple[str, RecordingFile]]:
    uids = {file_id: str(uid) for file_id, uid in connection.execute(_UIDS, (json.dumps(list(file_ids)),))}
    files = load_files(connection, "id", file_ids)
    return [(uids[file.id], file) for several in files.values() for file in several]


# By location, too, since the index of keys begins with it.
_WITH_KEYS = """
SELECT file_id FROM copies
WHERE location_id IN (SELECT id FROM locations) AND key IN (SELECT value FROM json_each(?))
"""

_WITH_DIGEST = in_all_stretches("recording_files.id", "sha256 = ?", table="recording_files")

_UIDS = """
SELECT f.id, r.uid FROM recording_files AS f JOIN recordings AS r ON r.id = f.recording_id
WHERE f.id IN (SELECT value FROM json_each(?))
"""
