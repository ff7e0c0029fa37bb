"""The write-ahead log while a bulk of writes makes it grow: copied into the library beside them, not between them."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from audiotui.core.database import sqlite3

PERIOD_S = 0.5
"""Between two copies. A page that many transactions change in this time is copied once."""


def copy_log(connection: sqlite3.Connection) -> None:
    """Copy what no reader needs in the log any more, and make it durable; waits for nobody, and nobody for it.

    What cannot be copied, on a full disk for one, stays in the log: what was committed is safe there, and who writes
    next has a word for it.
    """
    from audiotui.core.database import sqlite3

    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


class Checkpoints:
    """A thread that copies the log now and then, so that who writes does not wait for the disk at every commit.

    It is a help only: what it has not copied, the next checkpoint of anybody does. ``open_connection`` is called on
    the thread, and not before the first period has passed.
    """

    def __init__(self, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._open_connection = open_connection
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        if self._ended.wait(PERIOD_S):
            return
        from audiotui.core.database import sqlite3

        with suppress(sqlite3.Error), closing(self._open_connection()) as connection:
            copy_log(connection)
            while not self._ended.wait(PERIOD_S):
                copy_log(connection)
