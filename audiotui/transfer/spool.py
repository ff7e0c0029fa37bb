"""A plan's files on disk: a private database, gone with its process, that is joined with the catalog by SQL.

A plan of a million files would take a gigabyte as Python values. Here it takes a few megabytes of memory, and what
needs no thought, files that are where they should be, is decided by one statement for all of them.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import weakref
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.cleanup import on_failure
from audiotui.core.encoding import stored_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from audiotui.core.catalog import Catalog
    from audiotui.core.database import sqlite3

PAGE_FILES = 1_000
"""Rows are read in pages of so many, so that no statement stays open while its rows are used."""

FILE_COLUMNS = (
    "number, kind, action, reason, file_id, recording_uid, name, source, source_key, key, size_bytes, sha256, "
    "part_sha256, managed"
)


NewKey = Callable[[str, str, bytes, str, str, str], str]
"""The key of a file that has none at a location, from its recording's uid, its kind, SHA-256, original name, the key of
its copy at the source, and its format; texts are as ``stored_text`` writes them."""


class KnownCopies(NamedTuple):
    """How many copies the catalog knows of at a location: of the candidates of a plan, and of all files."""

    wanted: int
    total: int


class Spool:
    """The files of one plan. Safe to use from several threads; ``close`` it, or let it be collected."""

    def __init__(self, catalog: Catalog) -> None:
        self._database = catalog.database
        self._lock = threading.RLock()
        connection = self._database.new_reader()
        with on_failure(connection.close), self._database.translated():
            _attach_scratch(connection, self._database.path.parent)
        self._connection = connection
        self._finalizer = weakref.finalize(self, connection.close)

    def close(self) -> None:
        """Forget everything; a second call does nothing."""
        with self._lock:
            self._finalizer()

    def choose(self, recording_ids: Iterable[int], kinds: Collection[str] | None = None) -> int:
        """Take the current files of recordings, in the order of the ids, as candidates; how many they are."""
        with self.writing() as connection:
            connection.executemany(
                "INSERT INTO plan.wanted (recording_id) VALUES (?)", ((number,) for number in recording_ids)
            )
            connection.execute(
                _CHOOSE, {"all": kinds is None, "kinds": json.dumps([stored_text(kind) for kind in kinds or ()])}
            )
            return self._number("SELECT count(*) FROM plan.candidates")

    def known_copies(self, location: str) -> KnownCopies:
        """What the catalog knows of copies at a location."""
        with self.reading():
            return KnownCopies(self._number(_KNOWN, location), self._number(_ALL_KNOWN, location))

    def note_listing(self, entries: Iterable[tuple[str, int]], *, most: int) -> bool:
        """Keep what a location lists, keys and sizes in any order; False if there was more than ``most``."""
        left = iter(entries)
        with self.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO plan.listed VALUES (?, ?)",
                ((stored_text(key), size) for key, size in islice(left, most)),
            )
        return next(left, None) is None

    def listed(self, keys: Sequence[str]) -> dict[str, int | None]:
        """The sizes that were listed under keys, None where nothing was."""
        with self.reading() as connection:
            sizes = connection.execute(_LISTED, (json.dumps([stored_text(key) for key in keys]),)).fetchall()
        return {key: size for key, (size,) in zip(keys, sizes, strict=True)}

    def skip_listed(self, location: str) -> None:
        """Decide about all candidates whose copy at a location is present and was listed with the right size."""
        with self.writing() as connection:
            connection.execute(_SKIP_LISTED, (stored_text(location),))

    def send_plain(self, source: str, destination: str, *, new_key: NewKey, is_walked: bool) -> None:
        """Decide at once about all candidates that are to be sent and need no thought.

        Such a file has one copy at the source, which is present, and none at the destination; or one that was not
        listed there, if ``is_walked`` says that the listing shows everything. The trash of a location does not count.
        """
        names = {"source": stored_text(source), "destination": stored_text(destination), "is_walked": is_walked}
        with self.writing() as connection:
            connection.create_function("new_key", 6, new_key, deterministic=True)
            connection.execute(_SEND_PLAIN, names)

    def undecided(self, read: Callable[[sqlite3.Connection, int], Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """Pages of what ``read`` makes of the candidates after a number; each row has its ``number``."""
        last = 0
        while True:
            with self.reading() as connection:
                page = read(connection, last)
            if not page:
                return
            last = page[-1].number
            yield page

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write down what was decided, as rows of ``FILE_COLUMNS``."""
        with self.writing() as connection:
            connection.executemany(_ADD, rows)

    def counts(self) -> list[tuple[str, int, int]]:
        """For each action how many files it is planned for, and how many bytes they have."""
        with self.reading() as connection:
            return list(connection.execute("SELECT action, count(*), sum(size_bytes) FROM plan.files GROUP BY action"))

    def sources(self, action: str) -> list[str]:
        """The locations that the files of an action come from."""
        with self.reading() as connection:
            rows = connection.execute("SELECT DISTINCT source FROM plan.files WHERE action = ?", (action,))
            return sorted(row[0] for row in rows)

    def count(self, condition: str) -> int:
        """How many files meet an SQL condition."""
        with self.reading():
            return self._number(f"SELECT count(*) FROM plan.files WHERE {condition}")

    def rows(self, condition: str, *, offset: int = 0) -> Iterator[tuple[Any, ...]]:
        """The files that meet an SQL condition, as rows of ``FILE_COLUMNS`` in their order, without the first ones."""
        last = -1
        if offset:
            with self.reading() as connection:
                found = connection.execute(
                    f"SELECT number FROM plan.files WHERE {condition} ORDER BY number LIMIT 1 OFFSET ?", (offset - 1,)
                ).fetchone()
            if found is None:
                return
            last = found[0]
        while True:
            with self.reading() as connection:
                page = connection.execute(
                    f"""SELECT {FILE_COLUMNS} FROM plan.files WHERE ({condition}) AND number > ?
                        ORDER BY number LIMIT {PAGE_FILES}""",
                    (last,),
                ).fetchall()
            yield from page
            if len(page) < PAGE_FILES:
                return
            last = page[-1][0]

    def has_all(self, keys: Iterable[tuple[str, str]]) -> bool:
        """Whether the plan has a file for each of these pairs of recording uid and key."""
        with self.reading() as connection:
            connection.execute("CREATE INDEX IF NOT EXISTS plan.files_by_key ON files (key)")
            return all(connection.execute(_HAS, (uid, stored_text(key))).fetchone() for uid, key in keys)

    def leave_out(self, keys: Iterable[tuple[str, str]]) -> None:
        """Files that another job has settled meanwhile: they are no longer to be sent."""
        with self.writing() as connection:
            connection.execute("CREATE INDEX IF NOT EXISTS plan.files_by_key ON files (key)")
            connection.executemany(_LEAVE_OUT, ((uid, stored_text(key)) for uid, key in keys))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone, with errors for people."""
        with self._lock, self._database.translated():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """``reading`` in one transaction; should it fail, the plan is of no use any more."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            with on_failure(partial(_roll_back, connection)):
                yield connection
                connection.execute("COMMIT")

    def _number(self, sql: str, *names: str) -> int:
        row = self._connection.execute(sql, [stored_text(name) for name in names]).fetchone()
        return int(row[0])


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # a full disk makes SQLite roll back by itself
        connection.execute("ROLLBACK")


