"""The write-ahead log while a bulk of writes makes it grow: copied into the library beside them, not between them."""

from __future__ import annotations

from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from audiotui.core.beside import beside

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from contextlib import AbstractContextManager

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


def checkpoints(open_connection: Callable[[], sqlite3.Connection]) -> AbstractContextManager[None]:
    """A context in which a thread copies the log now and then, so that who writes does not wait at every commit.

    It is a help only: what it has not copied, the next checkpoint of anybody does. ``open_connection`` is called on
    the thread, and not before the first period has passed.
    """
    return beside(partial(_copy_again_and_again, open_connection), name="audiotui-checkpoints")


def _copy_again_and_again(open_connection: Callable[[], sqlite3.Connection], ended: threading.Event) -> None:
    if ended.wait(PERIOD_S):
        return
    from audiotui.core.database import sqlite3

    with suppress(sqlite3.Error), closing(open_connection()) as connection:
        copy_log(connection)
        while not ended.wait(PERIOD_S):
            copy_log(connection)
