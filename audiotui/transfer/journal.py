"""The journal: which jobs there are, how far they got, and who works on them, in an SQLite file beside the catalog.

Any process of the library may create jobs, read them, and ask for a change; only the process that holds a job's lease
(``leased_job.LeasedJob``) writes its progress. The catalog is the truth about bytes; the journal's "done" proves
nothing after a power loss, and the engine looks again. A journal belongs to one library and refuses any other.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiotui.core.encoding import from_ms, optional_time, original_text, stored_text
from audiotui.errors import AmbiguousId, InvalidInput, JobNotFound
from audiotui.transfer import journal_file
from audiotui.transfer.intents import Intents
from audiotui.transfer.job_writing import JobWriter
from audiotui.transfer.jobs import (
    ItemInfo,
    ItemState,
    JobInfo,
    JobItem,
    JobKind,
    JobState,
    NewJob,
    UnfinishedUploads,
)
from audiotui.transfer.leased_job import PAGE_ITEMS, LeasedJob
from audiotui.transfer.leases import LEASE_S, Owner, boot_clock_s, lease_is_free
from audiotui.transfer.location_health import LocationHealth
from audiotui.transfer.shared_line import SharedLine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from audiotui.core.database import Database

_JOB_COLUMNS = """number, id, kind, title, source, destination, state, wish, total_items, done_items, failed_items,
    skipped_items, cancelled_items, total_bytes, done_bytes, rate_bytes_s, eta_s, parallel, bytes_per_s, error, hint,
    created_at, started_at, finished_at, owner, lease_until_boot_s, params"""


_ITEM_COLUMNS = "number, recording_uid, name, key, size_bytes, done_bytes, state, attempt, error, hint"


def journal_path(db_path: Path) -> Path:
    """Where the journal of a catalog lies."""
    return db_path.with_name(f"{db_path.stem}.jobs.db")


class Journal:
    """An open journal; safe to use from several threads, each with its own connection.

    ``clock`` gives milliseconds since 1970 UTC, ``boot_clock`` seconds that no change of the wall clock moves.
    """

    def __init__(
        self,
        path: Path,
        *,
        library_id: str,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        boot_clock: Callable[[], float] = boot_clock_s,
        owner: Owner | None = None,
    ) -> None:
        self.path = path
        self.boot_clock = boot_clock
        self._clock = clock
        self._owner = str(owner or Owner.this_process())
        self._reserved: set[str] = set()
        self._db: Database = journal_file.open_or_create(path, library_id=library_id)
        self.intents = Intents(self._db, clock=clock, boot_clock=boot_clock, owner=self._owner)
        self.location_health = LocationHealth(self._db)

    def line(self, location: str, direction: str) -> SharedLine:
        """The line ``to`` or ``from`` a location, which engines that limit their rate share."""
        return SharedLine(self._db, f"{direction} {location}", boot_clock=self.boot_clock)

    def close(self) -> None:
        """Close the connections of all threads."""
        self.intents.close()
        self._db.close()

    def data_version(self) -> int:
        """A number that is another one after any change of the journal by any process."""
        return self._db.data_version()

    def create_job(self, new: NewJob, items: Iterable[JobItem], *, reserve: bool = False) -> str:
        """Write a job and all its items, and return the job's id; nobody runs it before the last one is there.

        ``reserve`` keeps the job for this process, which is about to run it itself: no worker takes it meanwhile.
        """
        writer = JobWriter(self._db, owner=self._owner, now_ms=self._clock(), boot_s=self.boot_clock())
        job_id = writer.write(new, items, reserve=reserve)
        if reserve:
            self._reserved.add(job_id)
        return job_id

    def jobs(self, limit: int | None = None, *, offset: int = 0) -> list[JobInfo]:
        """Jobs for a list: open ones first in the order they run, then finished ones, newest first."""
        with self._db.read() as connection:
            rows = connection.execute(
                f"""SELECT {_JOB_COLUMNS} FROM jobs
                    ORDER BY state IN ('done', 'failed', 'cancelled'),
                        CASE WHEN state IN ('done', 'failed', 'cancelled') THEN -number ELSE position END
                    LIMIT ? OFFSET ?""",
                (-1 if limit is None else limit, offset),
            ).fetchall()
        return self._infos(rows)

    def job(self, job_id: str) -> JobInfo:
        """One job by its id or an unambiguous prefix.

        Raises:
            JobNotFound: no job has this id.
            AmbiguousId: the prefix fits several.
        """
        return self._job(job_id)[1]

    def items(
        self, job_id: str, states: Sequence[ItemState] | None = None, limit: int | None = None, offset: int = 0
    ) -> list[ItemInfo]:
        """A page of a job's items in their order, of all states or only of some."""
        number, job = self._job(job_id)
        wanted = [str(state) for state in states] if states is not None else []
        chosen = f"AND state IN ({', '.join('?' * len(wanted))})" if states is not None else ""
        with self._db.read() as connection:
            rows = connection.execute(
                f"""SELECT {_ITEM_COLUMNS} FROM items WHERE job = ? {chosen} ORDER BY number LIMIT ? OFFSET ?""",
                (number, *wanted, -1 if limit is None else limit, offset),
            ).fetchall()
        return [_item_info(row, job.id) for row in rows]

    def each_item(self, job_id: str, states: Collection[ItemState]) -> Iterator[ItemInfo]:
        """All of a job's items in some states, read by the page; for jobs of any size."""
        number, job = self._job(job_id)
        wanted = json.dumps([str(state) for state in states])
        last = 0
        while True:
            with self._db.read() as connection:
                rows = connection.execute(
                    f"""SELECT {_ITEM_COLUMNS} FROM items
                        WHERE job = ? AND number > ? AND state IN (SELECT value FROM json_each(?))
                        ORDER BY number LIMIT {PAGE_ITEMS}""",
                    (number, last, wanted),
                ).fetchall()
            yield from (_item_info(row, job.id) for row in rows)
            if len(rows) < PAGE_ITEMS:
                return
            last = rows[-1][0]

    def next_job(self, *, skip: Collection[str] = ()) -> str | None:
        """The id of the first job that waits for a process, or whose process died; ``skip`` leaves out some."""
        now_s = self.boot_clock()
        with self._db.read() as connection:
            rows = connection.execute(
                """SELECT id, owner, lease_until_boot_s FROM jobs
                   WHERE state IN ('queued', 'running') ORDER BY position"""
            ).fetchall()
        free = (row[0] for row in rows if lease_is_free(row[1], row[2], now_s=now_s))
        return next((job_id for job_id in free if job_id not in skip), None)

    def lease(self, job_id: str) -> LeasedJob | None:
        """Take a whole job for this process; None if another process, or another engine of this one, has it.

        A job that is done, failed, cancelled or held is not taken either.
        """
        number, _ = self._job(job_id)
        with self._db.write() as connection:
            full_id, state, owner, until_s = connection.execute(
                "SELECT id, state, owner, lease_until_boot_s FROM jobs WHERE number = ?", (number,)
            ).fetchone()
            is_reserved = full_id in self._reserved and owner == self._owner
            if state not in ("queued", "running"):
                return None
            if not is_reserved and not lease_is_free(owner, until_s, now_s=self.boot_clock()):
                return None
            connection.execute(
                """UPDATE jobs SET state = 'running', owner = ?, lease_until_boot_s = ?, error = '', hint = '',
                        started_at = coalesce(started_at, ?) WHERE number = ?""",
                (self._owner, self.boot_clock() + LEASE_S, self._clock(), number),
            )
            connection.execute("UPDATE items SET state = 'waiting' WHERE job = ? AND state = 'active'", (number,))
        self._reserved.discard(full_id)
        return LeasedJob(
            self._db, number, self.job(full_id), owner=self._owner, clock=self._clock, boot_clock=self.boot_clock
        )

    def hold(self, job_id: str) -> None:
        """Let a job rest until ``resume``; one that runs is asked to, and stops within two seconds."""
        self._stop(job_id, JobState.HELD)

    def resume(self, job_id: str) -> None:
        """Queue a held job again. A job that is not held is left as it is."""
        number, _ = self._job(job_id)
        with self._db.write() as connection:
            connection.execute("UPDATE jobs SET wish = '' WHERE number = ? AND wish = 'held'", (number,))
            connection.execute("UPDATE jobs SET state = 'queued' WHERE number = ? AND state = 'held'", (number,))

    def cancel(self, job_id: str) -> None:
        """End a job; what arrived stays and what is half there is kept for a retry. Finished jobs are left alone."""
        self._stop(job_id, JobState.CANCELLED)

    def retry(self, job_id: str) -> int:
        """Let all failed and cancelled items of a job wait again, queue it if it was finished; how many they are.

        A cancellation that the process at work has not heard of yet is taken back.
        """
        number, _ = self._job(job_id)
        with self._db.write() as connection:
            connection.execute("UPDATE jobs SET wish = '' WHERE number = ? AND wish = 'cancelled'", (number,))
            count = connection.execute(
                """UPDATE items SET state = 'waiting', error = '', hint = '', attempt = 0
                   WHERE job = ? AND state IN ('failed', 'cancelled')""",
                (number,),
            ).rowcount
            connection.execute("UPDATE jobs SET failed_items = 0, cancelled_items = 0 WHERE number = ?", (number,))
            if count:
                connection.execute(
                    """UPDATE jobs SET state = 'queued', error = '', hint = '', finished_at = NULL
                       WHERE number = ? AND state IN ('done', 'failed', 'cancelled')""",
                    (number,),
                )
        return int(count)

    def move(self, job_id: str, steps: int) -> None:
        """Let an open job run earlier (negative) or later (positive) by so many places."""
        number, _ = self._job(job_id)
        with self._db.write() as connection:
            order = [
                row[0]
                for row in connection.execute(
                    "SELECT number FROM jobs WHERE state IN ('queued', 'running', 'held') ORDER BY position"
                )
            ]
            if number not in order:
                return
            old = order.index(number)
            order.insert(max(0, min(len(order) - 1, old + steps)), order.pop(old))
            connection.executemany(
                "UPDATE jobs SET position = ? WHERE number = ?", [(place, one) for place, one in enumerate(order, 1)]
            )

    def set_limits(self, job_id: str, *, parallel: int | None, bytes_per_s: int | None) -> None:
        """Change how many items run at once and how fast (None: no limit); a running job follows within a second."""
        number, _ = self._job(job_id)
        if (parallel is not None and parallel < 1) or (bytes_per_s is not None and bytes_per_s < 1):
            raise InvalidInput("The number in parallel and the rate of a job are at least 1.")
        with self._db.write() as connection:
            connection.execute(
                "UPDATE jobs SET parallel = ?, bytes_per_s = ? WHERE number = ?", (parallel, bytes_per_s, number)
            )

    def forget_finished(self, *, older_than_s: float = 0.0) -> int:
        """Remove jobs that are done, failed or cancelled, at least so many seconds ago; how many they were."""
        before = self._clock() - int(older_than_s * 1000)
        now_s = self.boot_clock()
        with self._db.write() as connection:
            rows = connection.execute(
                """SELECT number, owner, lease_until_boot_s FROM jobs
                   WHERE state IN ('done', 'failed', 'cancelled') AND finished_at <= ?""",
                (before,),
            ).fetchall()
            free = [(number,) for number, owner, until_s in rows if lease_is_free(owner, until_s, now_s=now_s)]
            connection.executemany("DELETE FROM jobs WHERE number = ?", free)
        return len(free)

    def unfinished_uploads(self) -> UnfinishedUploads:
        """What the journal knows of uploads that are not finished, for those who clean up."""
        with self._db.read() as connection:
            open_tags = connection.execute(f"SELECT temp_tag FROM jobs WHERE {_IS_OPEN}").fetchall()
            tokens = connection.execute(
                f"""SELECT token, {_IS_OPEN} FROM items JOIN jobs ON jobs.number = items.job WHERE token <> ''"""
            ).fetchall()
        return UnfinishedUploads(
            open_tags=frozenset(tag for (tag,) in open_tags),
            open_tokens=frozenset(token for token, is_open in tokens if is_open),
            closed_tokens=frozenset(token for token, is_open in tokens if not is_open),
        )

    def _stop(self, job_id: str, target: JobState) -> None:
        number, _ = self._job(job_id)
        with self._db.write() as connection:
            state, owner, until_s = connection.execute(
                "SELECT state, owner, lease_until_boot_s FROM jobs WHERE number = ?", (number,)
            ).fetchone()
            if JobState(state).is_final or state == target:
                return
            if not lease_is_free(owner, until_s, now_s=self.boot_clock()):
                connection.execute("UPDATE jobs SET wish = ? WHERE number = ?", (target, number))
                return
            LeasedJob.close_rows(connection, number, target, finished_at=self._clock())

    def _job(self, job_id: str) -> tuple[int, JobInfo]:
        wanted = stored_text(job_id.strip().lower())
        with self._db.read() as connection:
            rows = connection.execute(
                f"SELECT {_JOB_COLUMNS} FROM jobs WHERE substr(id, 1, ?) = ? ORDER BY number DESC LIMIT 2",
                (len(wanted), wanted),
            ).fetchall()
        if not wanted or not rows:
            raise JobNotFound(f"There is no job {job_id!r}.", "list-jobs shows all.")
        if len(rows) > 1:
            raise AmbiguousId(f"The job id {job_id!r} fits several jobs.", "Give more of its characters.")
        return rows[0][0], self._infos(rows)[0]

    def _infos(self, rows: Sequence[Any]) -> list[JobInfo]:
        """Rows of ``_JOB_COLUMNS``, with what their jobs wait for."""
        infos = [_job_info(row, self.boot_clock()) for row in rows]
        down = self.location_health.down()
        return [
            replace(info, waits_for=self._waits_for(row[0], info, down)) if down and info.is_live else info
            for row, info in zip(rows, infos, strict=True)
        ]

    def _waits_for(self, number: int, info: JobInfo, down: Collection[str]) -> str:
        """Which end of what a job does now is down; '' if none is."""
        source = info.source
        if not source:  # each file comes from its best copy, and those of one location go together
            with self._db.read() as connection:
                row = connection.execute(_CURRENT_SOURCE, (number,)).fetchone()
            source = "" if row is None else row[0]
        return next((name for name in (info.destination, source) if name in down), "")


