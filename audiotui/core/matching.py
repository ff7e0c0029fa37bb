"""Queries made answerable: the tree of a query becomes one or a few SELECTs over the search index.

Nearly every query is one ``MATCH``. The exceptions are filters that the index knows only nearly: a length or a size
(sure except in the cells at the ends of its range, see ``facets.py``), the marked recordings, the beginning of an id.
Then the answer is put together: entries outside all such edges by ``MATCH`` alone, entries on an edge by ``MATCH`` and
a look at the row; and with filters of this kind between ORs, one SELECT for each way in which they can be true. No two
SELECTs find the same recording, so together, ordered by id, they are one stream that can be stopped early.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product
from math import inf
from typing import TYPE_CHECKING, NamedTuple, cast

from audiotui.core import filters
from audiotui.core.asking import Plan, Requirement, plan, requirement, time_in_index_us
from audiotui.core.expression import EVERY_ENTRY, NO_ENTRY, AnyOf, Expression, Without, all_of, any_of, without
from audiotui.core.filters import Near
from audiotui.core.query import parse
from audiotui.core.selects import Condition, Select, Stretch, combined, joined, opposite, select
from audiotui.core.terms import And, Is, Not, Or, Saved, Term, Within, Words
from audiotui.core.vocabulary import MOST_SAMPLED_WORDS
from audiotui.core.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from audiotui.core.filters import Filter
    from audiotui.core.meanings import Meanings
    from audiotui.core.names import Names

MOST_NEARS = 6
"""More nearly known filters than these between ORs are refused: each doubles the number of SELECTs."""

MOST_SAVED_SEARCHES = 50
"""A query may use so many saved searches, those inside saved searches counted too."""

FEW_ROWS = 10_000
"""To ask so many rows takes 30 ms where they are not in memory, which is the worst that can come of a wrong guess."""

FARTHEST = 20_000
"""So many of the newest entries may be looked at with all of their rows, if the first hits are expected there."""

_MARGIN = 3  # times as far as expected; nothing is lost by it, as the search ends with the hits that are wanted
_WORTHWHILE = 0.8  # of the time that the index takes

_GROUPS = (And, Or)
_LEAVES = (Words, Is, Within)

_WORTH_SORTING = 3  # two parts are walked side by side, whichever comes first


class Part(NamedTuple):
    """Something that one SELECT finds."""

    expression: Expression
    conditions: tuple[Condition, ...] = ()


class Matching:
    """What a query became, each form of it made when it is asked for."""

    def __init__(self, term: Term, names: Names, meanings: Meanings, few_rows: int) -> None:
        compiler = _Compiler(names, meanings, few_rows)
        self._compiler = compiler
        self._term = compiler.prepared(term)
        self._nears = dict(compiler.nears(self._term))
        self._has_too_many = len(self._nears) > MOST_NEARS
        if self._has_too_many:
            compiler.notes.append(f"more than {MOST_NEARS} ranges, ids and marks between ORs; nothing is searched")
        self.notes: list[str] = list(dict.fromkeys(compiler.notes))
        """What should be said about the query, one line each."""

    @property
    def needs_marked(self) -> bool:
        """Whether the table of marked recordings has to be filled first."""
        return any(filters.MARKED_TABLE in near.ask.sql for near in self._nears.values())

    @cached_property
    def parts(self) -> list[Part]:
        """Disjoint; none if nothing can match."""
        return [] if self._has_too_many else self._compiler.parts(self._term, self._nears)

    @property
    def selects(self) -> list[Select]:
        """One SELECT for each part."""
        return [select(part.expression, part.conditions) for part in self.parts]

    def entries(self) -> Select:
        """The numbers of all entries found; in order, either way, SQLite can give them as they are found."""
        return joined(self.selects)

    def entries_within(self, expression: Expression, conditions: Sequence[Condition] = ()) -> Select:
        """The numbers of those entries that another expression and other conditions find as well."""
        both = [Part(all_of(expression, one.expression), (*conditions, *one.conditions)) for one in self.parts]
        return joined([select(*one) for one in both if one.expression != NO_ENTRY])

    @property
    def parts_for_rows(self) -> list[Part]:
        """The same parts where rows are looked at anyway: what a row can be asked is not left to the index."""
        required = self._required
        if not required or any(one.expression == NO_ENTRY for one in required):
            return self.parts
        left = [one.expression for one in required if one.ask is None]
        return [Part(all_of(*left), tuple(one.ask for one in required if one.ask is not None))]

    @cached_property
    def _required(self) -> list[Requirement] | None:
        return None if self._has_too_many else self._compiler.requirements(self._term, self._nears)

    def first_entries(self, limit: int, *, newest: bool = True) -> Iterator[Select]:
        """The same, the faster way for a few of them: the newest, or the oldest.

        In stages, each to be asked if those before it found fewer than ``limit``; none finds what another one does.
        """
        required = self._required
        if not required or any(one.expression == NO_ENTRY for one in required):
            yield joined(()) if required else self.entries()
            return
        beyond = None
        if newest and (peek := self._compiler.peek(required, limit)):
            part, beyond = peek
            yield select(*part, among=Stretch(beyond=beyond))
        yield select(*self._compiler.usual(required, limit), among=Stretch(first=beyond))


def match(term: Term, names: Names, meanings: Meanings, *, few_rows: int = FEW_ROWS) -> Matching:
    """What finds the recordings that a query asks for; rather than read ``few_rows``, it searches the index for all."""
    return Matching(term, names, meanings, few_rows)


class _Compiler:
    """The way from one query to its SELECTs."""

    def __init__(self, names: Names, meanings: Meanings, few_rows: int) -> None:
        self.notes: list[str] = []
        self._few_rows = few_rows
        self._names = names
        self._meanings = meanings
        meanings.refresh(names)
        self._vocabulary = meanings.vocabulary
        self._known: dict[int, tuple[Term, Filter]] = {}
        self._densities: dict[Expression, float] = {}
        self._open_searches: list[str] = []
        self._search_count = 0

    def prepared(self, term: Term) -> Term:
        """The term without saved searches, its nearly known filters side by side."""
        return self._gathered(self._expanded(term))

    def parts(self, term: Term, nears: Mapping[Term, Near]) -> list[Part]:
        """What finds the term: off all edges, and on an edge for each way in which the nearly known can be true."""
        edge = any_of(*(near.edge for near in nears.values()))
        off_edge = self._expression(term, {part: near.inside for part, near in nears.items()})
        parts = [Part(all_of(off_edge, without(edge)))]
        for truths in product((True, False), repeat=len(nears)) if nears else ():
            chosen = {part: EVERY_ENTRY if truth else NO_ENTRY for part, truth in zip(nears, truths, strict=True)}
            on_edge = all_of(self._expression(term, chosen), edge)
            asked = [near if truth else _not(near) for near, truth in zip(nears.values(), truths, strict=True)]
            parts.append(Part(on_edge, tuple(near.ask for near in asked)))
        return [part for part in parts if part.expression != NO_ENTRY]

    def requirements(self, term: Term, nears: Mapping[Term, Near]) -> list[Requirement] | None:
        """The term as things that must all be true of a hit; None if something nearly known lies between ORs."""
        terms = term.terms if isinstance(term, And) and term not in nears else (term,)
        if len(nears) > 1 or not all(near in terms for near in nears):
            return None
        true = dict.fromkeys(nears, EVERY_ENTRY)  # also inside the other terms, as every row is asked
        required: list[Requirement] = []
        places: dict[str, int] = {}
        for one in terms:
            found = self._required(one, nears.get(one), true)
            field = one.field if isinstance(one, Is) and one.field in filters.ONE_EACH else ""
            if field in places:
                required[places[field]] = self._both(required[places[field]], found.expression, found.ask)
                continue
            if field:
                places[field] = len(required)
            required.append(found)
        if "kind" in places and places.keys() & {"voice", "user"}:
            kind = required[places["kind"]]
            required[places["kind"]] = kind._replace(density=1.0)  # whoever has the voice is an AI, with few exceptions
        return required

    def _required(self, term: Term, near: Near | None, true: Mapping[Term, Expression]) -> Requirement:
        """What one of the terms requires."""
        known = self._meanings.required.get(term)
        if known is None:
            ask = self._ask(term) if near is None else near.ask
            index = self._expression(term, true) if near is None else any_of(near.inside, near.edge)
            known = requirement(index, self._share(index, ask), ask, is_near=near is not None)
            if isinstance(term.term if isinstance(term, Not) else term, _LEAVES):
                self._meanings.required[term] = known
        return known

    def _both(self, required: Requirement, index: Expression, ask: Condition | None) -> Requirement:
        """What fulfils two requirements of a field of which a recording has one value: the values that fulfil both."""
        values = [set(one.parts if isinstance(one, AnyOf) else (one,)) for one in (required.expression, index)]
        common = values[0] & values[1]
        expression = any_of(*sorted(common, key=str))
        both = combined(" AND ", required.ask, ask) if required.ask and ask else None
        return requirement(expression, self._share(expression, both), both)

    def usual(self, required: Sequence[Requirement], limit: int) -> Part:
        """What finds the first hits however far they are."""
        entries = self._vocabulary.entries
        return self._planned(plan(required, limit=limit, entries=entries, most_rows=self._few_rows))

    def peek(self, required: Sequence[Requirement], limit: int) -> tuple[Part, int] | None:
        """What looks for the newest hits among the newest entries, and the entry before which it ends.

        It may ask all of their rows, however many that would be if it went on: a voice may have stopped last year.
        """
        bounds = self._vocabulary.bounds
        asks = [one.ask for one in required if one.ask]
        if bounds is None or not asks or not all(ask.needs_row for ask in asks):
            return None
        found = plan(required, limit=limit, entries=self._vocabulary.entries, most_rows=inf)
        if found.entries >= min(FARTHEST, self._vocabulary.entries) or not found.asked:
            return None  # too far to look at all rows, or as far as the usual way goes
        if found.time_us > _WORTHWHILE * time_in_index_us(required, found.entries):
            return None
        return self._planned(found), bounds[0] + int(found.entries * _MARGIN) + limit

    def _planned(self, way: Plan) -> Part:
        """What goes a way that was planned."""
        return Part(self._all_of([one.expression for one in way.left_to_index]), tuple(way.asked))

    def _ask(self, term: Term) -> Condition | None:
        """What the row can be asked instead of the index; None if it does not know."""
        if isinstance(term, Not):
            ask = self._ask(term.term)
            return None if ask is None else opposite(ask)
        return self._meaning(term).ask if isinstance(term, Is | Within) else None

    def _expanded(self, term: Term) -> Term:
        """The term with saved searches replaced by what they say."""
        if isinstance(term, _GROUPS):
            return type(term)(tuple(map(self._expanded, term.terms)))
        if isinstance(term, Not):
            return Not(self._expanded(term.term))
        return self._saved(term) if isinstance(term, Saved) else term

    def _saved(self, term: Saved) -> Term:
        self._search_count += 1
        text = self._names.saved_search(term.name)
        if text is None or term.name in self._open_searches or self._search_count > MOST_SAVED_SEARCHES:
            reason = "there is no saved search" if text is None else "too many saved searches in one another:"
            self.notes.append(f"{reason} {shown(term.name)}; searched as text")
            return Words(term.name)
        query = parse(text)
        self.notes += query.notes
        self._open_searches.append(term.name)
        expanded = self._expanded(query.term)
        self._open_searches.pop()
        return expanded

    def _gathered(self, term: Term) -> Term:
        """The term with all nearly known filters of an AND, or of an OR, made one part of it."""
        if isinstance(term, Not):
            return Not(self._gathered(term.term))
        if not isinstance(term, _GROUPS):
            return term
        parts = [self._gathered(part) for part in term.terms]
        are_near = list(map(self._is_near, parts))
        if sum(are_near) < 2 or all(are_near):
            return type(term)(tuple(parts))
        near = [part for part, is_near in zip(parts, are_near, strict=True) if is_near]
        sure = [part for part, is_near in zip(parts, are_near, strict=True) if not is_near]
        return type(term)((*sure, type(term)(tuple(near))))

    def _is_near(self, term: Term) -> bool:
        """Whether nothing in a term is known for sure."""
        if isinstance(term, _GROUPS):
            return bool(term.terms) and all(map(self._is_near, term.terms))
        if isinstance(term, Not):
            return self._is_near(term.term)
        return isinstance(self._meaning(term).meaning, Near)

    def nears(self, term: Term) -> Iterable[tuple[Term, Near]]:
        """The largest parts of a term in which nothing is known for sure."""
        if self._is_near(term):
            yield term, self._near(term)
        elif isinstance(term, _GROUPS):
            for part in term.terms:
                yield from self.nears(part)
        elif isinstance(term, Not):
            yield from self.nears(term.term)

    def _near(self, term: Term) -> Near:
        """A part in which nothing is known for sure, as one filter."""
        if isinstance(term, Not):
            return _not(self._near(term.term))
        if not isinstance(term, _GROUPS):
            return cast("Near", self._meaning(term).meaning)
        nears = [self._near(part) for part in term.terms]
        join, operator = (all_of, " AND ") if isinstance(term, And) else (any_of, " OR ")
        return Near(
            inside=join(*(near.inside for near in nears)),
            edge=any_of(*(near.edge for near in nears)),
            ask=combined(operator, *(near.ask for near in nears)),
        )

    def _expression(self, term: Term, chosen: Mapping[Term, Expression]) -> Expression:
        """What finds the term if some of its parts are chosen to mean something."""
        if term in chosen:
            return chosen[term]
        if isinstance(term, And):
            return self._all_of([self._expression(part, chosen) for part in term.terms])
        if isinstance(term, Or):
            return any_of(*(self._expression(part, chosen) for part in term.terms))
        if isinstance(term, Not):
            return without(self._expression(term.term, chosen))
        return cast("Expression", self._meaning(term).meaning)

    def _all_of(self, parts: Sequence[Expression]) -> Expression:
        """The rarest first, which says what is looked at; then what refuses most of that for the least work."""
        if len(parts) < _WORTH_SORTING:
            return all_of(*parts)
        rarest, *others = sorted(parts, key=self._density)
        return all_of(rarest, *sorted(others, key=self._work_per_refusal))

    def _work_per_refusal(self, expression: Expression) -> float:
        width = len(expression.parts) if isinstance(expression, AnyOf) else 1
        return width / max(1 - self._density(expression), 0.001)

    def _share(self, expression: Expression, ask: Condition | None) -> float:
        """The part of the newest entries that something finds, as well as can be known quickly."""
        if isinstance(expression, Without):
            return 1 - self._share(expression.expression, opposite(ask) if ask else None)
        if ask and isinstance(expression, AnyOf) and len(expression.parts) > MOST_SAMPLED_WORDS:
            self._densities[expression] = self._vocabulary.fulfilled(ask)
        return self._density(expression)

    def _density(self, expression: Expression) -> float:
        known = self._densities.get(expression)
        if known is None:
            known = self._densities[expression] = self._vocabulary.density(expression)
        return known

    def _meaning(self, term: Term) -> Filter:
        """What a term without parts means to the index."""
        known = self._known.get(id(term))
        if known is None:
            found = self._meanings.of(term, self._names)
            known = self._known[id(term)] = (term, found)  # with the term, so that no other gets its id
            if found.note:
                self.notes.append(found.note)
        return known[1]


def _not(near: Near) -> Near:
    return Near(without(near.inside), near.edge, opposite(near.ask))