def _attach_scratch(connection: sqlite3.Connection, folder: Path) -> None:
    """Give a connection a database of its own on disk, whose file loses its name at once: no crash leaves it behind.

    SQLite's own temporary tables would do, but some builds of it keep them in memory whatever their size; and so do
    many systems with the folder for temporary files.
    """
    near = folder if os.access(folder, os.W_OK) else None
    descriptor, name = tempfile.mkstemp(prefix="audiotui-", suffix=".plan", dir=near)
    os.close(descriptor)
    try:
        connection.execute("ATTACH ? AS plan", (f"{Path(name).as_uri()}?mode=rw",))
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -8192"):
            connection.execute(f"PRAGMA plan.{pragma}")
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
    finally:
        Path(name).unlink()


_TABLES = """
CREATE TABLE plan.wanted (position INTEGER PRIMARY KEY, recording_id INTEGER NOT NULL);
CREATE TABLE plan.candidates (number INTEGER PRIMARY KEY, file_id INTEGER NOT NULL);
CREATE TABLE plan.listed (key TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE plan.files (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    file_id INTEGER NOT NULL,
    recording_uid TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    source_key TEXT NOT NULL,
    key TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    part_sha256 BLOB NOT NULL,
    managed INTEGER NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0
)
"""

_CHOOSE = """
INSERT INTO plan.candidates (file_id)
SELECT f.id
FROM plan.wanted AS w
CROSS JOIN recording_files AS f ON f.recording_id = w.recording_id AND f.current
WHERE :all OR f.kind IN (SELECT value FROM json_each(:kinds))
ORDER BY w.position, f.kind <> 'audio', f.kind
"""

