"""Recordings by what is random about each of them: its uid, and the hash of its text.

In a plain index of a million random values every new row changes another page, which is half the cost of adding it. The
indexes of these two begin with a stretch of ids, 16,384 in each: new rows go to the last stretch alone, whose pages are
few, and a search asks every stretch, less than a microsecond each. So the index keeps uids apart within one stretch
only; ``adding.py`` asks all of them before it takes a uid that was given.
"""

from __future__ import annotations


def in_all_stretches(columns: str, condition: str) -> str:
    """The beginning of a query for recordings, to which more conditions can be appended.

    The condition is one on ``uid`` or ``text_hash`` that an index can answer.
    """
    return f"""
WITH RECURSIVE stretches (stretch) AS (
    SELECT (SELECT max(id) FROM recordings) >> 14
    UNION ALL
    SELECT stretch - 1 FROM stretches WHERE stretch > 0
)
SELECT {columns} FROM stretches
CROSS JOIN recordings ON recordings.id >> 14 = stretch AND {condition}
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
