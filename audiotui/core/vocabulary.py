"""What the search index knows of its own words, asked before a search so that the search is quick."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audiotui.core.expression import AnyOf, Expression, Token, render
from audiotui.core.words import FACET_MARK

if TYPE_CHECKING:
    from audiotui.core.database import sqlite3
    from audiotui.core.selects import Condition

INDEXED_PREFIX = 3
"""Beginnings of words up to this length have an index of their own (``prefix`` in ``schema.py``)."""

MOST_WORDS = 32
"""With more words than these, FTS5's own way to search for a beginning is the faster one."""

SAMPLE_HITS = 64

MOST_SAMPLED_WORDS = 8
"""To search for more of them, joined by OR, would take too long for a sample."""

_CREATE = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_words USING fts5vocab (main, recordings_fts, instance)"
_NEXT_WORD = "SELECT term FROM temp.search_words WHERE term >= ? AND term < ? LIMIT 1"
_BOUNDS = "SELECT (SELECT min(id) FROM recordings_fts_docsize), (SELECT max(id) FROM recordings_fts_docsize)"
_HITS = f"""
SELECT count(*), max(rowid) FROM (SELECT rowid FROM recordings_fts WHERE recordings_fts MATCH ? LIMIT {SAMPLE_HITS})
"""  # FTS5 finds the newest first

_NEWEST_ROWS = "recordings r WHERE r.id > (SELECT max(id) - 200 FROM recordings)"

_PHRASE_DENSITY, _UNKNOWN_DENSITY, _NEGATION_DENSITY = 0.1, 0.5, 1.0
_MOST_SAMPLES = 256
_SEPARATOR = re.compile(f'[^\\w"*{FACET_MARK}]|_')  # stands between the words of a phrase


class Vocabulary:
    """The words of the index behind one connection, which must be allowed to make temporary tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._densities: dict[Expression, float] = {}
        self._fulfilled: dict[Condition, float] = {}
        self.bounds: tuple[int, int] | None = None
        """The numbers of the newest entry, which is the lowest, and of the oldest, as ``refresh`` saw them."""

    def continuations(self, beginning: str) -> list[str] | None:
        """The words that begin with these lower-case ASCII letters and digits; None if it is better not to know.

        FTS5 answers ``becau*`` by first collecting every entry of every word that begins so, which takes milliseconds
        where the words are common. But few words begin with the same four letters or more, and finding these takes
        10 µs each, so ``because OR becau`` is asked instead: ten times as fast (at 1,000,000 recordings, the newest 200
        of 38,000 hits: 0.1 ms instead of 1.0).
        """
        if len(beginning) <= INDEXED_PREFIX:
            return None
        self._connection.execute(_CREATE)  # an interruption may have undone it
        end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
        words: list[str] = []
        start = beginning
        while row := self._connection.execute(_NEXT_WORD, (start, end)).fetchone():
            if len(words) == MOST_WORDS:
                return None
            words.append(row[0])
            start = row[0] + "\x01"  # the first string that can follow, as no word holds control characters
        return words

    def refresh(self) -> None:
        """Look how many entries there are now; if there are newer ones, forget what was sampled among the others."""
        first, last = self._connection.execute(_BOUNDS).fetchone()
        bounds = None if first is None else (first, last)
        if bounds != self.bounds:
            self._densities.clear()
            self._fulfilled.clear()
        self.bounds = bounds

    @property
    def entries(self) -> int:
        """About how many entries there are; no fewer."""
        return self.bounds[1] - self.bounds[0] + 1 if self.bounds else 0

    def fulfilled(self, condition: Condition) -> float:
        """About which part of the newest rows fulfils a condition: between 0 and 1, as they are but a sample."""
        known = self._fulfilled.get(condition)
        if known is None:
            if len(self._fulfilled) >= _MOST_SAMPLES:
                self._fulfilled.clear()
            sql = f"SELECT total({condition.sql}), count(*) FROM {_NEWEST_ROWS}"
            hits, rows = self._connection.execute(sql, condition.parameters).fetchone()
            known = self._fulfilled[condition] = (hits + 0.5) / (rows + 1)
        return known

    def density(self, expression: Expression) -> float:
        """How common something is among the newest entries: 0 to 1, a guess where looking would take long."""
        known = self._densities.get(expression)
        if known is None:
            if len(self._densities) >= _MOST_SAMPLES:
                self._densities.clear()
            known = self._densities[expression] = self._seen(expression)
        return known

    def _seen(self, expression: Expression) -> float:
        parts = expression.parts if isinstance(expression, AnyOf) else (expression,)
        if not parts:
            return 0.0
        if len(parts) > MOST_SAMPLED_WORDS:
            return _UNKNOWN_DENSITY
        if not all(isinstance(part, Token) for part in parts):
            return _NEGATION_DENSITY
        if any(_SEPARATOR.search(part.match) for part in parts if isinstance(part, Token)):
            return _PHRASE_DENSITY  # to find a phrase 64 times may take long
        return self._sampled(expression)

    def _sampled(self, expression: Expression) -> float:
        if self.bounds is None:
            return 0.0
        hits, last = self._connection.execute(_HITS, (render(expression),)).fetchone()
        among = last - self.bounds[0] + 1 if hits == SAMPLE_HITS else self.entries
        density: float = hits / max(among, hits)
        return density
