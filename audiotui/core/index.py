"""The search index of recordings: what goes into it, and the only code that writes it.

``recordings_fts`` has one entry for each recording that is not in the trash: its words (of title, text, notes and the
name of its audio file) and its filter tokens (``facets.py``). ``search_values`` remembers which values free fields
have, for completion and for ranges of sample rates. All but ``settle`` works inside the caller's transaction.
"""

from __future__ import annotations

import json
import re
import time
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.core import facets
from audiotui.core.encoding import stored_text
from audiotui.core.facets import State
from audiotui.core.words import BREAK, indexed
from audiotui.model import AUDIO, LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audiotui.core.database import Database, sqlite3

NEWEST_ENTRY = 2**32 - 1
"""The entry of a recording has this number less the recording's id.

So the newest recording has the lowest number, and newest first is the order of numbers: FTS5 walks its lists forwards
twice as fast as backwards, and skips what it does not need.
"""

INDEXED_IDS = f"(SELECT {NEWEST_ENTRY} - id AS id FROM recordings_fts_docsize)"
"""A table expression of the ids of all recordings in the index: FTS5's own table of its entries, see section 7 of
https://sqlite.org/fts5.html."""

CHUNK_ROWS = 500
"""So many rows are read and written at a time."""

MERGE_PAGES = 100
"""Pages of index that one step of ``merge`` writes: about 20 ms, and nobody else writes meanwhile."""

SETTLING_PAGES = 500
"""The same for one step of ``settle``: about 25 ms."""

BULK_SEGMENTS = 500
"""So many segments make a search take a few milliseconds longer for each of its words."""

VALUE_FIELDS = ("folder", "session", "model", "lang", "verdict", "fmt", "rate", "has")
"""The fields whose values ``search_values`` remembers, under the names they have in queries."""

LONGEST_VALUE = 200
"""Longer values are not remembered."""

_USUAL_KINDS = ((AUDIO,), ())
_MACHINE_NAME = re.compile("(?:-?[0-9a-fA-F]){24,}")


class IndexRow(NamedTuple):
    """What the index needs to know of a recording that is not in the trash."""

    id: int
    title: str = ""
    text: str = ""
    notes: str = ""
    original_name: str = ""
    """Of the audio file."""
    folder: str = ""
    session: str = ""
    model: str = ""
    language: str = ""
    verdict: str = ""
    format: str = ""
    ai_generated: bool = False
    ai_identity_id: int | None = None
    user_identity_id: int | None = None
    duration_s: float | None = None
    sample_rate_hz: int | None = None
    size_bytes: int | None = None
    rating: int | None = None
    created_at_ms: int = 0
    tag_ids: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of its current files."""
    location_ids: tuple[int, ...] = ()
    """Where a copy of its audio is present."""
    is_local: bool = False
    """Whether ``local`` is one of them."""
    is_damaged: bool = False
    """Whether a copy of one of its current files is known to be damaged."""


def index_values(row: IndexRow) -> tuple[str, str, str]:
    """The words of the title, the words of the text, and the filter tokens of a recording."""
    stem = _stem(row.original_name)
    title = indexed(row.title)
    if stem and stem != row.title:
        title = f"{title} {BREAK} {indexed(stem)}" if title else indexed(stem)
    text = indexed(row.text)
    if row.notes:
        text = f"{text} {BREAK} {indexed(row.notes)}" if text else indexed(row.notes)
    return title, text, " ".join(_facets(row))


def insert_rows(connection: sqlite3.Connection, rows: Iterable[IndexRow]) -> None:
    """Index recordings that the index does not have yet."""
    _write(connection, "INSERT", rows)


def write_rows(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Bring the entries of these recordings up to date: those in the trash, and those that are gone, lose theirs."""
    for chunk in _chunks(ids):
        wanted = set(chunk)
        rows = list(load_rows(connection, chunk))
        _write(connection, "REPLACE", rows)
        gone = wanted.difference(row.id for row in rows)
        connection.executemany("DELETE FROM recordings_fts WHERE rowid = ?", [(NEWEST_ENTRY - one,) for one in gone])


