"""A slow and simple answer to every query, made without the index: what the fast one is compared with.

It shares the meaning of a query with the program (``query.parse``), but neither words, filters nor SQL: a text is a
list of units here, each a word or a run of characters without spaces, and a term is asked of each recording in turn.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from audiotui.core.query import parse
from audiotui.core.terms import And, Is, Not, Or, Saved, Term, Within, Words

UNSPACED = re.compile("([\u3041-\u30ff\u4e00-\u9fff\u0e01-\u0e4e]+)")
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Item:
    """A recording as the reference sees it."""

    id: int
    uid: str
    texts: tuple[str, ...]
    """Title, text, notes, name of the audio file: phrases do not cross from one to the next."""
    voice: str = ""
    user: str = ""
    kind: str = "human"
    tags: tuple[str, ...] = ()
    folder: str = ""
    fmt: str = ""
    where: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    dur: float | None = None
    size: int | None = None
    date: int = 0
    rate: int | None = None
    rating: int | None = None
    lang: str = ""
    session: str = ""
    model: str = ""
    verdict: str = ""
    has: frozenset[str] = field(default_factory=frozenset)


def expected_ids(
    query: str, items: list[Item], *, marked: set[int] | None = None, saved: dict[str, str] | None = None
) -> list[int]:
    """The ids that a query must find, newest first."""
    matcher = _Matcher(marked or set(), saved or {})
    term = parse(query).term
    return sorted((item.id for item in items if matcher.matches(term, item)), reverse=True)


class _Matcher:
    def __init__(self, marked: set[int], saved: dict[str, str]) -> None:
        self._marked = marked
        self._saved = {fold(name): query for name, query in saved.items()}
        self._open: list[str] = []

    def matches(self, term: Term, item: Item) -> bool:
        """Whether a recording is what a term asks for."""
        if isinstance(term, And):
            return all(self.matches(part, item) for part in term.terms)
        if isinstance(term, Or):
            return any(self.matches(part, item) for part in term.terms)
        if isinstance(term, Not):
            return not self.matches(term.term, item)
        if isinstance(term, Words):
            return any(has_phrase(units(text), units(term.text), prefix=term.prefix) for text in item.texts)
        if isinstance(term, Saved):
            return self._matches_saved(term.name, item)
        if isinstance(term, Within):
            return is_within(getattr(item, term.field), term)
        return self._has_value(term, item)

    def _matches_saved(self, name: str, item: Item) -> bool:
        query = self._saved.get(fold(name))
        if query is None or name in self._open:
            return self.matches(Words(name), item)
        self._open.append(name)
        try:
            return self.matches(parse(query).term, item)
        finally:
            self._open.pop()

    def _has_value(self, term: Is, item: Item) -> bool:
        value = fold(term.value)
        if term.field in {"voice", "user"}:
            wanted = WORD.findall(value)
            words = WORD.findall(fold(getattr(item, term.field)))
            return bool(wanted) and all(any(word.startswith(one) for word in words) for one in wanted)
        if term.field in {"in", "folder"}:
            parts = [part for part in map(fold, term.value.split("/")) if part]
            return [fold(part) for part in item.folder.split("/") if part][: len(parts)] == parts
        if term.field == "lang":
            value, have_tag = value.replace("_", "-"), fold(item.lang).replace("_", "-")
            return bool(item.lang) and value in {have_tag, have_tag.partition("-")[0]}
        if term.field == "id":
            digits = value.replace("-", "")
            return bool(digits) and item.uid.replace("-", "").startswith(digits)
        if term.field == "is":
            return item.id in self._marked
        if term.field == "tag":
            return value in map(fold, item.tags)
        if term.field == "state":
            return value in item.states
        have: Any = getattr(item, term.field)
        return value in map(fold, have) if isinstance(have, tuple | frozenset) else bool(have) and fold(have) == value


def is_within(number: float | None, term: Within) -> bool:
    """Whether a number, which may be missing, is in a range."""
    if number is None:
        return False
    above = term.low is None or (number > term.low if term.low_open else number >= term.low)
    return above and (term.high is None or (number < term.high if term.high_open else number <= term.high))


def fold(text: str) -> str:
    """Without case, diacritics, and white space too many."""
    bare = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(re.sub("[\u0300-\u036f]", "", bare).split())


def units(text: str) -> list[tuple[bool, str]]:
    """Words and runs without spaces, in order; True marks a run."""
    found = []
    for part in UNSPACED.split(unicodedata.normalize("NFC", fold(text).replace("ł", "l").replace("ø", "o"))):
        if UNSPACED.fullmatch(part):
            found.append((True, part))
        else:
            found += [(False, word) for word in WORD.findall(part)]
    return found


def has_phrase(text: list[tuple[bool, str]], wanted: list[tuple[bool, str]], *, prefix: bool) -> bool:
    """Whether the wanted units follow one another in a text."""
    places = range(len(text) - len(wanted) + 1)
    return bool(wanted) and any(_fits(text[place:], wanted, prefix=prefix) for place in places)


def _fits(text: list[tuple[bool, str]], wanted: list[tuple[bool, str]], *, prefix: bool) -> bool:
    last = len(wanted) - 1
    for place, (is_run, unit) in enumerate(wanted):
        have_run, have = text[place]
        if have_run != is_run:
            return False
        if is_run:
            # a run may begin before the phrase and go on after it
            fits = unit in have if last == 0 else have.endswith(unit) if place == 0 else have.startswith(unit)
            fits = fits and (place in {0, last} or have == unit)
        else:
            fits = have == unit or (prefix and place == last and have.startswith(unit))
        if not fits:
            return False
    return True
