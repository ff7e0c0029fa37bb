"""Recordings by the hash of their text.

Hashes are random, so in a plain index of a million every new row changes another page, which is a third of the cost of
adding it. This index begins with a stretch of ids, 16,384 in each: new rows go to the last stretch alone, whose pages
are few, and a search asks every stretch, a few microseconds each.
"""

from __future__ import annotations

SAME_HASH = """
WITH RECURSIVE stretches (stretch) AS (
    SELECT (SELECT max(id) FROM recordings) >> 14
    UNION ALL
    SELECT stretch - 1 FROM stretches WHERE stretch > 0
)
SELECT r.id, r.text FROM stretches
CROSS JOIN recordings AS r ON r.id >> 14 = stretch AND r.text_hash = ?
WHERE r.deleted_at IS NULL
ORDER BY r.id DESC
LIMIT ?
"""
"""Takes a hash and a limit; gives id and text of the newest recordings outside the trash."""