_KNOWN = """
SELECT count(*) FROM plan.candidates AS n
CROSS JOIN copies AS c ON c.file_id = n.file_id
WHERE c.location_id = (SELECT id FROM locations WHERE name = ?) AND c.state IN ('present', 'damaged')
"""

_ALL_KNOWN = "SELECT count(*) FROM copies WHERE location_id = (SELECT id FROM locations WHERE name = ?)"

_LISTED = """
SELECT l.size_bytes FROM json_each(?) AS wanted LEFT JOIN plan.listed AS l ON l.key = wanted.value ORDER BY wanted.key
"""

_SKIP_LISTED = f"""
INSERT OR IGNORE INTO plan.files ({FILE_COLUMNS})
SELECT n.number, f.kind, 'skip', '', f.id, r.uid, f.original_name, '', '', c.key, f.size_bytes, f.sha256,
    coalesce(f.part_sha256, x''), c.managed
FROM plan.candidates AS n
CROSS JOIN recording_files AS f ON f.id = n.file_id
CROSS JOIN recordings AS r ON r.id = f.recording_id
CROSS JOIN copies AS c ON c.file_id = f.id
    AND c.location_id = (SELECT id FROM locations WHERE name = ?) AND c.state = 'present'
CROSS JOIN plan.listed AS l ON l.key = c.key AND l.size_bytes = f.size_bytes
"""

_SEND_PLAIN = f"""
INSERT INTO plan.files ({FILE_COLUMNS})
SELECT n.number, f.kind, 'send', '', f.id, r.uid, f.original_name, :source, source.key,
    coalesce(old.key, new_key(r.uid, f.kind, f.sha256, f.original_name, source.key, f.format)),
    f.size_bytes, f.sha256, coalesce(f.part_sha256, x''), coalesce(old.managed, 1)
FROM plan.candidates AS n
CROSS JOIN recording_files AS f ON f.id = n.file_id
CROSS JOIN recordings AS r ON r.id = f.recording_id
CROSS JOIN copies AS source ON source.file_id = f.id
    AND source.location_id = (SELECT id FROM locations WHERE name = :source) AND source.state = 'present'
LEFT JOIN copies AS old ON old.file_id = f.id
    AND old.location_id = (SELECT id FROM locations WHERE name = :destination) AND old.state <> 'trashed'
WHERE (old.id IS NULL OR :is_walked AND NOT EXISTS (SELECT 1 FROM plan.listed AS l WHERE l.key = old.key))
    AND NOT EXISTS (SELECT 1 FROM copies AS more WHERE more.file_id = f.id AND more.state <> 'trashed'
        AND more.location_id IN (source.location_id, old.location_id) AND more.id NOT IN (source.id, ifnull(old.id, 0)))
"""

_ADD = f"INSERT INTO plan.files ({FILE_COLUMNS}) VALUES ({', '.join('?' * len(FILE_COLUMNS.split(', ')))})"

_HAS = "SELECT 1 FROM plan.files WHERE recording_uid = ? AND key = ? LIMIT 1"

_LEAVE_OUT = "UPDATE plan.files SET settled = 1 WHERE recording_uid = ? AND key = ?"