def load_rows(connection: sqlite3.Connection, ids: Iterable[int]) -> Iterator[IndexRow]:
    """What the index needs to know of those of these recordings that are not in the trash."""
    local = connection.execute("SELECT id FROM locations WHERE name = ?", (LOCAL,)).fetchone()
    local_id = local[0] if local else None
    for chunk in _chunks(ids):
        for *plain, tag_ids, kinds, location_ids, is_damaged in connection.execute(_LOAD, (json.dumps(chunk),)):
            places = _numbers(location_ids)
            file_kinds = tuple(kinds.split(",")) if kinds else ()
            yield IndexRow._make((*plain, _numbers(tag_ids), file_kinds, places, local_id in places, bool(is_damaged)))


def merge(connection: sqlite3.Connection, pages: int = MERGE_PAGES, *, tolerated_segments: int = 0) -> bool:
    """Write about this many pages towards an index of fewer segments; False if there was nothing to do.

    Every transaction that indexes something leaves a segment, and every word of a query looks into all segments. A
    transaction that indexes should end with one such step, and a bulk of them with ``settle``; during the bulk it is
    cheaper to tolerate ``BULK_SEGMENTS``, as what is merged later is merged less often.
    """
    if tolerated_segments and connection.execute(_COUNT_SEGMENTS).fetchone()[0] <= tolerated_segments:
        return False
    before = connection.total_changes
    connection.execute("INSERT INTO recordings_fts (recordings_fts, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before >= 2  # so says the documentation of 'merge'


def settle(database: Database, *, pause_s: float = 0.005) -> None:
    """Merge what a bulk of writes has left behind, in steps that others can write between.

    After 1,000,000 recordings in batches of 1,000, searches are three to ten times as fast for it; it takes 5 s.
    """
    while True:
        with database.write() as connection:
            if not merge(connection, SETTLING_PAGES):
                return
        time.sleep(pause_s)


_COUNT_SEGMENTS = """
WITH RECURSIVE segments (id) AS (
    SELECT min(segid) FROM recordings_fts_idx
    UNION ALL
    SELECT (SELECT min(segid) FROM recordings_fts_idx WHERE segid > segments.id) FROM segments WHERE id IS NOT NULL
)
SELECT count(id) FROM segments
"""  # a microsecond for each; count(DISTINCT segid) would read the whole table

_LOAD = """
SELECT r.id, r.title, r.text, r.notes, coalesce(f.original_name, ''), r.folder, r.session, r.model, r.language,
    r.verdict, r.format, r.ai_generated, r.ai_identity_id, r.user_identity_id, r.duration_s, r.sample_rate_hz,
    r.size_bytes, r.rating, r.created_at,
    (SELECT group_concat(tag_id) FROM recording_tags WHERE recording_id = r.id),
    (SELECT group_concat(kind) FROM recording_files
        WHERE recording_id = r.id AND current = 1 AND deleted_at IS NULL),
    (SELECT group_concat(location_id) FROM copies WHERE file_id = f.id AND state = 'present'),
    EXISTS (SELECT 1 FROM recording_files d JOIN copies c ON c.file_id = d.id
        WHERE d.recording_id = r.id AND d.current = 1 AND d.deleted_at IS NULL AND c.state = 'damaged')
FROM json_each(?) AS wanted
CROSS JOIN recordings r ON r.id = wanted.value
LEFT JOIN recording_files f ON f.recording_id = r.id AND f.kind = 'audio' AND f.current = 1 AND f.deleted_at IS NULL
WHERE r.deleted_at IS NULL
"""


def _write(connection: sqlite3.Connection, verb: str, rows: Iterable[IndexRow]) -> None:
    entries = []
    values = set()
    for row in rows:
        entries.append((NEWEST_ENTRY - row.id, *index_values(row)))
        values.add(
            (row.folder, row.session, row.model, row.language, row.verdict, row.format, row.sample_rate_hz, row.kinds)
        )
    entries.sort(key=itemgetter(0))  # FTS5 writes a segment of its own for each entry that is out of order
    connection.executemany(f"{verb} INTO recordings_fts (rowid, title, text, facets) VALUES (?, ?, ?, ?)", entries)
    connection.executemany("INSERT OR IGNORE INTO search_values (field, value) VALUES (?, ?)", _remembered(values))


def _remembered(values: Iterable[tuple[Any, ...]]) -> set[tuple[str, str]]:
    """Pairs of field and value for ``search_values``."""
    pairs: set[tuple[str, Any]] = set()
    for *singles, kinds in values:
        pairs.update(zip(VALUE_FIELDS, singles, strict=False))
        pairs.update(("has", kind) for kind in kinds)
    written = ((field, stored_text(str(value))) for field, value in pairs if value)
    return {(field, value) for field, value in written if len(value) <= LONGEST_VALUE}


def _facets(row: IndexRow) -> list[str]:
    """The filter tokens of a row; several may be in one string."""
    tokens = [
        facets.LIVE,
        facets.AI if row.ai_generated else facets.HUMAN,
        _place_tokens(AUDIO in row.kinds, row.location_ids, row.is_local, row.is_damaged),
        facets.DATE.ladder(row.created_at_ms),
    ]
    if origin := _origin_tokens(row.folder, row.session, row.model, row.language):
        tokens.append(origin)
    if quality := _quality_tokens(row.verdict, row.format, row.sample_rate_hz, row.rating):
        tokens.append(quality)
    if row.ai_identity_id is not None:
        tokens.append(facets.id_token("voice", row.ai_identity_id))
    if row.user_identity_id is not None:
        tokens.append(facets.id_token("user", row.user_identity_id))
    if row.duration_s is not None and row.duration_s == row.duration_s:  # SQLite stores NaN as NULL
        tokens.append(facets.DURATION.ladder(facets.milliseconds(row.duration_s)))
    if row.size_bytes is not None:
        tokens.append(facets.SIZE.ladder(row.size_bytes))
    if row.tag_ids:
        tokens += [facets.id_token("tag", tag_id) for tag_id in row.tag_ids]
    return tokens + _rarities(row)


def _rarities(row: IndexRow) -> list[str]:
    """Tokens that tell what is unusual about a row: something that others have is missing, or the other way round."""
    tokens = []
    if not row.text:
        tokens.append(facets.NO_TEXT)
    if row.ai_identity_id is None and row.user_identity_id is None:
        tokens.append(facets.NO_IDENTITY)
    if row.notes:
        tokens.append(facets.HAS_NOTES)
    if row.tag_ids:
        tokens.append(facets.HAS_TAGS)
    if row.kinds not in _USUAL_KINDS:
        tokens += [facets.value_token("has", kind) for kind in row.kinds if kind != AUDIO]
    return tokens


@lru_cache(maxsize=8192)
def _origin_tokens(folder: str, session: str, model: str, language: str) -> str:
    """The tokens of what recordings that were made together have in common."""
    tokens = (
        facets.folder_tokens(folder) if folder else "",
        facets.value_token("session", session) if session else "",
        facets.value_token("model", model) if model else "",
        facets.language_tokens(language) if language else "",
    )
    return " ".join(filter(None, tokens))


@lru_cache(maxsize=8192)
def _quality_tokens(verdict: str, audio_format: str, sample_rate_hz: int | None, rating: int | None) -> str:
    """The tokens of what has few different values."""
    tokens = (
        facets.value_token("verdict", verdict) if verdict else "",
        facets.value_token("fmt", audio_format) if audio_format else "",
        "" if sample_rate_hz is None else facets.rate_token(sample_rate_hz),
        "" if rating is None else facets.rating_token(rating),
    )
    return " ".join(filter(None, tokens))


@lru_cache(maxsize=8192)
def _place_tokens(has_audio: bool, location_ids: tuple[int, ...], is_local: bool, is_damaged: bool) -> str:
    """The tokens that tell where the audio is."""
    if not has_audio:
        state = State.NO_FILE
    elif not location_ids:
        state = State.MISSING
    elif not is_local:
        state = State.REMOTE_ONLY
    else:
        state = State.PUSHED if len(location_ids) > 1 else State.LOCAL_ONLY
    tokens = [state.token, *(facets.id_token("at", location_id) for location_id in location_ids)]
    return " ".join([*tokens, State.DAMAGED.token] if is_damaged else tokens)


def _stem(name: str) -> str:
    """A file name without its extension; '' if a machine made it up, which nobody would search for."""
    stem = name.rpartition(".")[0] or name
    return "" if _MACHINE_NAME.fullmatch(stem) else stem


def _numbers(joined: str | None) -> tuple[int, ...]:
    return tuple(map(int, joined.split(","))) if joined else ()


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    iterator = iter(ids)
    while chunk := list(islice(iterator, CHUNK_ROWS)):
        yield chunk
