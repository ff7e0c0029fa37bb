"""Facets as parts of a query: switching a value on or off writes into the text of the query, which is the only filter.

A query is read here just far enough to find ``field:value`` between its blanks; everything else is left as it is.
"""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """A group of values that are shown together."""

    title: str
    fields: tuple[str, ...]
    """Fields of the query language that its values belong to."""
    is_any: bool = True
    """Whether several values mean any of them; else a recording must have all."""


class Value(NamedTuple):
    """One value of a section."""

    field: str
    value: str
    hits: int | None
    """How many recordings it would find; None while nobody knows."""


SECTIONS: tuple[Section, ...] = (
    Section("Identity", ("voice", "user")),
    Section("Kind", ("kind",)),
    Section("Place", ("where",), is_any=False),
    Section("Format", ("fmt",)),
    Section("Language", ("lang",)),
    Section("Tag", ("tag",), is_any=False),
    Section("Session", ("session",)),
    Section("State", ("state",)),
)


class _Word(NamedTuple):
    start: int
    end: int
    text: str


def term(field: str, value: str) -> str:
    """A filter as it stands in a query."""
    plain = value and not any(character.isspace() or character in '()"' for character in value)
    return f"{field}:{value}" if plain else '{}:"{}"'.format(field, value.replace('"', '""'))


def chosen(query: str) -> set[tuple[str, str]]:
    """The filters of a query that stand for themselves, as (field, value in lower case)."""
    return {found for word in _words(query) if (found := _read(word.text)) is not None}


def is_chosen(query: str, field: str, value: str) -> bool:
    """Whether a value is switched on."""
    return (field, value.casefold()) in chosen(query)


def toggled(query: str, field: str, value: str) -> str:
    """The query with a value switched on, or off if it was on."""
    words = _words(query)
    section = next(section for section in SECTIONS if field in section.fields)
    own = [place for place, word in enumerate(words) if (_read(word.text) or ("", ""))[0] in section.fields]
    same = [place for place in own if _read(words[place].text) == (field, value.casefold())]
    if same:
        return _without(words, same)
    if own and section.is_any:
        end = words[own[-1]].end
        return f"{query[:end]} OR {term(field, value)}{query[end:]}"
    return " ".join(filter(None, [query.rstrip(), term(field, value)]))


def open_for(query: str, section: Section) -> str:
    """The query that a section's values are counted in: without its own, so that others can be chosen beside them."""
    if not section.is_any:
        return query
    words = _words(query)
    own = [place for place, word in enumerate(words) if (_read(word.text) or ("", ""))[0] in section.fields]
    return _without(words, own) if own else query


def _without(words: list[_Word], places: list[int]) -> str:
    """The query without some of its words and the ORs that joined them to others."""
    gone = set(places)
    for place in places:
        before, after = place - 1, place + 1
        if before >= 0 and words[before].text == "OR" and before not in gone:
            gone.add(before)
        elif after < len(words) and words[after].text == "OR":
            gone.add(after)
    return " ".join(word.text for place, word in enumerate(words) if place not in gone)


def _read(word: str) -> tuple[str, str] | None:
    """The field and value of a word that is a filter and nothing else."""
    field, colon, value = word.partition(":")
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        value = value[1:-1]
        has_quote, value = '"' in value.replace('""', ""), value.replace('""', '"')
    else:
        has_quote = '"' in value
    if not colon or not value or has_quote or not field.isalpha() or field.lower() == "not":
        return None
    return field.lower(), value.casefold()


def _words(query: str) -> list[_Word]:
    """What stands between blanks; quotes and parentheses hold together what is in them."""
    words: list[_Word] = []
    start, depth, in_quotes = -1, 0, False
    for place, character in enumerate(query):
        if character.isspace() and not in_quotes and depth == 0:
            if start >= 0:
                words.append(_Word(start, place, query[start:place]))
            start = -1
            continue
        start = place if start < 0 else start
        in_quotes ^= character == '"'
        if not in_quotes and character in "()":
            depth = max(0, depth + (1 if character == "(" else -1))
    if start >= 0:
        words.append(_Word(start, len(query), query[start:]))
    return words
