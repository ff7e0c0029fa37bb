"""The sessions of one location: opened when they are needed, lent to one caller at a time, kept for the next."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from audiotui.backends.lastfailure import LastFailure
from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.sftp.session import Session, greet
from audiotui.backends.ssh.failures import CannotConnect, NoMoreSessions
from audiotui.backends.ssh.hashing import COMMAND, Hasher
from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.sftp.wire import Stream

MOST_SESSIONS, MOST_HASHERS = 6, 2
"""Open at a time; servers bear ten on one connection by default. Each kind has a number of its own: callers of both by
turns would else close what the others need next, and to open one takes longer than any question."""

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
    """What a pool keeps for the next user."""

    @property
    def is_usable(self) -> bool:
        """Whether the next user may have it."""

    @property
    def is_broken(self) -> bool:
        """Whether its connection may be at fault."""

    def close(self) -> None:
        """End it."""


LentT = TypeVar("LentT", bound=_Lendable)


class _Shelf(Generic[LentT]):
    """The things of one kind that are open, of which those that nobody uses lie here."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open_count = 0
        self._idle: list[tuple[LentT, Connection]] = []
        self._changed = threading.Condition()

    def take(self) -> tuple[LentT, Connection] | None:
        """One that lies idle; None if there is room for another one, which then counts as open already.

        Raises:
            CannotConnect: others had all of them for too long.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        with self._changed:
            while True:
                while self._idle:
                    thing, connection = self._idle.pop()
                    if thing.is_usable:
                        return thing, connection
                    thing.close()
                    self._open_count -= 1
                if self._open_count < self._most:
                    self._open_count += 1
                    return None
                if not self._changed.wait(deadline_s - time.monotonic()):
                    raise CannotConnect(f"all of its {self._most} sessions were busy for {PATIENCE_S:.0f} s")

    def put(self, thing: LentT, connection: Connection) -> None:
        """Leave one for the next caller."""
        with self._changed:
            self._idle.append((thing, connection))
            self._changed.notify()

    def forget(self) -> None:
        """One that counted as open is open no more."""
        with self._changed:
            self._open_count -= 1
            self._changed.notify()

    def clear(self) -> None:
        """Close all that nobody uses now."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._open_count -= len(idle)
            self._changed.notify(len(idle))
        for thing, _ in idle:
            thing.close()


class SessionPool:
    """Sessions and hashers over one connection, which is made anew when it has ended. Close it.

    A host that opens few sessions on a connection gets further connections.
    """

    def __init__(self, connect: Callable[[], Connection], *, patience_s: float) -> None:
        self._connect = connect
        self._patience_s = patience_s
        self._connecting = threading.Lock()
        """Of who makes a connection, for as long as that takes: one at a time."""
        self._changing = threading.Lock()
        """Of who looks at the connections that there are; nobody holds it for long."""
        self._closings = 0
        self._failure = LastFailure(CannotConnect)
        self._connections: list[Connection] = []
        self._full: list[Connection] = []
        self._sessions: _Shelf[Session] = _Shelf(MOST_SESSIONS)
        self._hashers: _Shelf[Hasher] = _Shelf(MOST_HASHERS)
        self.round_trip_s = 0.0
        """The quickest answer on the session that was lent last; 0 if there was none yet."""

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for one caller; one that was left in the middle of something is thrown away."""
        with self._lent(self._sessions, self._greeted) as session:
            try:
                yield session
            finally:
                self.round_trip_s = session.wire.quickest_answer_s

    @contextmanager
    def hasher(self) -> Iterator[Hasher]:
        """A running command that measures sums."""
        with self._lent(self._hashers, lambda connection: Hasher(connection.run(COMMAND))) as hasher:
            yield hasher

    def close(self) -> None:
        """End all that nobody uses now, and the connections; who is making one closes it as soon as it is there."""
        self._sessions.clear()
        self._hashers.clear()
        with self._changing:
            self._closings += 1
            connections = [*self._connections, *self._full]
            self._connections.clear()
            self._full.clear()
        for connection in connections:
            connection.close()

    @contextmanager
    def _lent(self, shelf: _Shelf[LentT], make: Callable[[Connection], LentT]) -> Iterator[LentT]:
        taken = shelf.take()
        if taken is None:
            with on_failure(shelf.forget):
                taken = self._made(make)
        thing, connection = taken
        try:
            yield thing
        finally:
            if thing.is_usable and self._holds(connection):
                shelf.put(thing, connection)
            else:
                self._drop(thing, connection, shelf)

    def _drop(self, thing: LentT, connection: Connection, shelf: _Shelf[LentT]) -> None:
        thing.close()
        shelf.forget()
        if thing.is_broken and isinstance(thing, Session):  # a host may run no commands, and be sound all the same
            self._give_up(connection)

    def _made(self, make: Callable[[Connection], LentT]) -> tuple[LentT, Connection]:
        """Something new, on a further connection if the host opens no more on those that there are."""
        for _ in range(MOST_SESSIONS + MOST_HASHERS):
            connection = self._alive()
            try:
                return make(connection), connection
            except NoMoreSessions:
                with self._changing:
                    if connection in self._connections:
                        self._connections.remove(connection)
                        self._full.append(connection)
            except (CannotConnect, ConnectionLost):
                self._give_up(connection)
                raise
        raise CannotConnect("it opens no sessions")

    def _greeted(self, connection: Connection) -> Session:
        return greet(connection.open_files(), patience_s=self._patience_s)

    def _alive(self) -> Connection:
        """A connection that may open more; those that have ended are forgotten."""
        with self._connecting:
            with self._changing:
                ended = [one for one in (*self._connections, *self._full) if not one.is_alive]
                self._connections = [one for one in self._connections if one not in ended]
                self._full = [one for one in self._full if one not in ended]
                alive, closings = self._connections[:1], self._closings
            for connection in ended:
                connection.close()
            return alive[0] if alive else self._connected(closings)

    def _connected(self, closings: int) -> Connection:
        """A new connection. One that was waited for in vain is not waited for again by everybody else.

        ``closings`` is how often the pool was closed when that began.
        """
        with self._failure.shared():
            connection = self._connect()
        with self._changing:
            if closings == self._closings:
                self._connections.append(connection)
                return connection
        connection.close()
        raise CannotConnect("it was closed while it was being reached")

    def _holds(self, connection: Connection) -> bool:
        """False once a connection was ended: what comes back from a caller then is of no use to others."""
        with self._changing:
            return connection in self._connections or connection in self._full

    def _give_up(self, connection: Connection) -> None:
        """End a connection on which something failed: what else goes over it would only wait."""
        with self._changing:
            for connections in (self._connections, self._full):
                if connection in connections:
                    connections.remove(connection)
        connection.close()
