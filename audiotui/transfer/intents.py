"""What adding files is about to leave in a location, written down before it does: reference before effect.

A file that is added lies under a temp name, then under its key, and only then in the catalog. A crash in between would
leave bytes that no row knows. Each batch of files is intended first and settled when the catalog has its rows; what a
dead process left unsettled, ``sweep`` finishes or undoes. While a batch is open, a thread renews its lease: adding a
big file may take longer than a lease lasts, and another machine's container cannot see whether this process lives.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import CatalogError
from audiotui.transfer.leases import LEASE_S, RENEW_S, lease_is_free

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from audiotui.core.database import Database

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IntendedFile:
    """One file on its way into a location.

    ``sha256`` is '' where it is not known yet, and where the bytes were there before, so that nobody undoes them.
    """

    location: str
    temp: str
    """The key it is written under first, '' if it is written in place."""
    key: str
    sha256: str = ""


class Intents:
    """The journal's table of intents; safe to use from several threads. Made by ``Journal``."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Callable[[], int],
        boot_clock: Callable[[], float],
        owner: str,
        renew_s: float = RENEW_S,
    ) -> None:
        self._db = db
        self._clock = clock
        self._boot_clock = boot_clock
        self._owner = owner
        self._renew_s = renew_s
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._renewer: threading.Thread | None = None
        self._wake = threading.Event()

    def intend(self, files: Iterable[IntendedFile]) -> int:
        """Write down files that are about to be written, in one transaction; the number of the batch.

        Where there are keys among them, that survives a power cut; temp names alone are found again by their form.
        """
        files = list(files)
        now, until_s = self._clock(), self._boot_clock() + LEASE_S
        with self._db.write() as connection:
            # From the sequence, so that the number of a settled batch never names a later one.
            row = connection.execute("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'intents'").fetchone()
            batch = int(row[0]) if row else 1
            connection.executemany(
                """INSERT INTO intents (batch, location, temp, key, sha256, owner, lease_until_boot_s, created_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                [
                    (batch, file.location, file.temp, file.key, bytes.fromhex(file.sha256), self._owner, until_s, now)
                    for file in files
                ],
            )
        if any(file.key for file in files):
            self._db.make_durable()
        self._keep(batch)
        return batch

    def settled(self, batch: int) -> None:
        """Forget a batch: the catalog has its rows, or its files are gone again."""
        with self._lock:
            self._open.discard(batch)
        with self._db.write() as connection:
            connection.execute("DELETE FROM intents WHERE batch = ?", (batch,))

    def close(self) -> None:
        """Renew no lease any more; what is still open is abandoned once this process has ended."""
        with self._lock:
            self._open.clear()
            renewer, self._renewer = self._renewer, None
            self._wake.set()
        if renewer is not None:
            renewer.join()

    def _keep(self, batch: int) -> None:
        """Let the lease of a batch be renewed until it is settled."""
        with self._lock:
            self._open.add(batch)
            if self._renewer is None:
                self._wake = threading.Event()
                self._renewer = threading.Thread(
                    target=self._renew, args=(self._wake,), name="audiotui-intents", daemon=True
                )
                self._renewer.start()

    def _renew(self, stop: threading.Event) -> None:
        while not stop.wait(self._renew_s):
            with self._lock:
                batches = list(self._open)
                if not batches:
                    self._renewer = None
                    return
            until_s = self._boot_clock() + LEASE_S
            try:
                with self._db.write() as connection:
                    connection.executemany(
                        "UPDATE intents SET lease_until_boot_s = ? WHERE batch = ?",
                        [(until_s, batch) for batch in batches],
                    )
            except CatalogError:
                _log.warning("the leases of files that are being added could not be renewed", exc_info=True)

    @contextmanager
    def nobody_adds(self, location: str, key: str, *, besides: Collection[int] = ()) -> Iterator[bool]:
        """Whether no living process is adding a file of this key, other than in the batches ``besides``.

        Inside the context none can begin to, so a file may be removed that somebody else would take for his own.
        """
        now_s = self._boot_clock()
        with self._db.write() as connection:
            rows = connection.execute(
                "SELECT batch, owner, lease_until_boot_s FROM intents WHERE location = ? AND key = ?", (location, key)
            ).fetchall()
            yield all(batch in besides or lease_is_free(owner, until_s, now_s=now_s) for batch, owner, until_s in rows)

    def abandoned(self) -> list[tuple[int, tuple[IntendedFile, ...]]]:
        """The batches whose process is dead, oldest first."""
        now_s = self._boot_clock()
        batches: dict[int, list[IntendedFile]] = {}
        with self._db.read() as connection:
            rows = connection.execute(
                "SELECT batch, location, temp, key, sha256, owner, lease_until_boot_s FROM intents ORDER BY number"
            ).fetchall()
        for batch, location, temp, key, sha256, owner, until_s in rows:
            if lease_is_free(owner, until_s, now_s=now_s):
                batches.setdefault(batch, []).append(IntendedFile(location, temp, key, sha256.hex()))
        return [(batch, tuple(files)) for batch, files in batches.items()]
