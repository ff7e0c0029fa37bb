"""What the terms of queries mean to the search index, kept in memory until the catalog changes.

While somebody types, all terms but the last one stay what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.core import filters
from audiotui.core.expression import NO_ENTRY, Expression, Token, any_of
from audiotui.core.filters import Filter
from audiotui.core.terms import Is, Term, Within, Words
from audiotui.core.words import phrase

if TYPE_CHECKING:
    from audiotui.core.asking import Requirement
    from audiotui.core.names import Names
    from audiotui.core.vocabulary import Vocabulary

_MOST_KNOWN = 256


class Meanings:
    """What terms without parts mean, each looked up once for the same names.

    Names are the same only as long as nobody writes to the library (``CurrentNames``), so the words of its index are
    the same too.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.required: dict[Term, Requirement] = {}
        """What terms require of a hit, as long as they mean the same."""
        self._known: dict[Term, Filter] = {}
        self._names: Names | None = None

    def refresh(self, names: Names) -> None:
        """Forget what may have changed if these are other names than those of the last time."""
        if names is not self._names or len(self.required) >= _MOST_KNOWN:
            self.required.clear()
            self._known.clear()
            self.vocabulary.refresh()
            self._names = names

    def of(self, term: Term, names: Names) -> Filter:
        """What a term without parts means, with the names that ``refresh`` was told."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        known = self._known.get(term)
        if known is None:
            known = self._known[term] = self._read(term, names)
        return known

    def _read(self, term: Term, names: Names) -> Filter:
        if isinstance(term, Words):
            return Filter(self._words(term))
        if isinstance(term, Is):
            return filters.equals(term, names)
        if isinstance(term, Within):
            return filters.within(term, names)
        raise TypeError(f"{type(term).__name__} is no term without parts")

    def _words(self, term: Words) -> Expression:
        wanted = phrase(term.text, prefix=term.prefix)
        if wanted is None:
            return NO_ENTRY
        word = wanted.single_word if wanted.prefix else ""
        words = self.vocabulary.continuations(word) if word else None
        return Token(wanted.match) if words is None else any_of(*(Token(f'"{one}"') for one in words))
