"""A job in the hands of the one process that works on it: its open items, and what the holder writes about them.

Writes come in groups, one transaction each, so that a job of 100,000 files costs the journal a few writes a second.
Marks of finished items may be lost in a crash: the engine then looks at the destination again and finds them done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.core.encoding import original_text, stored_text
from audiotui.errors import TransferError
from audiotui.transfer.jobs import ItemState, JobInfo, JobItem, JobState
from audiotui.transfer.leases import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from audiotui.core.database import Database, sqlite3
    from audiotui.errors import AudiotuiError
    from audiotui.transfer.progress import Rate

PAGE_ITEMS = 1_000
"""Open items are read in pages of so many, so that memory does not grow with the job."""


class LeaseLost(TransferError):
    """Another process works on the job by now, because the holder was frozen for longer than its lease."""


class OpenItem(NamedTuple):
    """An item that is not finished, with what is left of earlier tries."""

    number: int
    item: JobItem
    done_bytes: int
    token: str
    """Of an unfinished upload at the destination, '' if there is none."""


class Mark(NamedTuple):
    """How one item ended."""

    number: int
    state: ItemState
    size_bytes: int
    attempt: int = 1
    error: str = ""
    hint: str = ""
    keep_token: bool = False
    """Whether the unfinished upload stays, to be resumed by a retry."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What people ask of the job while it runs."""

    wish: JobState | None
    parallel: int | None
    bytes_per_s: int | None


