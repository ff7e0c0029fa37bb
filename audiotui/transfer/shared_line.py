"""The journal's table of lines: a rate limit to or from a location, kept by all engines of this machine together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from audiotui.backends.line import LineState
from audiotui.transfer.leases import boot_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.core.database import Database, sqlite3

QUANTUM_S = 0.05
"""A process books at least so much of the line at a time, so that it does not ask the journal for each small piece."""


class SharedLine:
    """One direction to or from one location, as a ``backends.line.Line``. Made by ``Journal``.

    The rate that was set last holds for all who limit themselves on this line; those without a limit do not use it.
    """

    def __init__(self, db: Database, name: str, *, boot_clock: Callable[[], float]) -> None:
        self._db = db
        self._name = name
        self._clock = boot_clock
        self._lock = threading.Lock()
        self._state = LineState(1.0, float("-inf"))
        """As this process saw it last."""
        self._turn = 0
        self._credit = 0

    def set_rate(self, bytes_per_s: float) -> None:
        """From now on this rate holds for every process on the line."""
        with self._lock, self._db.write() as connection:
            self._state = self._load(connection, or_rate=bytes_per_s).with_rate(bytes_per_s)
            self._save(connection)

    def book(self, byte_count: int) -> float:
        """How many bytes, of whatever process, have to be paid before these."""
        with self._lock:
            if self._credit < byte_count:
                self._book_more(byte_count - self._credit)
            turn = self._turn
            self._turn += byte_count
            self._credit -= byte_count
            return turn

    def seconds_until(self, turn: float) -> float:
        """When these bytes may go."""
        with self._lock:
            now_s = self._clock()
            if now_s - self._state.paid_at_s > QUANTUM_S:
                with self._db.read() as connection:
                    self._state = self._load(connection, or_rate=self._state.rate)
            return self._state.at(now_s).seconds_until(turn)

    def _book_more(self, byte_count: int) -> None:
        """Take a stretch of the line, after all that others took; what is left of the last one goes first."""
        with self._db.write() as connection:
            state = self._load(connection, or_rate=self._state.rate)
            stretch = max(byte_count, int(state.rate * QUANTUM_S))
            self._turn = int(state.booked) - self._credit
            self._credit += stretch
            self._state = state.with_bytes(stretch)
            self._save(connection)

    def _load(self, connection: sqlite3.Connection, *, or_rate: float) -> LineState:
        """The line as it is now; one that nobody used since the machine started is idle."""
        row = connection.execute(
            "SELECT rate, paid_at_boot_s, booked, paid FROM lines WHERE name = ? AND boot = ?", (self._name, boot_id())
        ).fetchone()
        return LineState(or_rate, self._clock()) if row is None else LineState(*row).at(self._clock())

    def _save(self, connection: sqlite3.Connection) -> None:
        state = self._state
        connection.execute(
            """INSERT INTO lines (name, boot, rate, paid_at_boot_s, booked, paid) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET boot = excluded.boot, rate = excluded.rate,
                   paid_at_boot_s = excluded.paid_at_boot_s, booked = excluded.booked, paid = excluded.paid""",
            (self._name, boot_id(), state.rate, state.paid_at_s, state.booked, state.paid),
        )