_CURRENT_SOURCE = """
SELECT source FROM items WHERE job = ? AND state IN ('waiting', 'active') ORDER BY number LIMIT 1
"""

_IS_OPEN = "jobs.state IN ('queued', 'running', 'held')"


def _item_info(row: Sequence[Any], job_id: str) -> ItemInfo:
    number, uid, name, key, size_bytes, done_bytes, state, attempt, error, hint = row
    return ItemInfo(
        id=number,
        job_id=job_id,
        recording_uid=uid,
        name=original_text(name),
        key=key,
        size_bytes=size_bytes,
        done_bytes=done_bytes,
        state=ItemState(state),
        attempt=attempt,
        error=original_text(error),
        hint=original_text(hint),
    )


def _job_info(row: Sequence[Any], now_s: float) -> JobInfo:
    """One row of ``_JOB_COLUMNS``."""
    owner, until_s = row[24], row[25]
    is_live = bool(owner) and not lease_is_free(owner, until_s, now_s=now_s)
    return JobInfo(
        id=row[1],
        kind=JobKind(row[2]),
        title=original_text(row[3]),
        source=row[4],
        destination=row[5],
        state=JobState(row[6]),
        wish=JobState(row[7]) if row[7] else None,
        total_items=row[8],
        done_items=row[9],
        failed_items=row[10],
        skipped_items=row[11],
        cancelled_items=row[12],
        total_bytes=row[13],
        done_bytes=row[14],
        rate_bytes_s=row[15] if is_live else None,
        eta_s=row[16] if is_live else None,
        parallel=row[17],
        bytes_per_s=row[18],
        error=original_text(row[19]),
        hint=original_text(row[20]),
        created_at=from_ms(row[21]),
        started_at=optional_time(row[22]),
        finished_at=optional_time(row[23]),
        owner=owner,
        is_live=is_live,
        params=json.loads(row[26]),
    )
