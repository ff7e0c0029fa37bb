"""One SQLite file: its connections, its transactions, and the only import of SQLite in the program.

While two SQLite libraries (pysqlite3 and the standard one) have the same file open in one process, closing it in one
drops the file locks of the other, and writes vanish (tried). So everybody takes ``sqlite3`` from here. It is the one
that peewee takes too, by the same rule (a test compares them): the newer of the two.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from audiotui.cleanup import on_failure
from audiotui.core import checkpoints
from audiotui.core.failures import (
    BUSY_CODES,
    SQLITE_INTERRUPT,
    beyond_limits,
    catalog_error,
    not_durable,
    primary_code,
)
from audiotui.core.libraryfile import FileState, create, inspect, is_folder_writable, is_on_network, is_writable
from audiotui.core.schema import APPLICATION_ID
from audiotui.errors import CatalogBusy, CatalogError, CatalogReadOnly, NotACatalog

if TYPE_CHECKING:
    import sqlite3 as sqlite3  # noqa: TID251 - the one place; pysqlite3 has the same names and no types
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from peewee import SqliteDatabase
else:
    import sqlite3  # noqa: TID251

    try:
        from pysqlite3 import dbapi2 as _newer  # noqa: TID251
    except ImportError:
        pass
    else:
        if _newer.sqlite_version_info >= sqlite3.sqlite_version_info:
            sqlite3 = _newer

for _plain in (type(None), bytes):
    # Before it binds one of these, the module looks for an adapter, and what finds none takes 1 µs for each value.
    sqlite3.register_adapter(_plain, lambda value: value)

OLDEST_SQLITE = (3, 43, 0)
"""The first SQLite with ``contentless_delete``, without which the search index cannot forget."""

SAFE_SQLITE = (3, 51, 3)
"""The first SQLite in which two processes cannot corrupt a write-ahead log (https://sqlite.org/wal.html)."""

BUSY_TIMEOUT_S = 30.0
"""How long one process waits for another one's transaction."""

_LOG_PAGES = 4_000
_BULK_LOG_PAGES = 32_000

_CACHE_KIB = 16_384
_THREAD_CACHE_KIB = 2_048
"""Of every thread after the first, but for a bulk of writes: an app or a service has many, and each keeps its own."""

_READER_CACHE_KIB = 6_144
"""Searches of a million recordings take no longer than with three times as much."""

_PRAGMAS = (
    "trusted_schema = OFF",  # a library from elsewhere may hold triggers and views; they get no dangerous functions
    "cell_size_check = ON",
    "foreign_keys = ON",
    "mmap_size = 0",  # so that a disk error is an error code and no crash
    "synchronous = NORMAL",
    "journal_size_limit = 67108864",
    f"wal_autocheckpoint = {_LOG_PAGES}",
    f"cache_size = -{_CACHE_KIB}",
)

_FLAGS = [getattr(sqlite3, f"SQLITE_OPEN_{name}", 0) for name in ("READWRITE", "URI", "NOMUTEX")]
_UNGUARDED: dict[str, Any] = {"flags": sum(_FLAGS)} if all(_FLAGS) else {}
"""Only pysqlite3 can be told. Whether a connection may write is said by its URI."""

T = TypeVar("T")


class Database:
    """An SQLite file with one connection per thread: safe for several threads and processes, but not across a fork.

    The header is read before SQLite may touch the file. A missing file is made, with the folders above it, unless
    ``read_only``; one that cannot be written is opened for reading, and ``read_only`` is True then.

    Raises:
        NotACatalog: the path holds something else.
        CatalogReadOnly: the file is missing and cannot be made.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        application_id: int = APPLICATION_ID,
    ) -> None:
        check_sqlite_version()
        self.path = path.absolute()
        self.busy_timeout_s = busy_timeout_s
        self.application_id = application_id
        self.warnings = version_warnings()
        if inspect(self.path, application_id) is FileState.MISSING:
            if read_only:
                raise CatalogReadOnly(f"There is no library at {self.path}.", "Open it for writing once to make it.")
            create(self.path)
        self.read_only = read_only or not is_writable(self.path)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._write_turn = threading.RLock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._watcher: sqlite3.Connection | None = None
        self._borrower: SqliteDatabase | None = None
        self._closed = False

    def connection(self) -> sqlite3.Connection:
        """The connection of this thread, in autocommit mode, for plain SQL on hot paths; ``close`` closes it."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        return self._connect_thread() if connection is None else connection

    @property
    def peewee(self) -> SqliteDatabase:
        """What executes unbound peewee queries, ``query.execute(database.peewee)``, on this thread's connection."""
        if self._borrower is None:
            from audiotui.core.orm import Borrower

            self._borrower = Borrower(self)
        return self._borrower

    def new_reader(self) -> sqlite3.Connection:
        """A further connection, which cannot write; the caller closes it."""
        with self.translated():
            return self._patiently(lambda: _open(self.path, self.busy_timeout_s, read_only=True))

    @property
    def is_writing(self) -> bool:
        """True if this thread is inside ``write()``."""
        return self._mode() == "write"

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that may write: all of its changes happen, or none.

        It takes the write lock at its start (``BEGIN IMMEDIATE``), so what it reads is still true when it writes.
        Inside another ``write()`` of the same thread it is a part of that one which can fail alone. Keep it short: all
        processes wait for each other here.

        Raises:
            CatalogBusy: another process kept the lock for longer than the busy timeout.
            CatalogReadOnly: the file cannot be written.
        """
        if self.is_writing:
            with self.translated(), self._savepoint() as connection:
                yield connection
            return
        if self._mode() == "read":
            raise RuntimeError("write() inside read(): what was read may be out of date already")
        if self.read_only:
            raise CatalogReadOnly(
                f"Cannot change the library {self.path}: it is open for reading only.",
                "Check the owner and the permissions of the file and its folder, and that the disk is writable.",
            )
        with self.translated(), self._turn(), self._transaction("BEGIN IMMEDIATE", "write") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A transaction in which several reads see the same state; inside another one it is a part of that."""
        if self._mode():
            with self.translated():
                yield self.connection()
        else:
            with self.translated(), self._transaction("BEGIN", "read") as connection:
                yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns errors of SQLite into catalog errors; an interrupted query stays as it is."""
        try:
            yield
        except (sqlite3.Error, MemoryError) as error:
            if primary_code(error) == SQLITE_INTERRUPT:
                raise
            raise catalog_error(error, self.path) from error
        except OverflowError as error:
            raise beyond_limits() from error

    @contextmanager
    def bulk_of_writes(self) -> Iterator[None]:
        """For many transactions by this thread in a row: the log grows to 128 MiB before any of them has to copy it.

        New rows change pages all over the indexes of a big library, and each is copied once for each checkpoint. A
        thread copies the log meanwhile, and at the end the rest is copied, so that nobody's next edit has to.
        """
        connection = self.connection()
        with self.translated():
            (cache_size,) = connection.execute("PRAGMA cache_size").fetchone()
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_BULK_LOG_PAGES}")
        try:
            with self._checkpoints():
                yield
        finally:
            connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            connection.execute(f"PRAGMA cache_size = {cache_size}")
        checkpoints.copy_log(connection)

    def use_write_ahead_log(self, *, on_network: bool | None = None) -> None:
        """Let readers and a writer work side by side; on a network disk, where that is unsafe, leave it and warn.

        Whether the library lies on one is looked up, unless it is said.
        """
        if self.read_only:
            return
        on_network = is_on_network(self.path) if on_network is None else on_network
        with self.translated():
            mode = self._pragma("journal_mode")
            if mode != "wal" and not on_network:
                mode = self._patiently(lambda: self._pragma("journal_mode = WAL"))
        if on_network or mode != "wal":
            self.warnings += (
                f"The library {self.path} lies where SQLite cannot keep a write-ahead log safely: only one machine may "
                "use it at a time, and readers wait for writers. A local disk is better.",
            )

    def make_durable(self) -> None:
        """Return once no power cut can take back what was committed; a commit by itself survives only a dead process.

        To be called before anything is destroyed that only the library still tells of.

        Raises:
            CatalogNotDurable: the system does not do it now.
        """
        try:
            # Closing it drops no locks: SQLite has none on the log. Without a log, every commit is durable.
            log = os.open(self.path.with_name(f"{self.path.name}-wal"), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(log)
            finally:
                os.close(log)
        except FileNotFoundError:
            return
        except OSError as error:
            raise not_durable(error, self.path) from error

    def data_version(self) -> int:
        """A number that is another one after any commit by any thread of any process, this one included."""
        with self._lock, self.translated():
            if self._closed:
                raise self._closed_error()
            if self._watcher is None:
                self._watcher = self.new_reader()
            version: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
            return version

    def close(self) -> None:
        """Close the connections of all threads; a second call does nothing. No thread may be inside a call."""
        with self._lock:
            self._closed = True
            # The last one to close empties the write-ahead log, which the watcher cannot: it goes first.
            connections = [*([self._watcher] if self._watcher else []), *self._connections.values()]
            self._connections.clear()
            self._watcher = None
            self._local = threading.local()
        for connection in connections:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _mode(self) -> str:
        mode: str = getattr(self._local, "mode", "")
        return mode

    def _connect_thread(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise self._closed_error()
            for thread in [thread for thread in self._connections if not thread.is_alive()]:
                self._connections.pop(thread).close()
        with self.translated():
            connection = self._patiently(lambda: _open(self.path, self.busy_timeout_s, read_only=self.read_only))
            if self._connections:
                connection.execute(f"PRAGMA cache_size = -{_THREAD_CACHE_KIB}")
        with self._lock:
            self._connections[threading.current_thread()] = connection
        self._local.connection = connection
        return connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # SQLite's own waiting is a poll that can starve; threads of one process can queue.
        if not self._write_turn.acquire(timeout=self.busy_timeout_s):
            raise CatalogBusy(
                f"Cannot change the library {self.path}: another thread kept it locked for too long.", "Try again."
            )
        try:
            yield
        finally:
            self._write_turn.release()

    @contextmanager
    def _transaction(self, begin: str, mode: str) -> Iterator[sqlite3.Connection]:
        connection = self.connection()
        local = self._local
        local.mode = mode
        try:
            with on_failure(partial(_roll_back, connection)):
                self._begin(connection, begin)
                yield connection
                connection.execute("COMMIT")
        finally:
            local.mode = ""

    @contextmanager
    def _savepoint(self) -> Iterator[sqlite3.Connection]:
        connection = self.connection()
        connection.execute("SAVEPOINT part")
        with on_failure(partial(_roll_back_part, connection)):
            yield connection
        connection.execute("RELEASE part")

    def _begin(self, connection: sqlite3.Connection, begin: str) -> None:
        # SQLite's own waiting sleeps for up to 0.1 s, and misses the short pauses of a process that writes a lot.
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._patiently(lambda: _begin(connection, begin))
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(self.busy_timeout_s * 1000)}")

    def _patiently(self, action: Callable[[], T]) -> T:
        # SQLite does not call its busy handler everywhere: not while a log is recovered or the journal mode changes.
        deadline = time.monotonic() + self.busy_timeout_s
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                if primary_code(error) not in BUSY_CODES or time.monotonic() >= deadline:
                    raise
            time.sleep(os.urandom(1)[0] / 51_000)  # up to 5 ms; importing random takes 3 ms

    def _checkpoints(self) -> AbstractContextManager[object]:
        if sqlite3.sqlite_version_info < SAFE_SQLITE:
            return nullcontext()  # where a checkpoint beside a writer is what can corrupt the log
        return checkpoints.checkpoints(lambda: _open(self.path, self.busy_timeout_s, read_only=False))

    def _pragma(self, text: str) -> str:
        value: str = self.connection().execute(f"PRAGMA {text}").fetchone()[0]
        return value

    def _closed_error(self) -> CatalogError:
        return CatalogError(f"The library {self.path} is closed already.", "Open it again.")


def open_reader(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """A connection that cannot write to the library but may make temporary tables, in memory; the caller closes it.

    One thread at a time may use it, for SQLite does not look after that (``Reader`` does): each value of a row would
    take and release a lock, a tenth of the time of a listing. Any thread may call its ``interrupt()``.

    Raises:
        NotACatalog: there is no library at the path.
    """
    check_sqlite_version()
    if inspect(path, APPLICATION_ID) is not FileState.OURS:
        raise NotACatalog(f"There is no library at {path} yet.", "Check db_path in the configuration.")
    try:
        connection = _open(path.absolute(), busy_timeout_s, read_only=True, **_UNGUARDED)
        # Not PRAGMA query_only: that forbids temporary tables too.
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
    except sqlite3.Error as error:
        raise catalog_error(error, path) from error
    return connection


def check_sqlite_version(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Raises CatalogError if the SQLite library of this Python is too old for a library."""
    if version < OLDEST_SQLITE:
        raise CatalogError(
            f"Cannot use SQLite {_dotted(version)}: the search index needs {_dotted(OLDEST_SQLITE)} or later.",
            "Install pysqlite3 (Linux on x86-64) or a Python with a newer SQLite.",
        )


def version_warnings(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> tuple[str, ...]:
    """What people should know about the SQLite library of this Python, one line each."""
    if version >= SAFE_SQLITE:
        return ()
    return (
        f"SQLite {_dotted(version)} can corrupt a library that two processes write at the same instant; "
        f"{_dotted(SAFE_SQLITE)} or later cannot. Install pysqlite3 or a Python with a newer SQLite.",
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _open(path: Path, timeout_s: float, *, read_only: bool, **more: Any) -> sqlite3.Connection:
    options = "mode=ro" if read_only else "mode=rw"
    log = path.with_name(f"{path.name}-wal")
    if read_only and not is_folder_writable(path) and not (log.exists() and log.stat().st_size):
        options += "&immutable=1"  # SQLite may not make its shared memory file here, and nothing waits in a log
    connection: sqlite3.Connection = sqlite3.connect(
        f"{path.as_uri()}?{options}", uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False, **more
    )
    with on_failure(connection.close):
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except UnicodeDecodeError as error:
            raise catalog_error(error, path) from error
    return connection


def _begin(connection: sqlite3.Connection, begin: str) -> None:
    with on_failure(partial(_roll_back, connection)):
        connection.execute(begin)
        connection.execute("PRAGMA schema_version")  # a plain BEGIN takes its snapshot only when something is read


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # a full disk, for one, makes SQLite roll back by itself
        connection.execute("ROLLBACK")


def _roll_back_part(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK TO part")
        connection.execute("RELEASE part")
