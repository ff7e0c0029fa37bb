"""What listings of locations found, in an SQLite file of its own beside the catalog: ``<library>.scans.db``.

A listing of a million keys is written here as it streams in, compared with the catalog by one join, and then only what
the catalog does not know stays, for people to look at. The file can be deleted: the next scan makes it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.cleanup import on_failure
from audiotui.core.database import Database
from audiotui.core.encoding import optional_time, original_text, stored_text, to_ms
from audiotui.core.row_edits import chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from audiotui.backends.items import Entry
    from audiotui.core.database import sqlite3

APPLICATION_ID = 0x41554453
"""Marks these files ("AUDS"), so that no other program's database is ever touched."""

WRITTEN_TOGETHER = 5_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scans (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    location TEXT NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS found (
    scan INTEGER NOT NULL,
    key TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_at INTEGER,
    PRIMARY KEY (scan, key)
) STRICT, WITHOUT ROWID;
"""


class Unknown(NamedTuple):
    """A file that lies at a location and is not in the catalog."""

    key: str
    size_bytes: int
    modified_at: datetime | None


def listings_path(db_path: Path) -> Path:
    """Where the listings of a catalog's locations lie."""
    return db_path.with_name(f"{db_path.stem}.scans.db")


class Listings:
    """The open file; use it as a context manager. Two scans of one location do not disturb each other."""

    def __init__(self, path: Path) -> None:
        self._db = Database(path, application_id=APPLICATION_ID)
        with on_failure(self._db.close):
            with self._db.write() as connection:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.use_write_ahead_log()

    def __enter__(self) -> Listings:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()

    def write(self, location: str, entries: Iterable[Entry], on_count: Callable[[int], None]) -> int:
        """Write down a listing as it comes, in bounded memory; returns the number of the scan, which is not finished.

        ``on_count`` is told how many files were listed so far. A key that a listing gives twice counts once.
        """
        with self._db.write() as connection:
            number = connection.execute("INSERT INTO scans (location) VALUES (?)", (stored_text(location),)).lastrowid
        count = 0
        for batch in chunks(entries, WRITTEN_TOGETHER):
            rows = [
                (
                    number,
                    stored_text(entry.key),
                    entry.size_bytes,
                    to_ms(entry.modified_at) if entry.modified_at else None,
                )
                for entry in batch
            ]
            with self._db.write() as connection:
                connection.executemany("INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?)", rows)
            count += len(batch)
            on_count(count)
        return number or 0

    def compare(self, catalog: Path, sql: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Rows of a query over ``found`` and the tables of a catalog's file, which is called ``library`` in it."""
        connection = self._attached(catalog)
        with self._db.translated():
            return connection.execute(sql, parameters).fetchall()

    def forget_known(self, number: int, catalog: Path, location: str) -> None:
        """Leave out what the catalog has at the location."""
        self._attached(catalog)
        with self._db.write() as connection:
            connection.execute(_FORGET_KNOWN, (number, stored_text(location)))

    def finish(self, number: int) -> int:
        """The scan stands, and replaces the one before; returns how many files it leaves as not known."""
        with self._db.write() as connection:
            connection.execute("UPDATE scans SET finished = 1 WHERE number = ?", (number,))
            same = "SELECT number FROM scans WHERE location = (SELECT location FROM scans WHERE number = ?1)"
            connection.execute(f"DELETE FROM found WHERE scan <> ?1 AND scan IN ({same})", (number,))
            connection.execute(
                "DELETE FROM scans WHERE number <> ?1 AND location = (SELECT location FROM scans WHERE number = ?1)",
                (number,),
            )
            row = connection.execute("SELECT count(*) FROM found WHERE scan = ?", (number,)).fetchone()
        return int(row[0])

    def drop(self, number: int) -> None:
        """Forget a scan that came to nothing."""
        with self._db.write() as connection:
            connection.execute("DELETE FROM found WHERE scan = ?", (number,))
            connection.execute("DELETE FROM scans WHERE number = ?", (number,))

    def unknown(self, location: str, prefix: str = "", *, limit: int | None = None, offset: int = 0) -> list[Unknown]:
        """What the last finished scan of a location left as not known, by key."""
        wanted = stored_text(prefix)
        with self._db.read() as connection:
            rows = connection.execute(
                _UNKNOWN, (stored_text(location), wanted, len(wanted), -1 if limit is None else limit, offset)
            ).fetchall()
        return [Unknown(original_text(key), size, optional_time(modified_at)) for key, size, modified_at in rows]

    def _attached(self, catalog: Path) -> sqlite3.Connection:
        connection = self._db.connection()
        with self._db.translated():
            if not any(name == "library" for _, name, _ in connection.execute("PRAGMA database_list")):
                connection.execute("ATTACH DATABASE ? AS library", (f"{catalog.absolute().as_uri()}?mode=ro",))
        return connection


_FORGET_KNOWN = """
DELETE FROM found WHERE scan = ?1 AND EXISTS (
    SELECT 1 FROM library.copies AS c
    WHERE c.location_id = (SELECT id FROM library.locations WHERE name = ?2) AND c.key = found.key)
"""

_UNKNOWN = """
SELECT f.key, f.size_bytes, f.modified_at FROM found AS f JOIN scans AS s ON s.number = f.scan
WHERE s.location = ?1 AND s.finished AND substr(f.key, 1, ?3) = ?2 ORDER BY f.key LIMIT ?4 OFFSET ?5
"""
