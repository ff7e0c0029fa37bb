"""Small things that the catalog's tests put into it, and ways to look at what is there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from audiotui.core.index import NEWEST_ENTRY
from audiotui.model import AUDIO, LOCAL, MediaFacts, NewCopy, NewFile, NewRecording

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from audiotui.model import Recording, RecordingFile

WAV = MediaFacts("wav", 1.5, 24_000, 1, "PCM_16")
FLAC = MediaFacts("flac", 2.5, 48_000, 2, "PCM_24")


def digest(content: str) -> str:
    """A SHA-256 that is the same for the same content."""
    return hashlib.sha256(content.encode()).hexdigest()


def new_file(content: str, kind: str = AUDIO, *, location: str = LOCAL, key: str = "", **values: Any) -> NewFile:
    """A file with one copy."""
    defaults: dict[str, Any] = {
        "original_name": f"{content}.wav",
        "size_bytes": 1000 + len(content),
        "sha256": digest(content),
        "media": WAV if kind == AUDIO else None,
        "copies": (NewCopy(location, key or f"{content}/{kind}"),),
    }
    return NewFile(**{"kind": kind, **defaults, **values})


def add(catalog: Catalog, text: str = "Hello", *files: NewFile, **values: Any) -> int:
    """Add a recording; returns its row id."""
    return catalog.resolve_recording(catalog.add_recording(NewRecording(text=text, **values), files))


def read(catalog: Catalog, row_id: int) -> Recording:
    """A whole recording."""
    return catalog.recordings_by_ids([row_id])[0]


def skip_to_next_stretch(catalog: Catalog) -> None:
    """Let the next recording be the first of a new stretch of ids, as the index on uids and text hashes counts them."""
    with catalog.database.write() as connection:
        connection.execute("UPDATE sqlite_sequence SET seq = seq | 16383 WHERE name = 'recordings'")


def current(recording: Recording, kind: str = AUDIO) -> RecordingFile | None:
    """The current file of a kind."""
    return next((file for file in recording.files if file.kind == kind and file.deleted_at is None), None)


def found(catalog: Catalog, word: str) -> list[int]:
    """Row ids that the search index has for a word."""
    rows = catalog.database.connection().execute(
        "SELECT rowid FROM recordings_fts WHERE recordings_fts MATCH ? ORDER BY rowid DESC", (word,)
    )
    return [NEWEST_ENTRY - entry for (entry,) in rows]


def index_words(catalog: Catalog) -> list[tuple[Any, ...]]:
    """Everything that the search index holds: each word with its column, row and, of words that people wrote, place."""
    connection = catalog.database.connection()
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, recordings_fts, instance)")
    return sorted(
        connection.execute("SELECT term, col, doc, CASE col WHEN 'facets' THEN 0 ELSE offset END FROM temp.words")
    )
