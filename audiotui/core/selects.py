"""SELECTs over the search index: expressions and conditions on rows as SQL.

They give entry numbers, not ids, and SQLite must be able to give them in order without sorting: that is why a search
for a common word ends after its first 200 hits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audiotui.core.expression import EVERY_ENTRY, Expression, render
from audiotui.core.index import NEWEST_ENTRY

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL condition on a row ``r`` of recordings, which is never NULL."""

    sql: str
    parameters: tuple[Any, ...] = ()
    is_negative: bool = False
    """Whether most rows fulfil it."""
    needs_row: bool = True
    """Whether it looks at more of a row than ``r.id``."""


def opposite(condition: Condition) -> Condition:
    """What is fulfilled where a condition is not."""
    return replace(condition, sql=f"NOT ({condition.sql})", is_negative=not condition.is_negative)


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT of one column, the entry numbers of what it finds, without any order."""

    sql: str
    parameters: tuple[Any, ...] = ()


NOTHING_SELECTED = Select("SELECT id FROM recordings WHERE 0")


def select(expression: Expression, conditions: Sequence[Condition] = ()) -> Select:
    """The entries that an expression finds and whose rows fulfil the conditions."""
    where = " AND ".join(condition.sql for condition in conditions)
    parameters = tuple(parameter for condition in conditions for parameter in condition.parameters)
    if expression == EVERY_ENTRY:
        return Select(_every_entry(conditions, where), parameters)
    source = "SELECT f.rowid FROM recordings_fts f"
    if any(condition.needs_row for condition in conditions):
        source += f" CROSS JOIN recordings r ON r.id = {NEWEST_ENTRY} - f.rowid"
    else:
        where = where.replace("r.id", f"({NEWEST_ENTRY} - f.rowid)")
    match = f"{source} WHERE f.recordings_fts MATCH ?"
    return Select(f"{match} AND {where}" if where else match, (render(expression), *parameters))


def joined(selects: Sequence[Select]) -> Select:
    """What any of several disjoint SELECTs finds."""
    if not selects:
        return NOTHING_SELECTED
    parameters = tuple(parameter for one in selects for parameter in one.parameters)
    return Select(" UNION ALL ".join(one.sql for one in selects), parameters)


def _every_entry(conditions: Sequence[Condition], where: str) -> str:
    """All entries whose rows fulfil the conditions: by the rows if these are few, else by the entries in order."""
    if not conditions:
        return "SELECT id FROM recordings_fts_docsize"
    if not all(condition.is_negative for condition in conditions):
        return f"SELECT {NEWEST_ENTRY} - r.id FROM recordings r WHERE r.deleted_at IS NULL AND {where}"
    if any(condition.needs_row for condition in conditions):
        join = f"CROSS JOIN recordings r ON r.id = {NEWEST_ENTRY} - d.id"
        return f"SELECT d.id FROM recordings_fts_docsize d {join} WHERE {where}"
    return f"SELECT d.id FROM recordings_fts_docsize d WHERE {where.replace('r.id', f'({NEWEST_ENTRY} - d.id)')}"
