"""All hits of a search in their order, in a temporary table: any page of them is read in a tenth of a millisecond."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.core.database import sqlite3
from audiotui.core.index import NEWEST_ENTRY
from audiotui.core.rows import ROW_COLUMNS, make_rows
from audiotui.errors import SearchInterrupted

if TYPE_CHECKING:
    from audiotui.core.names import CurrentNames
    from audiotui.core.reading import Reader
    from audiotui.core.selects import Select
    from audiotui.core.sorts import Order
    from audiotui.model import RecordingRow


class ResultSet:
    """The hits of one search as they were when it was made; the rows are read anew with each page.

    For the thread of the searcher that made it, until it is closed.
    """

    def __init__(self, reader: Reader, names: CurrentNames, order: Order, table: str) -> None:
        self.total = 0
        """How many hits there are."""
        self._reader = reader
        self._names = names
        self._order = order
        self._table = f"temp.{table}"
        self._is_open = True

    def fill(self, entries: Select, *, limit: int | None = None, offset: int = 0) -> None:
        """Put the hits in: what the SELECT finds, in order, from one place on and so many."""
        bounds = (-1 if limit is None else limit, offset)
        self._reader.execute(f"CREATE TABLE {self._table} (pos INTEGER PRIMARY KEY, id INTEGER NOT NULL)")
        if self._order.of_entries:
            ordered = (
                f"WITH found (entry) AS ({entries.sql} ORDER BY 1 {self._order.of_entries} LIMIT ? OFFSET ?) "
                f"SELECT {NEWEST_ENTRY} - entry FROM found"
            )
        else:
            ordered = (
                f"WITH found (entry) AS ({entries.sql}) SELECT r.id "
                f"FROM found CROSS JOIN recordings r ON r.id = {NEWEST_ENTRY} - found.entry "
                f"ORDER BY {self._order.sql} LIMIT ? OFFSET ?"
            )
        cursor = self._reader.execute(f"INSERT INTO {self._table} (id) {ordered}", (*entries.parameters, *bounds))
        self.total = cursor.rowcount

    def page(self, offset: int, limit: int) -> list[RecordingRow]:
        """The rows from a place on, counted from 0; one that was purged meanwhile is left out.

        Raises:
            SearchInterrupted: the result was closed, or replaced by that of a newer search.
        """
        self._check()
        with self._reader.working():
            values = self._reader.fetch(
                f"SELECT {ROW_COLUMNS} FROM {self._table} t CROSS JOIN recordings r ON r.id = t.id "
                "WHERE t.pos > ? AND t.pos <= ? ORDER BY t.pos",
                (offset, offset + limit),
            )
            return make_rows(values, self._names.get())

    def ids(self, offset: int, limit: int) -> list[int]:
        """The ids from a place on, counted from 0."""
        self._check()
        with self._reader.working():
            found = self._reader.fetch(
                f"SELECT id FROM {self._table} WHERE pos > ? AND pos <= ? ORDER BY pos", (offset, offset + limit)
            )
        return [number for (number,) in found]

    def position(self, recording_id: int) -> int | None:
        """The place of a recording, counted from 0; None if it is no hit."""
        self._check()
        with self._reader.working():
            found = (
                self._searched(recording_id)
                if self._order.of_entries
                else self._reader.fetch(f"SELECT pos FROM {self._table} WHERE id = ?", (recording_id,))
            )
        return found[0][0] - 1 if found else None

    def close(self) -> None:
        """Forget the hits; a second call does nothing."""
        if self._is_open:
            self._is_open = False
            # If the connection is closed, its temporary tables are gone.
            with suppress(sqlite3.ProgrammingError), self._reader.alone() as connection:
                connection.execute(f"DROP TABLE IF EXISTS {self._table}")

    def _searched(self, recording_id: int) -> list[tuple[int]]:
        """The place counted from 1, by halving, as ids rise or fall with the place."""
        low, high = 1, self.total
        while low <= high:
            middle = (low + high) // 2
            ((number,),) = self._reader.fetch(f"SELECT id FROM {self._table} WHERE pos = ?", (middle,))
            if number == recording_id:
                return [(middle,)]
            if (number < recording_id) == (self._order.of_entries == "DESC"):
                low = middle + 1
            else:
                high = middle - 1
        return []

    def _check(self) -> None:
        if not self._is_open:
            raise SearchInterrupted("The result of this search was replaced by that of a newer one.")
