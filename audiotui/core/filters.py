"""What each field of a query means to the search index."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core import facets
from audiotui.core.encoding import original_text
from audiotui.core.exact import IDS_OF_UIDS_BETWEEN
from audiotui.core.expression import EVERY_ENTRY, NO_ENTRY, Expression, Token, any_of, tokens, without
from audiotui.core.facets import DATE, DURATION, SIZE, Scale, State
from audiotui.core.index import LONGEST_VALUE, NEWEST_ENTRY
from audiotui.core.selects import Condition
from audiotui.core.words import fold_value, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.core.names import Names
    from audiotui.core.terms import Is, Within

MARKED_TABLE = "search_marked"
"""A temporary table with the ids of the marked recordings, filled before a query that asks for them."""

ONE_EACH = frozenset({"voice", "user", "kind", "fmt", "session", "model", "verdict"})
"""Fields of which a recording has one value at most, each a token: two of a kind together are what both mean."""

_UID_GROUPS = (8, 12, 16, 20)

_LONG_LANGUAGE = f"""(length(r.language) > {LONGEST_VALUE} AND EXISTS (
    SELECT 1 FROM recordings_fts WHERE recordings_fts MATCH ? AND rowid = {NEWEST_ENTRY} - r.id))"""
"""Whether a language that is too long to be remembered has a token: what nobody does has to be right all the same."""


@dataclass(frozen=True, slots=True)
class Near:
    """A filter that the index knows only nearly."""

    inside: Expression
    """What decides for entries that are not on the edge."""
    edge: Expression
    """Entries whose rows have to be asked."""
    ask: Condition
    """What decides for these."""


class Filter(NamedTuple):
    """What a term with a field becomes, and what should be said about it ('' if nothing)."""

    meaning: Expression | Near
    note: str = ""
    ask: Condition | None = None
    """What else decides it, for a row that is read anyway; None if a row does not know."""


def equals(term: Is, names: Names) -> Filter:
    """The entries of which a field has a value."""
    return _EQUALS[term.field](term.value, names)


def within(term: Within, names: Names) -> Filter:
    """The entries of which a number is in a range."""
    return _WITHIN[term.field](term, names)


def _voice(value: str, names: Names) -> Filter:
    found = names.voices_meant_by(value)
    note = "" if found else f"no AI voice is called {shown(value)}"
    return Filter(
        tokens(*(facets.id_token("voice", number) for number in found)), note, _one_of("ai_identity_id", found)
    )


def _user(value: str, names: Names) -> Filter:
    found = names.users_meant_by(value)
    note = "" if found else f"nobody is called {shown(value)}"
    return Filter(
        tokens(*(facets.id_token("user", number) for number in found)), note, _one_of("user_identity_id", found)
    )


def _tag(value: str, names: Names) -> Filter:
    found = [facets.id_token("tag", number) for number in names.tags.get(fold_value(value), ())]
    return Filter(tokens(*found), "" if found else f"there is no tag {shown(value)}")


def _where(value: str, names: Names) -> Filter:
    found = [facets.id_token("at", number) for number in names.locations.get(fold_value(value), ())]
    known = ", ".join(sorted(names.locations)) or "none yet"
    return Filter(tokens(*found), "" if found else f"no location {shown(value)} was used so far; known: {known}")


def _kind(value: str, _: Names) -> Filter:
    token, sign = (facets.AI, "<>") if value == "ai" else (facets.HUMAN, "=")
    return Filter(Token(token), ask=Condition(f"r.ai_generated {sign} 0"))


def _state(value: str, _: Names) -> Filter:
    return Filter(Token(State(value).token))


def _folder(value: str, _: Names) -> Filter:
    return Filter(Token(facets.folder_token(value)) if value.strip("/ ") else EVERY_ENTRY)


def _language(value: str, names: Names) -> Filter:
    token = facets.language_token(value)
    known = [stored for stored in names.languages if token in facets.language_tokens(original_text(stored)).split()]
    ask = _one_of("language", known)
    sql = f"({ask.sql} OR {_LONG_LANGUAGE})"
    return Filter(Token(token), ask=replace(ask, sql=sql, parameters=(*ask.parameters, token)))


def _free(field: str) -> Callable[[str, Names], Filter]:
    return lambda value, _: Filter(Token(facets.value_token(field, value)))


def _has(value: str, _: Names) -> Filter:
    known = _HAS.get(value)
    return Filter(Token(facets.value_token("has", value)) if known is None else known)


def _is_marked(_: str, __: Names) -> Filter:
    ask = Condition(f"r.id IN (SELECT id FROM temp.{MARKED_TABLE})", needs_row=False)
    return Filter(Near(NO_ENTRY, EVERY_ENTRY, ask))


def _id(value: str, _: Names) -> Filter:
    digits = value.replace("-", "")
    if not 0 < len(digits) <= 32:
        return Filter(NO_ENTRY)
    first = "".join(f"-{digit}" if place in _UID_GROUPS else digit for place, digit in enumerate(digits))
    beyond = first[:-1] + chr(ord(first[-1]) + 1)
    ask = Condition(f"r.id IN ({IDS_OF_UIDS_BETWEEN})", (first, beyond), needs_row=False)
    return Filter(Near(NO_ENTRY, EVERY_ENTRY, ask))


def _length(term: Within, _: Names) -> Filter:
    return Filter(_measured(term, DURATION, "duration_s", facets.milliseconds))


def _size(term: Within, _: Names) -> Filter:
    return Filter(_measured(term, SIZE, "size_bytes", int))


def _date(term: Within, _: Names) -> Filter:
    """Whole days: their cells are no edges, except the two at the ends of the scale."""
    low = None if term.low is None else int(term.low)
    high = None if term.high is None else int(term.high) - 1
    first, last = _end_cells(DATE, low, high)
    edges = {cell for value, cell in ((low, first), (high, last)) if value is not None and cell in {0, DATE.last_cell}}
    return Filter(_near(term, DATE, first, last, edges, "created_at"))


def _rate(term: Within, names: Names) -> Filter:
    found = [rate for rate in names.sample_rates if _is_within(rate, term)]
    return Filter(tokens(*map(facets.rate_token, found)), ask=_one_of("sample_rate_hz", found))


def _rating(term: Within, _: Names) -> Filter:
    found = [rating for rating in facets.RATINGS if _is_within(rating, term)]
    return Filter(tokens(*map(facets.rating_token, found)), ask=_one_of("rating", found))


def _measured(term: Within, scale: Scale, column: str, unit: Callable[[float], int]) -> Expression | Near:
    low = None if term.low is None else unit(term.low)
    high = None if term.high is None else unit(term.high)
    first, last = _end_cells(scale, low, high)
    edges = {cell for value, cell in ((low, first), (high, last)) if value is not None}
    return _near(term, scale, first, last, edges, column)


def _end_cells(scale: Scale, low: int | None, high: int | None) -> tuple[int, int]:
    first = 0 if low is None else scale.cell(low)
    return first, scale.last_cell if high is None else scale.cell(high)


def _near(term: Within, scale: Scale, first: int, last: int, edges: set[int], column: str) -> Expression | Near:
    """The cells ``first`` to ``last``, of which the edges may hold rows that are outside the range."""
    inside = tokens(*scale.cover(first + (first in edges), last - (last in edges)))
    if not edges:
        return inside
    conditions, parameters = [f"r.{column} IS NOT NULL"], []
    for bound, sign, is_open in ((term.low, ">", term.low_open), (term.high, "<", term.high_open)):
        if bound is not None:
            conditions.append(f"r.{column} {sign}{'' if is_open else '='} ?")
            parameters.append(bound)
    edge = tokens(*(scale.token(0, cell) for cell in sorted(edges)))
    return Near(inside, edge, Condition(f"({' AND '.join(conditions)})", tuple(parameters)))


def _one_of(column: str, values: Sequence[int | str]) -> Condition:
    """That a column of the row has one of these values, of which there may be more than SQLite takes parameters."""
    listed = "SELECT value FROM json_each(?)"
    return Condition(f"(r.{column} IS NOT NULL AND r.{column} IN ({listed}))", (json.dumps(values),))


def _is_within(number: float, term: Within) -> bool:
    above = term.low is None or number > term.low or (number == term.low and not term.low_open)
    below = term.high is None or number < term.high or (number == term.high and not term.high_open)
    return above and below


_HAS: dict[str, Expression] = {
    "text": without(Token(facets.NO_TEXT)),
    "notes": Token(facets.HAS_NOTES),
    "tags": Token(facets.HAS_TAGS),
    "rating": any_of(*(Token(facets.rating_token(rating)) for rating in facets.RATINGS)),
    "identity": without(Token(facets.NO_IDENTITY)),
    "audio": without(Token(State.NO_FILE.token)),
}

_EQUALS: dict[str, Callable[[str, Names], Filter]] = {
    "voice": _voice,
    "user": _user,
    "tag": _tag,
    "where": _where,
    "kind": _kind,
    "state": _state,
    "in": _folder,
    "folder": _folder,
    "lang": _language,
    "fmt": _free("fmt"),
    "session": _free("session"),
    "model": _free("model"),
    "verdict": _free("verdict"),
    "has": _has,
    "is": _is_marked,
    "id": _id,
}

_WITHIN: dict[str, Callable[[Within, Names], Filter]] = {
    "dur": _length,
    "size": _size,
    "date": _date,
    "rate": _rate,
    "rating": _rating,
}
