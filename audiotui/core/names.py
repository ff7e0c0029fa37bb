"""The names that queries and lists use for rows of the catalog, kept in memory until the catalog changes.

Only names: what a list shows as identity, which ids a ``voice:`` or a ``tag:`` means, what a saved search says.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core.encoding import original_text
from audiotui.core.words import fold_value

if TYPE_CHECKING:
    from audiotui.core.database import sqlite3

_MOST_KNOWN = 64

_WORD = re.compile(r"[^\W_]+")


class Named(NamedTuple):
    """An identity by the name that lists show, and by the words that find it."""

    id: int
    label: str
    words: str
    """Each after a space."""
    uid: str = ""

    def is_meant_by(self, text: str) -> bool:
        """Whether each word of the text begins a word of the name, or the text is the whole uid."""
        if text.strip().lower() == self.uid:
            return bool(self.uid)
        wanted = words_of(text)
        return bool(wanted) and all(f" {one}" in self.words for one in wanted)


class Names:
    """All names, each kind read when it is first asked for; ``CurrentNames`` tells when they are out of date."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], list[int]] = {}

    @cached_property
    def voices(self) -> list[Named]:
        """All AI identities; shown by name, else voice, else model."""
        rows = self._texts("SELECT id, uid, name, voice, model FROM ai_identities")
        return [_named(number, uid, next(filter(None, names), ""), names) for number, (uid, *names) in rows]

    @cached_property
    def users(self) -> list[Named]:
        """All user identities; shown by full name, else username."""
        rows = self._texts("SELECT id, uid, first_name, middle_name, last_name, username FROM user_identities")
        return [
            _named(number, uid, " ".join(filter(None, names[:3])) or names[3], names) for number, (uid, *names) in rows
        ]

    def voices_meant_by(self, text: str) -> list[int]:
        """The ids of the AI identities that a text means."""
        return self._meant("voice", self.voices, text)

    def users_meant_by(self, text: str) -> list[int]:
        """The ids of the user identities that a text means."""
        return self._meant("user", self.users, text)

    @cached_property
    def voice_labels(self) -> dict[int, str]:
        """What lists show for each AI identity."""
        return {one.id: one.label for one in self.voices}

    @cached_property
    def user_labels(self) -> dict[int, str]:
        """What lists show for each user identity."""
        return {one.id: one.label for one in self.users}

    @cached_property
    def tags(self) -> dict[str, list[int]]:
        """Ids of tags by folded name."""
        return self._ids_by_name("SELECT id, name FROM tags")

    @cached_property
    def locations(self) -> dict[str, list[int]]:
        """Ids of locations by folded name."""
        return self._ids_by_name("SELECT id, name FROM locations")

    @cached_property
    def sample_rates(self) -> list[int]:
        """All sample rates that recordings have or had."""
        rows = self._connection.execute("SELECT value FROM search_values WHERE field = 'rate'")
        return [int(value) for (value,) in rows]

    @cached_property
    def languages(self) -> list[str]:
        """All languages that recordings have or had, as they are stored."""
        rows = self._connection.execute("SELECT value FROM search_values WHERE field = 'lang'")
        return [value for (value,) in rows]

    def saved_search(self, name: str) -> str | None:
        """The query of a saved search, without regard to case; None if there is none."""
        rows = self._connection.execute("SELECT name, query FROM saved_searches")
        wanted = fold_value(name)
        return next((original_text(query) for saved, query in rows if fold_value(saved) == wanted), None)

    def _meant(self, kind: str, known: list[Named], text: str) -> list[int]:
        # While somebody types, all terms but the last one stay what they are.
        if (kind, text) not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[kind, text] = [one.id for one in known if one.is_meant_by(text)]
        return self._known[kind, text]

    def _texts(self, sql: str) -> list[tuple[int, list[str]]]:
        return [(number, list(map(original_text, texts))) for number, *texts in self._connection.execute(sql)]

    def _ids_by_name(self, sql: str) -> dict[str, list[int]]:
        ids: dict[str, list[int]] = {}
        for number, name in self._connection.execute(sql):
            ids.setdefault(fold_value(name), []).append(number)
        return ids


class CurrentNames:
    """The names as a connection sees them that only reads the library; what it writes to tables of its own is none."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)
        self._seen: int | None = None

    def get(self) -> Names:
        """The names; the same object as long as nobody has written anything."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]  # moves when others write
        if version != self._seen:
            self._names = Names(self._connection)
            self._seen = version
        return self._names


def _named(number: int, uid: str, label: str, names: list[str]) -> Named:
    return Named(number, label, "".join(f" {word}" for word in words_of(" ".join(names))), uid)


@lru_cache(maxsize=256)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name."""
    return tuple(_WORD.findall(fold_value(text)))
