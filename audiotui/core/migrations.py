"""Bringing a library's file to the version of this program: creating it, upgrading it, or refusing it.

A migration is a numbered function; all that a file lacks run in one transaction, after a backup beside the library.
Two processes may do this at the same moment: whoever gets the write lock first does the work, the other finds it done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.core.backup import copy_library
from audiotui.core.database import sqlite3
from audiotui.core.encoding import now_ms
from audiotui.core.schema import VERSION_1, VERSION_2, VERSION_3
from audiotui.errors import CatalogReadOnly, NotACatalog, SchemaTooNew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from audiotui.core.database import Database


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: ``apply`` makes version ``version`` of the version before it, inside a transaction."""

    version: int
    apply: Callable[[sqlite3.Connection], None]


def _create_version_1(connection: sqlite3.Connection) -> None:
    import uuid  # only here: a library is made once

    run_script(connection, VERSION_1)
    facts = [("uuid", str(uuid.uuid4())), ("created_at", str(now_ms()))]
    connection.executemany("INSERT INTO library (key, value) VALUES (?, ?)", facts)


def _add_assets(connection: sqlite3.Connection) -> None:
    run_script(connection, VERSION_2)


def _add_times_of_looks(connection: sqlite3.Connection) -> None:
    run_script(connection, VERSION_3)


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, _create_version_1),
    Migration(2, _add_assets),
    Migration(3, _add_times_of_looks),
)


def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Create or upgrade the library, so that it has the version of the last migration.

    Before an upgrade the library is copied to ``NAME.before-vN`` beside it.

    Raises:
        SchemaTooNew, NotACatalog, CatalogDamaged: refused, nothing is written.
        CatalogReadOnly: it would have to be created or upgraded, and cannot be written.
    """
    newest = migrations[-1].version
    with database.read() as connection:
        version = _checked_version(database, connection, newest)
    if version < newest:
        if database.read_only:
            raise CatalogReadOnly(
                f"Cannot read the library {database.path}: it has version {version} and must be upgraded to {newest}.",
                "Open it once where its file and folder can be written.",
            )
        _upgrade(database, migrations)
    database.use_write_ahead_log()


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run SQL statements inside the open transaction, which ``executescript`` would commit."""
    for statement in _statements(script):
        connection.execute(statement)


def _upgrade(database: Database, migrations: Sequence[Migration]) -> None:
    newest = migrations[-1].version
    with database.write() as connection:
        version = _checked_version(database, connection, newest)
        if 0 < version < newest:
            # The write lock is held, so the copy is exactly what the migrations start from.
            copy_library(database, database.path.with_name(f"{database.path.name}.before-v{newest}"))
        for migration in migrations:
            if migration.version > version:
                migration.apply(connection)
        if version < newest:
            connection.execute(f"PRAGMA application_id = {database.application_id}")
            connection.execute(f"PRAGMA user_version = {newest}")


def _checked_version(database: Database, connection: sqlite3.Connection, newest: int) -> int:
    # The header was read before SQLite opened the file; what SQLite says may differ, if a log had to be recovered.
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application_id: int = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = not connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema)").fetchone()[0]
    if application_id != database.application_id and not is_empty:
        raise NotACatalog(
            f"Cannot use {database.path} as a library: it is another program's database.",
            "Give db_path a new name in the configuration; this file was not touched.",
        )
    if version > newest:
        raise SchemaTooNew(
            f"The library {database.path} has version {version}; this audiotui knows versions up to {newest}.",
            "Upgrade audiotui, or use another library.",
        )
    return 0 if is_empty else version


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
