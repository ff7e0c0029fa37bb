r"""The query language: one for the command line, the screens and Python. Reading a query never fails.

    words         all must be there; each finds words that begin with it
    "exact words" these, side by side
    -x            not x; x may be a word, a phrase, a field or a group
    a OR b        either; binds its neighbours, so `a OR b c` is (a or b) and c
    (...)         a group
    field:value   see FIELDS; field:"two words"; not:field:value is -field:value; "" inside quotes is one quote
    @name         what the saved search of this name finds

Whatever is none of this (an unknown field, a value that its field cannot read, a quote that is not closed, an OR with
nothing beside it) is searched as text, and a note says so. What holds no letter and no digit cannot be searched and is
left out; a query of nothing else finds nothing, so that a slip never selects the whole library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from audiotui.core.fields import FIELD_BY_NAME, FIELDS, Field
from audiotui.core.terms import EVERYTHING, NOTHING, And, Not, Or, Saved, Term, Words
from audiotui.core.words import has_word, shown
from audiotui.errors import InvalidInput
from audiotui.text import briefly

__all__ = ["FIELDS", "Field", "Query", "parse"]

MOST_TERMS = 100
"""Terms after these are left out, with a note: a pasted page is found by its beginning."""

DEEPEST_GROUP = 20

_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*):(?=\S)(?!//)")


@dataclass(frozen=True, slots=True)
class Query:
    """What a text asks for, and what of it could not be understood as it may have been meant."""

    term: Term
    notes: tuple[str, ...] = ()
    """One line each; they quote the query, so they may hold anything: show them through ``text.safe_text``."""


def parse(text: str) -> Query:
    """The meaning of a query; '' asks for everything.

    Raises:
        InvalidInput: it is no text.
    """
    check_text(text)
    if not text.strip():
        return Query(EVERYTHING)
    reader = _Reader(text)
    terms = reader.group()
    notes = tuple(dict.fromkeys(reader.notes))
    return Query(_joined(terms) if terms else NOTHING, notes)


def check_text(text: str) -> None:
    """Raises InvalidInput if what is to be searched for is no text."""
    if not isinstance(text, str):
        raise InvalidInput(f"Cannot search for {briefly(text)}: it is no text.", "Give a text; '' finds everything.")


class _Reader:
    """A walk over one query from left to right."""

    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        self._text = text
        self._at = 0
        self._depth = 0
        self._term_count = 0

    def group(self) -> list[Term]:
        """The terms up to the end of the group or of the query, all of which must match."""
        terms: list[Term] = []
        or_pending = False
        while not self._at_end():
            if self._word() == "OR" and not or_pending and self._is_operator(bool(terms)):
                self._at += 2
                or_pending = True
                continue
            term = self._term()
            if term is not None:
                terms.append(_either(terms.pop(), term) if or_pending else term)
            or_pending = False
        return terms

    def _is_operator(self, has_left: bool) -> bool:
        """Whether the OR here has something on both sides; if not, it is a word."""
        start, self._at = self._at, self._at + 2
        has_right = not self._at_end()
        self._at = start
        if not (has_left and has_right):
            self.notes.append("OR needs something on both sides; searched as a word")
        return has_left and has_right

    def _term(self) -> Term | None:
        """The next term; None if there is nothing in it to search for."""
        character = self._text[self._at]
        if character == "-" and self._text[self._at + 1 : self._at + 2].strip():
            return self._negation()
        if character == "(" and self._depth < DEEPEST_GROUP:
            return self._parenthesis()
        self._term_count += 1
        if self._term_count > MOST_TERMS:
            self.notes.append(f"only the first {MOST_TERMS} terms are searched")
            self._at = len(self._text)
            return None
        if character == '"':
            return self._quoted()
        if character == "@" and len(self._word()) > 1:
            self._at += 1
            return Saved(self._value())
        return self._field() or self._plain()

    def _negation(self) -> Term | None:
        dashes = len(self._word()) - len(self._word().lstrip("-"))
        self._at += dashes
        term = None if self._at_end() else self._term()
        return Not(term) if term is not None and dashes % 2 else term

    def _parenthesis(self) -> Term | None:
        self._at += 1
        self._depth += 1
        terms = self.group()
        self._depth -= 1
        if self._at >= len(self._text) and self._term_count <= MOST_TERMS:
            self.notes.append("a parenthesis is not closed; read as if it were at the end")
        self._at += 1
        return _joined(terms) if terms else None

    def _quoted(self) -> Term | None:
        text, is_closed = self._string()
        if not is_closed:
            self.notes.append("a quote is not closed; read as if it were at the end")
        return self._words(text, prefix=not is_closed)

    def _field(self) -> Term | None:
        """A field and its value; None, without moving on, if that is not what comes next."""
        start = self._at
        match = _FIELD.match(self._text, start)
        if match is None:
            return None
        name = match[1].lower()
        self._at = match.end()
        if name == "not":
            term = None if self._text.startswith("not:", self._at) else self._field()
            if term is not None:
                return Not(term)
            self.notes.append("not: needs a field, as in not:where:local; searched as text")
        elif name not in FIELD_BY_NAME:
            self.notes.append(f"there is no field {shown(name)}; searched as text")
        else:
            value = self._value()
            term = _read(name, value)
            if term is not None:
                return term
            field = FIELD_BY_NAME[name]
            hint = ", ".join(field.values) or ", ".join(field.examples)
            self.notes.append(f"{name}: cannot be {shown(value)} (try {hint}); searched as text")
        self._at = start
        return None

    def _plain(self) -> Term | None:
        word = self._word()
        self._at += len(word)
        if word.rstrip(":").lower() in FIELD_BY_NAME and word.endswith(":"):
            self.notes.append(f"{shown(word)} needs a value; searched as text")
        return self._words(word, prefix=True)

    def _words(self, text: str, *, prefix: bool) -> Words | None:
        if has_word(text):
            return Words(text, prefix)
        if text.strip():
            self.notes.append(f"{shown(text)} has no letter and no digit; left out")
        return None

    def _value(self) -> str:
        """The value of a field or the name of a search: a quoted string, or all up to the next white space."""
        if self._text[self._at] == '"':
            return self._string()[0]
        word = self._word()
        self._at += len(word)
        return word

    def _string(self) -> tuple[str, bool]:
        """What stands between the quote here and the next single one, and whether there is one."""
        end = self._text.find('"', self._at + 1)
        while end >= 0 and self._text.startswith('""', end):
            end = self._text.find('"', end + 2)
        text = self._text[self._at + 1 :] if end < 0 else self._text[self._at + 1 : end]
        text = text.replace('""', '"')
        self._at = len(self._text) if end < 0 else end + 1
        return text, end >= 0

    def _word(self) -> str:
        """All up to the next white space, or to the end of the group."""
        match = _WORD.match(self._text, self._at)
        word = match[0] if match else ""
        return word.partition(")")[0] if self._depth else word

    def _at_end(self) -> bool:
        """Skip white space; True if the group or the query ends here."""
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._at >= len(self._text) or (self._depth > 0 and self._text[self._at] == ")")


@lru_cache(maxsize=256)  # while somebody types, all terms but the last one stay what they are
def _read(name: str, value: str) -> Term | None:
    return FIELD_BY_NAME[name].read(name, value) if value.strip() else None


def _joined(terms: list[Term]) -> Term:
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _either(left: Term, right: Term) -> Term:
    return Or((*left.terms, right)) if isinstance(left, Or) else Or((left, right))
