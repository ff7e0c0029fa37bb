"""SELECTs over the search index: expressions and conditions on rows as SQL.

They give entry numbers, not ids, and SQLite must be able to give them in order without sorting: that is why a search
for a common word ends after its first 200 hits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

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


def combined(operator: str, *conditions: Condition) -> Condition:
    """Several conditions joined by AND, or by OR."""
    return Condition(
        f"({operator.join(condition.sql for condition in conditions)})",
        tuple(parameter for condition in conditions for parameter in condition.parameters),
        needs_row=any(condition.needs_row for condition in conditions),
    )


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT of one column, the entry numbers of what it finds, without any order."""

    sql: str
    parameters: tuple[Any, ...] = ()
    entry: str = ""
    """What the entry's number is called in it; '' if it is several SELECTs."""
    row_source: str = ""
    """What follows FROM, if it looks at the row ``r`` of all that it finds: whoever wants more of a row has it here."""


NOTHING_SELECTED = Select("SELECT id FROM recordings WHERE 0")

EVERY_ENTRY_SELECTED = Select("SELECT d.id FROM recordings_fts_docsize d", entry="d.id")


class Stretch(NamedTuple):
    """Some of all entries: from one on, up to one that does not belong to them; None is no bound."""

    first: int | None = None
    beyond: int | None = None

    def conditions(self, entry: str) -> list[str]:
        """What must be true of an SQL expression that gives an entry's number, with ``parameters``."""
        lower = [] if self.first is None else [f"{entry} >= ?"]
        return lower if self.beyond is None else [*lower, f"{entry} < ?"]

    @property
    def parameters(self) -> list[int]:
        """The numbers of entries in ``conditions``."""
        return [bound for bound in self if bound is not None]


ALL_ENTRIES = Stretch()


def select(expression: Expression, conditions: Sequence[Condition] = (), *, among: Stretch = ALL_ENTRIES) -> Select:
    """The entries of a stretch that an expression finds and whose rows fulfil the conditions."""
    asked = [parameter for condition in conditions for parameter in condition.parameters]
    needs_row = any(condition.needs_row for condition in conditions)
    if expression == EVERY_ENTRY and among.beyond is None and not all(one.is_negative for one in conditions):
        return _few_rows(conditions, among)
    matches = [] if expression == EVERY_ENTRY else [render(expression)]
    source, entry = ("recordings_fts f", "f.rowid") if matches else ("recordings_fts_docsize d", "d.id")
    where = [*(["f.recordings_fts MATCH ?"] if matches else []), *among.conditions(entry)]
    if needs_row:
        source += f" CROSS JOIN recordings r ON r.id = {NEWEST_ENTRY} - {entry}"
        where += [condition.sql for condition in conditions]
    else:
        where += [condition.sql.replace("r.id", f"({NEWEST_ENTRY} - {entry})") for condition in conditions]
    source += f" WHERE {' AND '.join(where)}" if where else ""
    parameters = (*matches, *among.parameters, *asked)
    return Select(f"SELECT {entry} FROM {source}", parameters, entry, source if needs_row else "")


def joined(selects: Sequence[Select]) -> Select:
    """What any of several disjoint SELECTs finds."""
    if not selects:
        return NOTHING_SELECTED
    if len(selects) == 1:
        return selects[0]
    parameters = tuple(parameter for one in selects for parameter in one.parameters)
    return Select(" UNION ALL ".join(one.sql for one in selects), parameters)


def _few_rows(conditions: Sequence[Condition], among: Stretch) -> Select:
    """The entries of all rows that fulfil conditions which few do."""
    entry = f"({NEWEST_ENTRY} - r.id)"
    where = ["r.deleted_at IS NULL", *among.conditions(entry), *(condition.sql for condition in conditions)]
    asked = [parameter for condition in conditions for parameter in condition.parameters]
    sql = f"SELECT {NEWEST_ENTRY} - r.id FROM recordings r WHERE {' AND '.join(where)}"
    return Select(sql, (*among.parameters, *asked))
