"""One connection for reading, whose work any other thread may stop."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotui.core.database import sqlite3
from audiotui.core.failures import SQLITE_INTERRUPT, beyond_limits, catalog_error, primary_code
from audiotui.errors import SearchInterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Reader:
    """Runs statements of one thread on one connection, and lets other threads interrupt them.

    All statements run inside ``working()``, and see the library as it is when the first of them begins, whatever others
    write meanwhile: rows that come from several statements fit together. An interruption stops the work that is going
    on at that moment, and nothing else: one that comes too late does no harm to the work that follows.

    The connection may be one that SQLite does not guard against several threads (``open_reader``): here one waits for
    the other, so nobody uses it but in ``working`` and in ``alone``.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._turn = threading.RLock()  # the collector may close a forgotten result in the middle of other work
        self._lock = threading.Lock()
        self._is_working = False
        self._is_stopped = False
        self._is_closed = False

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """The connection while no other thread uses it; nothing is interrupted."""
        with self._turn:
            yield self.connection

    @contextmanager
    def working(self) -> Iterator[None]:
        """The time in which ``interrupt`` has an effect, and in which errors of SQLite become those of the catalog.

        Raises:
            SearchInterrupted: another thread called ``interrupt``, or ``close`` before.
            CatalogError: SQLite could not do it.
        """
        with self._turn:
            yield from self._working()

    def _working(self) -> Iterator[None]:
        if self._is_closed:
            raise SearchInterrupted("The library is closed.")
        with self._lock:
            self._is_working, self._is_stopped = True, False
        try:
            self.connection.execute("BEGIN")
            yield
        except (sqlite3.Error, MemoryError) as error:
            # An interrupted virtual table may call its failure by another name.
            if self._is_stopped or primary_code(error) == SQLITE_INTERRUPT:
                raise SearchInterrupted("The search was stopped.") from error
            raise catalog_error(error, self._path()) from error
        except OverflowError as error:
            raise beyond_limits() from error
        finally:
            with self._lock:
                self._is_working = False
            if self.connection.in_transaction:  # not if SQLite has ended it for an interruption or an error
                self.connection.execute("COMMIT")

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        return self.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run a statement. One that returns rows must be read to its end before ``working`` ends."""
        if self._is_stopped:
            raise SearchInterrupted("The search was stopped.")
        return self.connection.execute(sql, parameters)

    def interrupt(self) -> None:
        """Stop what is going on; from any thread. It ends within milliseconds, by ``SearchInterrupted``."""
        with self._lock:
            if self._is_working:
                self._is_stopped = True
                self.connection.interrupt()

    def close(self) -> None:
        """Close the connection, once nobody works on it; a second call does nothing."""
        with self.alone() as connection:
            self._is_closed = True
            connection.close()

    def _path(self) -> Path:
        for _, name, file in self.connection.execute("PRAGMA database_list"):
            if name == "main":
                return Path(file)
        return Path()
