"""Writing a new job into the journal: a small one at once, a big one by and by, so that other writers get their turn.

Until its last item is there, a big job stands in the journal as a cancelled one that its writer still holds. Nobody
runs it; should its writer die, it is what it looks like, and goes with the other finished jobs.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from audiotui.core.encoding import stored_text
from audiotui.core.row_edits import chunks
from audiotui.transfer.jobs import JobItem, JobState, NewJob, new_job_id
from audiotui.transfer.leases import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audiotui.core.database import Database, sqlite3

CHUNK_ITEMS = 20_000
"""So many items are written while other writers wait: about a tenth of a second."""


class JobWriter:
    """Writes one job; ``owner`` is this process, ``now_ms`` and ``boot_s`` what the journal's clocks say."""

    def __init__(self, db: Database, *, owner: str, now_ms: int, boot_s: float) -> None:
        self._db = db
        self._owner = owner
        self._now_ms = now_ms
        self._boot_s = boot_s

    def write(self, new: NewJob, items: Iterable[JobItem], *, reserve: bool) -> str:
        """Write the job and all its items; returns its id. ``reserve`` leaves it leased to this process."""
        pages = chunks(items, CHUNK_ITEMS)
        page = next(pages, [])
        with self._db.write() as connection:
            number, job_id = self._insert_job(connection, new)
            self._insert_items(connection, number, 0, page)
            if len(page) < CHUNK_ITEMS:
                self._open(connection, number, reserve=reserve)
                return job_id
        written = len(page)
        for page in pages:
            with self._db.write() as connection:
                self._insert_items(connection, number, written, page)
            written += len(page)
        with self._db.write() as connection:
            self._open(connection, number, reserve=reserve)
        return job_id

    def _insert_job(self, connection: sqlite3.Connection, new: NewJob) -> tuple[int, str]:
        previous = connection.execute("SELECT id FROM jobs ORDER BY number DESC LIMIT 1").fetchone()
        job_id = new_job_id(self._now_ms, previous[0] if previous else None)
        number = connection.execute(
            """INSERT INTO jobs (id, temp_tag, kind, title, source, destination, fingerprints, params, state,
                   position, parallel, bytes_per_s, total_items, total_bytes, owner, lease_until_boot_s,
                   created_at, finished_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(position), 0) + 1 FROM jobs),
                   ?, ?, 0, 0, ?, ?, ?, ?)""",
            (
                *(job_id, _new_temp_tag(connection), new.kind, stored_text(new.title), new.source, new.destination),
                *(json.dumps(new.fingerprints), json.dumps(new.params), JobState.CANCELLED),
                *(new.parallel, new.bytes_per_s, self._owner, self._boot_s + LEASE_S, self._now_ms, self._now_ms),
            ),
        ).lastrowid
        if number is None:
            raise RuntimeError("an INSERT gave no row")
        return number, job_id

    @staticmethod
    def _insert_items(connection: sqlite3.Connection, job: int, written: int, items: Sequence[JobItem]) -> None:
        connection.executemany(
            """INSERT INTO items (job, number, file_id, recording_uid, name, source, source_key, key, size_bytes,
                   sha256, part_sha256, managed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (_item_row(job, number, item) for number, item in enumerate(items, start=written + 1)),
        )

    def _open(self, connection: sqlite3.Connection, job: int, *, reserve: bool) -> None:
        """All items are there: from now on it is a job."""
        connection.execute(
            """UPDATE jobs SET state = 'queued', finished_at = NULL, owner = :owner, lease_until_boot_s = :until,
                   total_items = (SELECT count(*) FROM items WHERE job = :job),
                   total_bytes = (SELECT coalesce(sum(size_bytes), 0) FROM items WHERE job = :job)
               WHERE number = :job""",
            {
                "job": job,
                "owner": self._owner if reserve else "",
                "until": self._boot_s + LEASE_S if reserve else 0.0,
            },
        )
        _take_over_uploads(connection, job)


def _take_over_uploads(connection: sqlite3.Connection, job: int) -> None:
    """Let a new job go on with what jobs that were given up left unfinished of its files, at the same place.

    Of several beginnings of one file, that which got furthest goes on. Each upload belongs to one item only.
    """
    left = connection.execute(_LEFT_UPLOADS, (job,)).fetchall()
    if not left:
        return
    wanted = json.dumps([key for _, _, key, _, _, _ in left])
    numbers = {
        (key, sha256): number
        for number, key, sha256 in connection.execute(
            """SELECT number, key, sha256 FROM items
               WHERE job = ? AND state = 'waiting' AND key IN (SELECT value FROM json_each(?))""",
            (job, wanted),
        )
    }
    for old_job, old_number, key, sha256, token, done_bytes in left:  # the furthest first
        number = numbers.pop((key, sha256), None)
        if number is not None:
            connection.execute(
                "UPDATE items SET token = ?, done_bytes = ? WHERE job = ? AND number = ?",
                (token, done_bytes, job, number),
            )
            connection.execute("UPDATE items SET token = '' WHERE job = ? AND number = ?", (old_job, old_number))


_LEFT_UPLOADS = """
    SELECT items.job, items.number, items.key, items.sha256, items.token, items.done_bytes
    FROM jobs AS new
    JOIN jobs AS old ON old.destination = new.destination AND old.fingerprints = new.fingerprints
        AND old.number <> new.number AND old.state IN ('failed', 'cancelled') AND old.owner = ''
    JOIN items ON items.job = old.number AND items.state IN ('failed', 'cancelled') AND items.token <> ''
    WHERE new.number = ? ORDER BY items.done_bytes DESC, items.job DESC
"""


def _new_temp_tag(connection: sqlite3.Connection) -> int:
    while True:
        tag = random.getrandbits(32)
        if connection.execute("SELECT 1 FROM jobs WHERE temp_tag = ?", (tag,)).fetchone() is None:
            return tag


def _item_row(job: int, number: int, item: JobItem) -> tuple[Any, ...]:
    return (
        *(job, number, item.file_id, item.recording_uid, stored_text(item.name)),
        *(item.source, item.source_key, item.key),
        *(item.size_bytes, bytes.fromhex(item.sha256), bytes.fromhex("".join(item.part_sha256)), int(item.managed)),
    )
