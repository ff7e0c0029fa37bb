"""Facets: how many recordings a query would find with one more filter, value by value.

Each count is the answer to ``query field:value``, so what is shown beside a value is what choosing it gives. Which
values are worth counting depends on the size of the answer: a small one is read row by row, and holds the values that
really occur in it; of a big one those are counted that are the most frequent in the whole library, which the search
index knows. At a million recordings a field takes 10 to 100 ms, and every statement can be interrupted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.core import facets
from audiotui.core.encoding import original_text
from audiotui.core.facets import State
from audiotui.core.index import NEWEST_ENTRY
from audiotui.core.matching import match
from audiotui.core.terms import And, Is
from audiotui.core.words import FACET_MARK, fold_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audiotui.core.meanings import Meanings
    from audiotui.core.names import CurrentNames, Names
    from audiotui.core.reading import Reader
    from audiotui.core.selects import Select
    from audiotui.core.terms import Term

FACETS = ("voice", "user", "kind", "where", "fmt", "lang", "tag", "session", "state")
"""Fields that can be counted."""

FEW_ROWS = 5_000
"""Of an answer up to this size every row is read."""


class FacetValue(NamedTuple):
    """A value of a field, as it is written in a query, and how many recordings it would leave."""

    value: str
    hits: int


class FacetCounter:
    """Counts facets on a searcher's connection; one at a time, so that its owner can stop between two."""

    def __init__(self, reader: Reader, names: CurrentNames, meanings: Meanings) -> None:
        self._reader = reader
        self._names = names
        self._meanings = meanings
        self._ranks: dict[str, list[str]] = {}
        self._ranked_for: Names | None = None

    def count(self, term: Term, field: str, *, beginning: str, limit: int) -> list[FacetValue]:
        """The most frequent values of a field in what a term finds; with ``beginning``, values with such a word.

        What occurs nowhere in the answer is left out, except where all values of a field are few and fixed.
        """
        names = self._names.get()
        wanted = fold_value(beginning)
        entries = match(term, names, self._meanings).entries()
        if field in _OF_ROWS and self._is_small(entries):
            counts = self._rows_by_value(entries, field, names)
            found = [FacetValue(value, count) for value, count in counts.items() if _fits(value, wanted)]
        else:
            candidates = [value for value in self._candidates(field, names) if _fits(value, wanted)][:limit]
            found = [FacetValue(value, self._hits(term, field, value, names)) for value in candidates]
        kept = [one for one in found if one.hits]
        return sorted(kept, key=lambda one: (-one.hits, fold_value(one.value)))[:limit]

    def _is_small(self, entries: Select) -> bool:
        counted = f"SELECT count(*) FROM ({entries.sql} LIMIT {FEW_ROWS + 1})"
        (count,) = self._reader.fetch(counted, entries.parameters)[0]
        return bool(count <= FEW_ROWS)

    def _rows_by_value(self, entries: Select, field: str, names: Names) -> Counter[str]:
        source, value_of = _OF_ROWS[field]
        rows = self._reader.fetch(
            f"WITH found (entry) AS ({entries.sql}) {source.format(id=f'{NEWEST_ENTRY} - found.entry')}",
            entries.parameters,
        )
        counts: Counter[str] = Counter()
        for stored, count in rows:
            if (value := value_of(stored, names)) is not None:
                counts[value] += count
        return counts

    def _hits(self, term: Term, field: str, value: str, names: Names) -> int:
        matching = match(And((term, Is(field, value))), names, self._meanings)
        return sum(
            self._reader.fetch(f"SELECT count(*) FROM ({one.sql})", one.parameters)[0][0] for one in matching.selects
        )

    def _candidates(self, field: str, names: Names) -> list[str]:
        """The values of a field, the most frequent in the library first."""
        if names is not self._ranked_for:
            self._ranks.clear()
            self._ranked_for = names
        if field not in self._ranks:
            self._ranks[field] = self._ranked(field, names)
        return self._ranks[field]

    def _ranked(self, field: str, names: Names) -> list[str]:
        by_token: dict[str, str] = {token: value for value, token in self._tokens(field, names)}
        name = _TOKEN_NAMES.get(field, field)
        if field in ("kind", "state"):
            return list(by_token.values())
        self._reader.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.facet_tokens USING fts5vocab('main', 'recordings_fts', 'row')"
        )
        first = FACET_MARK + name
        beyond = first[:-1] + chr(ord(first[-1]) + 1)
        counted = self._reader.fetch(
            "SELECT term, doc FROM temp.facet_tokens WHERE term >= ? AND term < ?", (first, beyond)
        )
        totals: Counter[str] = Counter()
        for token, documents in counted:
            if token in by_token:
                totals[by_token[token]] += documents
        return [value for value, _ in totals.most_common()]

    def _tokens(self, field: str, names: Names) -> Iterable[tuple[str, str]]:
        """Each value of a field with its filter token."""
        if field == "kind":
            return (("ai", facets.AI), ("human", facets.HUMAN))
        if field == "state":
            return ((state.value, state.token) for state in State)
        if field in ("voice", "user"):
            named = names.voices if field == "voice" else names.users
            return ((one.label, facets.id_token(field, one.id)) for one in named)
        if field in ("tag", "where"):
            table, kind = ("tags", "tag") if field == "tag" else ("locations", "at")
            rows = self._reader.fetch(f"SELECT id, name FROM {table}")
            return ((original_text(name), facets.id_token(kind, number)) for number, name in rows)
        rows = self._reader.fetch("SELECT value FROM search_values WHERE field = ?", (field,))
        values = [original_text(value) for (value,) in rows]
        if field == "lang":
            return ((value, facets.language_token(value)) for value in values)
        return ((value, facets.value_token(field, value)) for value in values)


def _fits(value: str, wanted: str) -> bool:
    """Whether a word of a value begins so; expects the beginning folded."""
    folded = fold_value(value)
    return folded.startswith(wanted) or f" {wanted}" in folded


def _text(stored: str, _: Names) -> str | None:
    return original_text(stored) or None


_TOKEN_NAMES = {"where": "at"}

_COLUMN = "SELECT r.{column}, count(*) FROM found CROSS JOIN recordings r ON r.id = {{id}} GROUP BY 1"

_OF_ROWS: dict[str, tuple[str, Callable[[Any, Names], str | None]]] = {
    "voice": (_COLUMN.format(column="ai_identity_id"), lambda number, names: names.voice_labels.get(number)),
    "user": (_COLUMN.format(column="user_identity_id"), lambda number, names: names.user_labels.get(number)),
    "fmt": (_COLUMN.format(column="format"), _text),
    "lang": (_COLUMN.format(column="language"), _text),
    "session": (_COLUMN.format(column="session"), _text),
    "tag": (
        "SELECT t.name, count(*) FROM found CROSS JOIN recording_tags l ON l.recording_id = {id} "
        "JOIN tags t ON t.id = l.tag_id GROUP BY 1",
        _text,
    ),
}
"""Fields whose values a row knows: how they are counted, and what a stored value is in a query (None: nothing)."""
