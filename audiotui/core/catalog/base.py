"""What all parts of the catalog share: the database, the one way to make an edit, and the index that follows it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiotui.core import history
from audiotui.core.index import merge, settle, write_rows
from audiotui.core.row_edits import mark_dirty

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from audiotui.core.changes import RowChange
    from audiotui.core.database import Database, sqlite3

BATCH_ROWS = 1000
"""Rows that one transaction indexes: more would keep other processes waiting."""

EDITED_AT_ONCE = 2_000
"""Recordings that one transaction changes; a bigger edit is several, which one ``undo`` takes back all the same."""

SETTLED_ROWS = 10_000
"""After so many rows the index is merged at once, rather than little by little by the edits that follow."""

INDEXED_AT_ONCE = 200
"""Recordings that an edit indexes in its own transaction; those of a bigger one are marked and follow in batches."""


class Edit:
    """One edit while its transaction is open: rows, history and index change together, or not at all."""

    def __init__(self, connection: sqlite3.Connection, now_ms: int) -> None:
        self.connection = connection
        self.now_ms = now_ms
        self.changes: list[RowChange] = []
        self.touched: dict[int, None] = {}
        """Recordings whose index entries are out of date, in order."""

    def record(self, *changes: RowChange) -> None:
        """Note for the history what was changed."""
        self.changes.extend(changes)

    def touch(self, recording_ids: Iterable[int]) -> None:
        """Note that the index entries of these recordings are out of date."""
        self.touched.update(dict.fromkeys(recording_ids))


class CatalogPart:
    """The base of the catalog's parts; ``Catalog`` is made of them."""

    def __init__(self, database: Database, actor: str, clock: Callable[[], int]) -> None:
        self.database = database
        """The library's file; ``database.warnings`` says what is unwise about it."""
        self._actor = actor
        self._clock = clock
        self._action = _ThreadAction()

    @contextmanager
    def action(self, verb: str) -> Iterator[None]:
        """All edits of this thread inside are one entry of the history, called ``verb``: one ``undo`` takes them back.

        They are still transactions of their own; if one fails, the earlier ones stay, and can be undone.
        """
        action = self._action
        if action.verb:
            yield
            return
        action.verb = verb
        try:
            yield
            if action.indexed >= SETTLED_ROWS:
                settle(self.database)
        finally:
            action.verb, action.group_id, action.indexed = "", None, 0

    def reindex_dirty(self, *, limit: int | None = None, pause_s: float = 0.005) -> int:
        """Bring the index up to date for recordings that were marked, at most ``limit``; returns their number.

        It works in batches and pauses between them, so that other processes can write; several processes may do it at
        once. Edits that mark recordings call it by themselves; ``put_copies`` does not.
        """
        done = 0
        while (batch := self._reindex_batch(BATCH_ROWS if limit is None else min(BATCH_ROWS, limit - done))) > 0:
            done += batch
            time.sleep(pause_s)
        if done >= SETTLED_ROWS:
            settle(self.database, pause_s=pause_s)
        return done

    @contextmanager
    def _edit(self, verb: str) -> Iterator[Edit]:
        action = self._action
        with self.database.write() as connection:
            edit = Edit(connection, self._clock())
            yield edit
            author = history.Action(self._actor, action.verb or verb, edit.now_ms)
            group_id = history.write_changes(connection, author, edit.changes, action.group_id)
            marked = follow_index(connection, edit.touched)
        if action.verb:
            action.group_id = group_id
        if marked:
            self._reindex_outside()

    def _reindex_outside(self) -> None:
        if not self.database.is_writing:
            self.reindex_dirty()

    def _reindex_batch(self, rows: int) -> int:
        if rows <= 0 or self.database.read_only:
            return 0
        with self.database.read() as connection:
            if connection.execute("SELECT 1 FROM dirty LIMIT 1").fetchone() is None:
                return 0  # without waiting for anybody's write lock
        with self.database.write() as connection:
            ids = [row[0] for row in connection.execute("SELECT recording_id FROM dirty LIMIT ?", (rows,))]
            write_rows(connection, ids)
            connection.executemany("DELETE FROM dirty WHERE recording_id = ?", [(one,) for one in ids])
            merge(connection)
        return len(ids)


def follow_index(connection: sqlite3.Connection, touched: Collection[int]) -> bool:
    """Bring the index up to date, or mark what is too much for one transaction; True if something was marked."""
    if len(touched) > INDEXED_AT_ONCE:
        mark_dirty(connection, touched)
        return True
    if touched:
        write_rows(connection, touched)
        merge(connection)
    return False


class _ThreadAction(threading.local):
    """The action that this thread is in: its name, and its group once something was written."""

    verb = ""
    group_id: int | None = None
    indexed = 0
    """Recordings that it added to the index."""
