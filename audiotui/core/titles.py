"""The first rows in the order of titles, where so many are found that to read and to sort them takes too long.

Titles are not in the index as an order. But nearly all rows can be passed over at a glance: a sample tells about where
the first 2,000 titles end, all rows are asked whether they come before that, and only those are sorted, and looked up
in the index in their order until there are enough hits. A million recordings take 0.2 s, however many are found.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from audiotui.core.expression import EVERY_ENTRY, render
from audiotui.core.index import NEWEST_ENTRY
from audiotui.core.rows import ROW_COLUMNS
from audiotui.core.sorts import LABEL, LABEL_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.core.matching import Part
    from audiotui.core.reading import Reader
    from audiotui.core.selects import Condition
    from audiotui.core.sorts import Order

MANY_HITS = 400_000
"""Fewer are read and sorted in the same time."""

MANY_ROWS = 200_000
"""The same where the rows alone decide: nothing has to be looked up in the index then."""

_LAST_CHARACTER = "\U0010ffff"

_MOST_CANDIDATES = 5_000
_CANDIDATES_IN_SAMPLE = 8
_STRETCHES, _STRETCH_ROWS = 80, 50

_SAMPLED = f"""
WITH RECURSIVE
    ends (low, high) AS (SELECT (SELECT min(id) FROM recordings), (SELECT max(id) FROM recordings)),
    stretches (first, number) AS (
        SELECT low, 1 FROM ends
        UNION ALL
        SELECT low + (high - low) * number / {_STRETCHES}, number + 1 FROM stretches, ends WHERE number < {_STRETCHES}
    )
SELECT {LABEL} AS label
FROM stretches CROSS JOIN recordings r ON r.id >= first AND r.id < first + {_STRETCH_ROWS}
WHERE {{where}} ORDER BY label {{direction}} LIMIT 1 OFFSET {_CANDIDATES_IN_SAMPLE - 1}
"""

_IN_INDEX = f"SELECT 1 FROM recordings_fts f WHERE f.recordings_fts MATCH ? AND f.rowid = {NEWEST_ENTRY} - r.id"


def many_hits(parts: Sequence[Part]) -> int:
    """From how many hits on this is the quicker way."""
    return MANY_ROWS if len(parts) == 1 and parts[0].expression == EVERY_ENTRY else MANY_HITS


def first_by_title(reader: Reader, parts: Sequence[Part], order: Order, limit: int) -> list[tuple[Any, ...]] | None:
    """``ROW_COLUMNS`` of the first rows of disjoint parts; None if that many cannot be told in this way."""
    candidates = _candidates(reader, parts[0].conditions if len(parts) == 1 else (), order)
    found = " OR ".join(_found_by(part) for part in parts)
    parameters = [parameter for part in parts for parameter in _parameters(part)]
    sql = (
        f"SELECT {ROW_COLUMNS} FROM json_each(?) AS wanted CROSS JOIN recordings r ON r.id = wanted.value "
        f"WHERE {found} ORDER BY wanted.key"
    )
    rows: list[tuple[Any, ...]] = []
    start = 0
    while len(rows) < limit and start < len(candidates):
        end = start + limit - len(rows)  # no more than are needed: to look one up takes up to 0.3 ms
        rows += reader.fetch(sql, (json.dumps(candidates[start:end]), *parameters))
        start = end
        if len(rows) * len(candidates) < limit * start:
            return None  # what is found stands at the other end
    return rows if len(rows) == limit else None


def _candidates(reader: Reader, conditions: Sequence[Condition], order: Order) -> list[int]:
    """The ids of the first rows that fulfil conditions, in order: about 2,000 of a million."""
    sign, direction = (">=", "DESC") if order.is_reversed else ("<=", "ASC")
    where = " AND ".join(["r.deleted_at IS NULL", *(condition.sql for condition in conditions)])
    parameters = [parameter for condition in conditions for parameter in condition.parameters]
    sampled = reader.fetch(_SAMPLED.format(where=where, direction=direction), parameters)
    if not sampled:
        return []
    bound = sampled[0][0][:LABEL_LENGTH]
    # The first comparison is quick, and lets through what begins as the bound does; the second is exact.
    beyond = bound if order.is_reversed else bound + _LAST_CHARACTER
    name = "CASE WHEN r.title <> '' THEN r.title ELSE r.text END"
    sql = (
        f"SELECT r.id FROM recordings r WHERE {name} {sign} ? COLLATE NOCASE AND {LABEL} {sign} ? AND {where} "
        f"ORDER BY {order.sql} LIMIT {_MOST_CANDIDATES}"
    )
    return [number for (number,) in reader.fetch(sql, (beyond, bound, *parameters))]


def _found_by(part: Part) -> str:
    conditions = [condition.sql for condition in part.conditions]
    if part.expression != EVERY_ENTRY:
        conditions.append(f"EXISTS ({_IN_INDEX})")
    return f"({' AND '.join(conditions) or '1'})"


def _parameters(part: Part) -> list[Any]:
    asked = [parameter for condition in part.conditions for parameter in condition.parameters]
    return asked if part.expression == EVERY_ENTRY else [*asked, render(part.expression)]
