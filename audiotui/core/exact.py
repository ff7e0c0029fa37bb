"""Recordings by what is random about each of them: its uid, the hash of its text, and the digests of its files.

In a plain index of a million random values every new row changes another page, which is half the cost of adding it. The
indexes of these three begin with a stretch of ids, 16,384 in each: new rows go to the last stretch alone, whose pages
are few, and a search asks every stretch, less than a microsecond each. So the index keeps uids apart within one stretch
only; ``adding.py`` asks all of them before it takes a uid that was given.
"""

from __future__ import annotations


def in_all_stretches(columns: str, condition: str, table: str = "recordings") -> str:
    """The beginning of a query for recordings, or rows of another such table; more conditions can be appended.

    The condition is one on ``uid``, ``text_hash`` or ``sha256`` that an index can answer.
    """
    return f"""
WITH RECURSIVE stretches (stretch) AS (
    SELECT (SELECT max(id) FROM {table}) >> 14
    UNION ALL
    SELECT stretch - 1 FROM stretches WHERE stretch > 0
)
SELECT {columns} FROM stretches
CROSS JOIN {table} ON {table}.id >> 14 = stretch AND {condition}
"""


SAME_HASH = f"""{in_all_stretches("id, text", "text_hash = ?")}
WHERE deleted_at IS NULL
ORDER BY id DESC
LIMIT ?
"""
"""Takes a hash and a limit; gives id and text of the newest recordings outside the trash."""

WITH_UIDS = f"""{in_all_stretches("id, uid", "uid IN (SELECT value FROM json_each(?))")}
WHERE TRUE
"""
"""Takes a JSON list; gives id and uid. A further condition may follow."""

UIDS_BETWEEN = f"""{in_all_stretches("id, uid", "uid >= ? AND uid < ?")}
WHERE TRUE
"""
"""Takes the lowest uid and what is above the highest; gives id and uid. A further condition may follow."""

IDS_OF_UIDS_BETWEEN = in_all_stretches("recordings.id", "uid >= ? AND uid < ?")
"""The same, for a place that takes one column."""

WITH_DIGESTS = f"""{
    in_all_stretches(
        "lower(hex(sha256)), recordings.uid",
        "sha256 IN (SELECT unhex(value) FROM json_each(?1))",
        table="recording_files",
    )
}
JOIN recordings ON recordings.id = recording_id
WHERE kind = ?2 AND current
ORDER BY recordings.deleted_at IS NULL, recordings.id DESC
"""
"""Takes a JSON list of digests and a kind of file; gives digest and uid.

Of several uids of a digest the last is that of the oldest recording that is not in the trash.
"""
