"""A change: what one edit found and what it left, for the history.

``subject`` says what it is about:

- ``recordings``, ``recording_files``, ``ai_identities``, ``user_identities``, ``saved_searches``: one row. ``before``
  and ``after`` hold the columns that changed; ``before`` is None for a new row, ``after`` for one that is gone. Tags
  are a column of recordings here.
- ``recording_ranges``: recordings that were added together, from ``subject_id`` through ``after.through``.
- ``recording_links``: recordings that a merge moved from the identity ``subject_id`` to ``after.target``; their ids are
  ``after.ranges``, pairs of first and last.

Values are in the form in which the database stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECORDINGS = "recordings"
FILES = "recording_files"
AI_IDENTITIES = "ai_identities"
USER_IDENTITIES = "user_identities"
SAVED_SEARCHES = "saved_searches"
RANGES = "recording_ranges"
LINKS = "recording_links"


@dataclass(frozen=True, slots=True)
class RowChange:
    """What one edit did to one subject."""

    subject: str
    subject_id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def added_together(first_id: int, count: int) -> RowChange:
    """Stands for ``count`` new recordings with ids in one row."""
    return RowChange(RANGES, first_id, None, {"through": first_id + count - 1, "count": count})


def moved_together(column: str, source_id: int, target_id: int, recording_ids: Sequence[int]) -> RowChange:
    """Stands for recordings, ids rising, whose link ``column`` went from one identity to another."""
    ranges: list[list[int]] = []
    for one in recording_ids:
        if ranges and ranges[-1][1] == one - 1:
            ranges[-1][1] = one
        else:
            ranges.append([one, one])
    after = {"column": column, "target": target_id, "ranges": ranges, "count": len(recording_ids)}
    return RowChange(LINKS, source_id, {"column": column}, after)


def ids_in(ranges: Sequence[Sequence[int]]) -> Iterator[int]:
    """The ids that ``moved_together`` was given."""
    for first, last in ranges:
        yield from range(first, last + 1)
