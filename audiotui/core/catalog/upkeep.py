"""Undo and history as the catalog offers them, and what keeps a library sound: backup, check, the index anew."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from audiotui.core import history
from audiotui.core.backup import copy_library
from audiotui.core.catalog.base import BATCH_ROWS, CatalogPart, follow_index
from audiotui.core.index import INDEXED_IDS
from audiotui.core.row_edits import chunks, mark_dirty
from audiotui.errors import CatalogDamaged, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.core.database import sqlite3
    from audiotui.model import Change

_SHOWN_PROBLEMS = 20
"""SQLite stops looking after so many; one is bad enough."""

_FULLY_CHECKED = 100_000
"""Up to so many recordings, a check reads every word of the search index too: two seconds."""

_CHECK = "SELECT integrity_check FROM pragma_integrity_check(?)"


class UpkeepPart(CatalogPart):
    """The history of a library, and its health."""

    @cached_property
    def library_id(self) -> str:
        """The UUID that this library got when it was made."""
        with self.database.read() as connection:
            row = connection.execute("SELECT value FROM library WHERE key = 'uuid'").fetchone()
        if row is None:
            raise CatalogDamaged(
                f"The library {self.database.path} has lost its id.", "Put the last backup in its place."
            )
        return str(row[0])

    def data_version(self) -> int:
        """A number that is another one after any commit by any thread of any process, this one included."""
        return self.database.data_version()

    def history(self, limit: int | None = 50, offset: int = 0) -> list[Change]:
        """Actions, newest first, undone ones too."""
        with self.database.read() as connection:
            return history.list_groups(connection, limit, offset)

    def undo(self, actor: str | None = None, *, group_id: int | None = None) -> Change:
        """Take back the newest action that was not undone: anybody's, this actor's, or the one that is named.

        A new recording goes to the trash, a new identity away; everything else becomes what it was. All of it, or
        nothing. What transfers did is no action and stays.

        Raises:
            InvalidInput: there is nothing to undo.
            UndoConflict: something was changed since, so undoing would lose that.
        """
        from audiotui.core.undo import Undo

        with self.database.write() as connection:
            wanted = history.newest_group(connection, actor) if group_id is None else group_id
            if wanted is None:
                raise InvalidInput("There is nothing to undo.", "See 'audiotui history'.")
            undo = Undo(connection, wanted, self._clock())
            change = undo.run()
            marked = follow_index(connection, undo.touched)
        if marked:
            self._reindex_outside()
        return change

    def redo(self) -> Change:
        """Do again what was undone last, unless something else was done since. All of it, or nothing.

        Raises:
            InvalidInput: there is nothing to redo.
            UndoConflict: something was changed since, so doing it again would lose that.
        """
        from audiotui.core.redo import Redo

        with self.database.write() as connection:
            wanted = history.newest_undone(connection)
            if wanted is None:
                raise InvalidInput("There is nothing to redo: nothing was undone since the last change.")
            redo = Redo(connection, wanted, self._clock())
            change = redo.run()
            marked = follow_index(connection, redo.touched)
        if marked:
            self._reindex_outside()
        return change

    def backup(self, path: Path) -> Path:
        """Copy the library as it is at this instant to a file, while others use it; returns the absolute path.

        An older backup there is replaced once the new one is whole; a file that is no library is never overwritten.

        Raises:
            InvalidInput, NotACatalog: the path is the library itself, or another kind of file.
            CatalogError: the copy could not be written.
        """
        return copy_library(self.database, path)

    def check(self) -> list[str]:
        """What is wrong with the library, a sentence each; reads all of it, which takes seconds for a million.

        Recordings that wait for the index are not wrong: see ``dirty_count``.
        """
        problems = []
        for look in (_damage, _strangers, _index_gaps):
            try:
                with self.database.read() as connection:
                    problems += look(connection)
            except CatalogDamaged as error:
                problems.append(error.message)
        return problems

    def dirty_count(self) -> int:
        """How many recordings are marked for ``reindex_dirty``."""
        with self.database.read() as connection:
            count: int = connection.execute("SELECT count(*) FROM dirty").fetchone()[0]
        return count

    def rebuild_index(self) -> int:
        """Write the index entries of all recordings anew; returns their number.

        Searches go on meanwhile. If the index is damaged, it is made from nothing, and they find what is in it so far.
        """
        try:
            return self._rewrite_index()
        except CatalogDamaged:
            with self.database.write() as connection:
                _make_index_anew(connection)
            return self._rewrite_index()

    def _rewrite_index(self) -> int:
        with self.database.read() as connection:
            ids = [
                row[0] for row in connection.execute(f"SELECT id FROM recordings UNION SELECT id FROM {INDEXED_IDS}")
            ]
        for chunk in chunks(ids, 10 * BATCH_ROWS):
            with self.database.write() as connection:
                mark_dirty(connection, chunk)
        return self.reindex_dirty()


def _make_index_anew(connection: sqlite3.Connection) -> None:
    """An empty index in the place of the old one, with its settings; nothing of a damaged one is read."""
    (schema,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'recordings_fts'").fetchone()
    settings = connection.execute("SELECT k, v FROM recordings_fts_config WHERE k <> 'version'").fetchall()
    connection.execute("DROP TABLE recordings_fts")
    connection.execute(schema)
    connection.executemany("INSERT INTO recordings_fts (recordings_fts, rank) VALUES (?, ?)", settings)


def _damage(connection: sqlite3.Connection) -> list[str]:
    found = [text for table in _tables(connection) for (text,) in connection.execute(_CHECK, (table,)) if text != "ok"]
    orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN_PROBLEMS)
    return [
        *(f"Damaged: {text}" for text in found[:_SHOWN_PROBLEMS]),
        *(
            f"Row {row} of {table} refers to a row of {parent} that does not exist."
            for table, row, parent, _ in orphans
        ),
    ]


def _tables(connection: sqlite3.Connection) -> list[str]:
    # Asked for its tables one by one, SQLite leaves out the words of the search index, which take four times as long as
    # all else; the tables that they are stored in are among them all the same.
    kinds = "('table', 'shadow')" if _index_is_big(connection) else "('table', 'shadow', 'virtual')"
    sql = f"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN {kinds}"
    return [name for (name,) in connection.execute(sql)]


def _index_is_big(connection: sqlite3.Connection) -> bool:
    row = connection.execute("SELECT max(id) > ? FROM recordings", (_FULLY_CHECKED,)).fetchone()
    return bool(row[0])


def _strangers(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')")
    return [f"The {kind} {name} is not audiotui's; somebody added it." for kind, name in rows]


def _index_gaps(connection: sqlite3.Connection) -> list[str]:
    missing, strays = connection.execute(_GAPS).fetchone()
    sentences = (
        (missing, "Recordings that are missing in the search index"),
        (strays, "Entries of the search index that belong to no recording outside the trash"),
    )
    return [f"{sentence}: {count:,}." for count, sentence in sentences if count]


_GAPS = f"""
SELECT
    (SELECT count(*) FROM recordings WHERE deleted_at IS NULL AND id NOT IN (SELECT id FROM {INDEXED_IDS})
        AND id NOT IN (SELECT recording_id FROM dirty)),
    (SELECT count(*) FROM {INDEXED_IDS} AS entry LEFT JOIN recordings AS r ON r.id = entry.id AND r.deleted_at IS NULL
        WHERE r.id IS NULL AND entry.id NOT IN (SELECT recording_id FROM dirty))
"""
