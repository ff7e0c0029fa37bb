"""The orders in which recordings can be listed."""

from __future__ import annotations

from typing import NamedTuple

from audiotui.core.words import shown
from audiotui.errors import InvalidInput

NEWEST = "newest"

LABEL_LENGTH = 200
"""So much of a text stands for a title that is missing."""

LABEL = f"CASE WHEN r.title <> '' THEN r.title ELSE substr(r.text, 1, {LABEL_LENGTH}) END COLLATE NOCASE"
"""What a row is called, as SQL."""

_VOICE_LABEL = "coalesce(nullif(a.name, ''), nullif(a.voice, ''), a.model)"
_PERSON_LABEL = "coalesce(nullif(trim(u.first_name || ' ' || u.middle_name || ' ' || u.last_name), ''), u.username)"
_IDENTITY = f"""coalesce(
    (SELECT {_VOICE_LABEL} FROM ai_identities a WHERE a.id = r.ai_identity_id),
    (SELECT {_PERSON_LABEL} FROM user_identities u WHERE u.id = r.user_identity_id)
) COLLATE NOCASE"""

IDENTITY_LABELS = f"""
WITH labels (label, kind, id) AS (
    SELECT {_VOICE_LABEL}, 'voice', a.id FROM ai_identities a
    UNION ALL
    SELECT {_PERSON_LABEL}, 'user', u.id FROM user_identities u
)
SELECT dense_rank() OVER (ORDER BY label COLLATE NOCASE), kind, id FROM labels ORDER BY 1
"""
"""The place of each identity in the order of identities, its kind in filter tokens, and its id; by place."""

_KEYS = {
    "title": LABEL,
    "duration": "r.duration_s",
    "size": "r.size_bytes",
    "rating": "r.rating",
    "identity": _IDENTITY,
}

SORTS: tuple[str, ...] = (NEWEST, "oldest", *_KEYS)
"""Names of orders; a ``-`` before one reverses it. '' is the first."""


class Order(NamedTuple):
    """An order as SQL."""

    sql: str
    """What follows ORDER BY, in terms of a row ``r`` of recordings."""
    of_entries: str = ""
    """The direction, if the order is that of entry numbers in the index, which needs no sorting; else ''."""
    key: str = ""
    """The name of the order, if it is another one."""
    is_reversed: bool = False


NEWEST_FIRST = Order("r.id DESC", "ASC")


def order_of(sort: str) -> Order:
    """The order that a name stands for. Rows without a value come last, equal ones newest first.

    Raises:
        InvalidInput: no order has this name.
    """
    name = str(sort).removeprefix("-") or NEWEST
    is_reversed = str(sort).startswith("-")
    if name not in SORTS:
        raise InvalidInput(
            f"Recordings cannot be sorted by {shown(str(sort))}.", f"Sort by {', '.join(SORTS)}; -title reverses."
        )
    if name not in _KEYS:
        return Order("r.id ASC", "DESC") if (name == NEWEST) == is_reversed else NEWEST_FIRST
    direction = "DESC" if is_reversed else "ASC"
    return Order(f"{_KEYS[name]} {direction} NULLS LAST, r.id DESC", key=name, is_reversed=is_reversed)