class LeasedJob:
    """One job that this process holds. Used by one thread; made by ``Journal.lease``."""

    def __init__(
        self,
        db: Database,
        number: int,
        info: JobInfo,
        *,
        owner: str,
        clock: Callable[[], int],
        boot_clock: Callable[[], float],
    ) -> None:
        self.info = info
        """The job as it was when it was taken."""
        self._db = db
        self._number = number
        self._owner = owner
        self._clock = clock
        self._boot_clock = boot_clock
        self._settled_bytes = self._bytes_of_finished()

        with db.read() as connection:
            self.temp_tag, fingerprints = connection.execute(
                "SELECT temp_tag, fingerprints FROM jobs WHERE number = ?", (number,)
            ).fetchone()
        self.fingerprints: dict[str, str] = json.loads(fingerprints)
        """What the names of the job's locations pointed at when it was made."""

    def waiting_sources(self) -> list[str]:
        """The locations that waiting items come from."""
        with self._db.read() as connection:
            rows = connection.execute(
                "SELECT source FROM items WHERE job = ? AND state = 'waiting' GROUP BY source ORDER BY min(number)",
                (self._number,),
            ).fetchall()
        return [row[0] for row in rows]

    def waiting_items(self, source: str) -> Iterator[OpenItem]:
        """The items that wait to come from a location, in their order, by the page; marks may be written meanwhile."""
        last = 0
        while True:
            with self._db.read() as connection:
                rows = connection.execute(
                    """SELECT number, file_id, recording_uid, name, source, source_key, key, size_bytes, sha256,
                           part_sha256, managed, done_bytes, token
                       FROM items WHERE job = ? AND state = 'waiting' AND source = ? AND number > ?
                       ORDER BY number LIMIT ?""",
                    (self._number, source, last, PAGE_ITEMS),
                ).fetchall()
            yield from map(_open_item, rows)
            if len(rows) < PAGE_ITEMS:
                return
            last = rows[-1][0]

    def orders(self) -> Orders:
        """What people ask for now."""
        with self._db.read() as connection:
            wish, parallel, bytes_per_s = connection.execute(
                "SELECT wish, parallel, bytes_per_s FROM jobs WHERE number = ?", (self._number,)
            ).fetchone()
        return Orders(JobState(wish) if wish else None, parallel, bytes_per_s)

    def save_token(self, number: int, token: str) -> None:
        """Write down an unfinished upload, before its first byte is sent."""
        with self._db.write() as connection:
            connection.execute("UPDATE items SET token = ? WHERE job = ? AND number = ?", (token, self._number, number))

    def write(self, marks: Sequence[Mark], active: Mapping[int, tuple[int, int]], rate: Rate | None) -> None:
        """Write how items ended and how far the active ones are, and renew the lease, in one transaction.

        ``active`` maps the number of an item to its done bytes and its attempt.

        Raises:
            LeaseLost: another process has taken the job meanwhile; nothing was written.
        """
        with self._db.write() as connection:
            if not self._still_ours(connection):
                raise LeaseLost(
                    f"Another process has taken over job {self.info.id}.",
                    "This one did not move for too long; list-jobs shows how far the other is.",
                )
            self._write_marks(connection, marks)
            connection.executemany(
                """UPDATE items SET state = 'active', done_bytes = ?, attempt = ?
                   WHERE job = ? AND number = ? AND state IN ('waiting', 'active')""",
                [(done, attempt, self._number, number) for number, (done, attempt) in active.items()],
            )
            self._write_totals(connection, sum(done for done, _ in active.values()), rate)

    def finish(self, error: AudiotuiError | None = None) -> bool:
        """Give the job back as done or failed, with the error that ended it early, if one did.

        False, and it stays leased, if items have been set waiting again meanwhile.
        """
        with self._db.write() as connection:
            if not self._still_ours(connection):
                return True
            if self._has_open(connection):
                return False
            state = self._final_state(connection)
            self._close(connection, state)
            if error is not None and state is JobState.FAILED:
                connection.execute(
                    "UPDATE jobs SET error = ?, hint = ? WHERE number = ?",
                    (stored_text(error.message), stored_text(error.hint), self._number),
                )
        return True

    def release(self, state: JobState) -> None:
        """Give the job back before its end; open items wait. A job that turns out to have ended is done or failed."""
        with self._db.write() as connection:
            if not self._still_ours(connection):
                return
            ended = not self._has_open(connection) and not self._count(connection, "cancelled_items")
            self._close(connection, self._final_state(connection) if ended else state)

    @staticmethod
    def close_rows(connection: sqlite3.Connection, number: int, state: JobState, *, finished_at: int) -> None:
        """End the running of a job inside the caller's transaction, whoever held it."""
        open_state = ItemState.CANCELLED if state is JobState.CANCELLED else ItemState.WAITING
        count = connection.execute(
            "UPDATE items SET state = ? WHERE job = ? AND state IN ('waiting', 'active')", (open_state, number)
        ).rowcount
        connection.execute(
            """UPDATE jobs SET state = ?, wish = '', owner = '', lease_until_boot_s = 0, rate_bytes_s = NULL,
                   eta_s = NULL, cancelled_items = cancelled_items + ?, finished_at = ?,
                   done_bytes = (SELECT coalesce(sum(done_bytes), 0) FROM items
                                 WHERE job = ? AND (state IN ('done', 'skipped') OR token <> ''))
               WHERE number = ?""",  # what arrived of unfinished files counts: a retry starts with it
            (
                state,
                count if open_state is ItemState.CANCELLED else 0,
                finished_at if state.is_final else None,
                number,
                number,
            ),
        )

    def _write_marks(self, connection: sqlite3.Connection, marks: Sequence[Mark]) -> None:
        connection.executemany(
            """UPDATE items SET state = ?, done_bytes = coalesce(?, done_bytes), attempt = ?, error = ?, hint = ?,
                   token = CASE WHEN ? THEN token ELSE '' END
               WHERE job = ? AND number = ?""",
            [
                (
                    *(mark.state, mark.size_bytes if mark.state in _ARRIVED else None, mark.attempt),
                    *(stored_text(mark.error), stored_text(mark.hint), mark.keep_token, self._number, mark.number),
                )
                for mark in marks
            ],
        )
        counts = {state: sum(mark.state is state for mark in marks) for state in _COUNTED}
        connection.execute(
            """UPDATE jobs SET done_items = done_items + ?, skipped_items = skipped_items + ?,
                   failed_items = failed_items + ?, cancelled_items = cancelled_items + ? WHERE number = ?""",
            (*counts.values(), self._number),
        )
        self._settled_bytes += sum(mark.size_bytes for mark in marks if mark.state in _ARRIVED)

    def _write_totals(self, connection: sqlite3.Connection, active_bytes: int, rate: Rate | None) -> None:
        total_bytes, open_items = connection.execute(
            """SELECT total_bytes, total_items - done_items - skipped_items - failed_items - cancelled_items
               FROM jobs WHERE number = ?""",
            (self._number,),
        ).fetchone()
        done_bytes = self._settled_bytes + active_bytes
        eta_s = rate.eta_s(open_bytes=max(0, total_bytes - done_bytes), open_items=open_items) if rate else None
        connection.execute(
            "UPDATE jobs SET done_bytes = ?, rate_bytes_s = ?, eta_s = ?, lease_until_boot_s = ? WHERE number = ?",
            (done_bytes, rate.bytes_s if rate else None, eta_s, self._boot_clock() + LEASE_S, self._number),
        )

    def _close(self, connection: sqlite3.Connection, state: JobState) -> None:
        self.close_rows(connection, self._number, state, finished_at=self._clock())

    def _final_state(self, connection: sqlite3.Connection) -> JobState:
        return JobState.FAILED if self._count(connection, "failed_items") else JobState.DONE

    def _count(self, connection: sqlite3.Connection, column: str) -> int:
        row = connection.execute(f"SELECT {column} FROM jobs WHERE number = ?", (self._number,)).fetchone()
        return int(row[0])

    def _still_ours(self, connection: sqlite3.Connection) -> bool:
        row = connection.execute("SELECT owner FROM jobs WHERE number = ?", (self._number,)).fetchone()
        return row is not None and row[0] == self._owner

    def _has_open(self, connection: sqlite3.Connection) -> bool:
        row = connection.execute(
            "SELECT 1 FROM items WHERE job = ? AND state IN ('waiting', 'active') LIMIT 1", (self._number,)
        ).fetchone()
        return row is not None

    def _bytes_of_finished(self) -> int:
        with self._db.read() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(size_bytes), 0) FROM items WHERE job = ? AND state IN ('done', 'skipped')",
                (self._number,),
            ).fetchone()
        return int(row[0])


_ARRIVED = (ItemState.DONE, ItemState.SKIPPED)
_COUNTED = (ItemState.DONE, ItemState.SKIPPED, ItemState.FAILED, ItemState.CANCELLED)


def _open_item(row: tuple[Any, ...]) -> OpenItem:
    number, file_id, uid, name, source, source_key, key, size_bytes, sha256, parts, managed, done_bytes, token = row
    item = JobItem(
        file_id=file_id,
        recording_uid=uid,
        name=original_text(name),
        source=source,
        source_key=source_key,
        key=key,
        size_bytes=size_bytes,
        sha256=sha256.hex(),
        part_sha256=tuple(parts[at : at + 32].hex() for at in range(0, len(parts), 32)) if parts else (),
        managed=bool(managed),
    )
    return OpenItem(number=number, item=item, done_bytes=done_bytes, token=token)
