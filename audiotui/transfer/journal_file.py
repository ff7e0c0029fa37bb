"""Opening a journal's file: made if new, upgraded if old, refused if it is not ours, too new, or of another library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.cleanup import on_failure
from audiotui.core.database import Database
from audiotui.errors import NotACatalog, SchemaTooNew
from audiotui.transfer.journal_schema import APPLICATION_ID, VERSION, VERSIONS

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.core.database import sqlite3


def open_or_create(path: Path, *, library_id: str) -> Database:
    """Open the journal at ``path``, readable by its owner alone; the caller closes it.

    Raises:
        NotACatalog: the file is another program's, or the journal of another library.
        SchemaTooNew: a newer audiotui wrote it.
        CatalogDamaged, CatalogReadOnly, CatalogBusy: as for the catalog.
    """
    db = Database(path, application_id=APPLICATION_ID)
    with on_failure(db.close):
        with db.read() as connection:
            version = _version(connection)
        if version:
            _check(db, library_id)
        if version < VERSION:
            _upgrade(db, library_id)
        _check(db, library_id)
        db.use_write_ahead_log()
    return db


def _upgrade(db: Database, library_id: str) -> None:
    """Bring a new or an old journal to the present version; another process may have been faster."""
    with db.write() as connection:
        version = _version(connection)
        for script in VERSIONS[version:]:
            for statement in script.split(";\n"):
                connection.execute(statement)
        if version == 0:
            connection.execute("INSERT INTO journal VALUES ('library_id', ?)", (library_id,))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if version < VERSION:
            connection.execute(f"PRAGMA user_version = {VERSION}")


def _check(db: Database, library_id: str) -> None:
    with db.read() as connection:
        version = _version(connection)
        if version > VERSION:
            raise SchemaTooNew(
                f"The journal {db.path} has version {version}; this audiotui knows version {VERSION}.",
                "Upgrade audiotui.",
            )
        row = connection.execute("SELECT value FROM journal WHERE key = 'library_id'").fetchone()
    if row is None or row[0] != library_id:
        raise NotACatalog(
            f"The journal {db.path} belongs to another library than the catalog beside it.",
            "Move it away: a new one is made in its place, which knows nothing of the old one's jobs.",
        )


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
