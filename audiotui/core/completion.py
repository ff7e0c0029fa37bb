"""What a query may go on with: names of fields, their values, saved searches.

Values come from the names of the catalog (voices, people, tags, locations) and from ``search_values``, which remembers
what the free fields of recordings ever held; so a few of them may find nothing any more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audiotui.core.encoding import original_text, stored_text
from audiotui.core.fields import FIELD_BY_NAME, FIELDS
from audiotui.core.names import Names
from audiotui.core.words import fold_value, has_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.core.database import sqlite3

MOST_COMPLETIONS = 20

_OPENERS = re.compile(r"-*\(*-*(?:not:)?", re.IGNORECASE)
_NEEDS_QUOTES = re.compile(r'[\s()"]')
_REMEMBERED_AS = {"in": "folder"}
_LIKE = "SELECT value FROM search_values WHERE field = ? AND value LIKE ? ESCAPE '!' ORDER BY value LIMIT ?"


def complete(connection: sqlite3.Connection, text: str) -> list[str]:
    """The query with its last word finished in each way that makes sense."""
    start = _start_of_last_word(text)
    word = text[start:]
    if word.startswith("@"):
        names = _fitting(_column(connection, "SELECT name FROM saved_searches"), _unquoted(word[1:]))
        found = [f"@{_quoted(name)}" for name in names]
    elif ":" in word:
        name, _, value = word.partition(":")
        values = _values(connection, name.lower(), _unquoted(value))
        found = [f"{name}:{_quoted(value)}" for value in values]
    else:
        found = [f"{field.name}:" for field in FIELDS if word and field.name.startswith(word.lower())]
    return [text[:start] + one for one in found][:MOST_COMPLETIONS]


def _start_of_last_word(text: str) -> int:
    """Where the last word begins, after what may stand before a word; a quoted space ends no word."""
    start, in_quotes = 0, False
    for place, character in enumerate(text):
        in_quotes ^= character == '"'
        if character.isspace() and not in_quotes:
            start = place + 1
    opener = _OPENERS.match(text, start)
    return opener.end() if opener else start


def _values(connection: sqlite3.Connection, field: str, beginning: str) -> list[str]:
    if field not in FIELD_BY_NAME or (beginning and not has_word(beginning)):
        return []
    fixed = FIELD_BY_NAME[field].values
    if field == "voice":
        return _fitting((one.label for one in Names(connection).voices), beginning)
    if field == "user":
        return _fitting((one.label for one in Names(connection).users), beginning)
    if field == "tag":
        return _fitting(_column(connection, "SELECT name FROM tags"), beginning)
    if field == "where":
        return _fitting(_column(connection, "SELECT name FROM locations"), beginning)
    escaped = re.sub("[!%_]", r"!\g<0>", stored_text(beginning))
    remembered = connection.execute(_LIKE, (_REMEMBERED_AS.get(field, field), f"{escaped}%", MOST_COMPLETIONS))
    return list(dict.fromkeys([*_fitting(fixed, beginning), *(original_text(value) for (value,) in remembered)]))


def _fitting(values: Iterable[str], beginning: str) -> list[str]:
    """The values of which a word begins so; those that begin so themselves come first."""
    wanted = fold_value(beginning)
    ranked = []
    for value in set(values):
        folded = fold_value(value)
        if folded.startswith(wanted):
            ranked.append((0, folded, value))
        elif f" {wanted}" in folded:
            ranked.append((1, folded, value))
    return [value for _, _, value in sorted(ranked)]


def _column(connection: sqlite3.Connection, sql: str) -> list[str]:
    return [original_text(value) for (value,) in connection.execute(sql)]


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _NEEDS_QUOTES.search(value) else value


def _unquoted(value: str) -> str:
    """A value as far as it is typed, without the quote that it begins with."""
    return value[1:].replace('""', '"') if value.startswith('"') else value
