"""The sessions of one location: opened when they are needed, lent to one caller at a time, kept for the next."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.sftp.session import Session, greet
from audiotui.backends.ssh.failures import CannotConnect, NoMoreSessions
from audiotui.backends.ssh.hashing import COMMAND, Hasher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.sftp.wire import Stream

MOST_SESSIONS = 8
"""Servers bear ten on one connection by default."""

PATIENCE_S = 60.0
"""How long a caller waits for one that others have."""


class Connection(Protocol):
    """A way to a host."""

    @property
    def is_alive(self) -> bool:
        """False once nothing can be opened on it any more."""

    def open_files(self) -> Stream:
        """A stream to a file server of the host."""

    def run(self, command: str) -> Stream:
        """A stream to a program of the host."""

    def close(self) -> None:
        """End it."""


class _Lendable(Protocol):
    @property
    def is_usable(self) -> bool: ...

    @property
    def is_broken(self) -> bool: ...

    def close(self) -> None: ...


LentT = TypeVar("LentT", bound=_Lendable)


class SessionPool:
    """Sessions and hashers over one connection, which is made anew when it has ended. Close it."""

    def __init__(self, connect: Callable[[], Connection], *, patience_s: float) -> None:
        self._connect = connect
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._connecting = threading.Lock()
        self._sessions: _Shelf[Session] = _Shelf(self._open_session)
        self._hashers: _Shelf[Hasher] = _Shelf(self._open_hasher)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for one caller; one that was left in the middle of something is thrown away."""
        with self._sessions.lent() as session:
            yield session

    @contextmanager
    def hasher(self) -> Iterator[Hasher]:
        """A running command that measures sums."""
        with self._hashers.lent() as hasher:
            yield hasher

    def close(self) -> None:
        """End all that nobody uses now, and the connection."""
        self._sessions.close()
        self._hashers.close()
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _alive(self) -> Connection:
        with self._connecting:
            with self._lock:
                connection = self._connection
            if connection is None or not connection.is_alive:
                if connection is not None:
                    connection.close()
                connection = self._connect()
                with self._lock:
                    self._connection = connection
            return connection

    def _give_up(self, connection: Connection) -> None:
        """End a connection on which something failed: what else goes over it would only wait."""
        with self._lock:
            if self._connection is connection:
                self._connection = None
        connection.close()

    def _open_session(self) -> tuple[Session, Callable[[], None]]:
        connection = self._alive()
        try:
            session = greet(connection.open_files(), patience_s=self._patience_s)
        except NoMoreSessions:
            raise
        except (CannotConnect, ConnectionLost):
            self._give_up(connection)
            raise
        return session, partial(self._give_up, connection)

    def _open_hasher(self) -> tuple[Hasher, Callable[[], None]]:
        """A host that runs no commands may be a sound file server all the same: its connection is kept."""
        return Hasher(self._alive().run(COMMAND)), lambda: None


class _Shelf(Generic[LentT]):
    """Things of one kind: those that lie there are lent again, others are made, never too many.

    ``make`` gives a thing, and what to call if that is found broken when it is given back.
    """

    def __init__(self, make: Callable[[], tuple[LentT, Callable[[], None]]]) -> None:
        self._make = make
        self._free: list[tuple[LentT, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_SESSIONS)

    @contextmanager
    def lent(self) -> Iterator[LentT]:
        if not self._room.acquire(timeout=PATIENCE_S):
            raise CannotConnect(f"all of its {MOST_SESSIONS} sessions were busy for {PATIENCE_S:.0f} s")
        try:
            thing, give_up = self._take() or self._make()
            try:
                yield thing
            finally:
                self._give_back(thing, give_up)
        finally:
            self._room.release()

    def _take(self) -> tuple[LentT, Callable[[], None]] | None:
        while True:
            with self._lock:
                taken = self._free.pop() if self._free else None
            if taken is None or taken[0].is_usable:
                return taken
            taken[0].close()

    def _give_back(self, thing: LentT, give_up: Callable[[], None]) -> None:
        if thing.is_usable:
            with self._lock:
                self._free.append((thing, give_up))
            return
        thing.close()
        if thing.is_broken:
            give_up()

    def close(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for thing, _ in free:
            thing.close()
