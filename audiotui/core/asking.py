"""What to leave to the index and what to ask of rows, so that the first hits of a search are found soon.

A search for the newest 200 hits can stop once it has them, so its time depends on how far it has to go and on what it
does on the way. For each filter the index has to find a list (5 µs; 300 for 60 voices) and to follow it; to ask a row
takes a third of a microsecond, whatever is asked, and ten times as long if its page has to be read first. How common
things are is a guess, so this is one too: it decides about time, never about what is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core.expression import AnyOf, Expression, Without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.core.selects import Condition

# Microseconds, measured on 1,000,000 recordings with an index of three segments
_LIST_US = 5.0  # to find the list of a token
_ENTRY_US = 0.02  # to go on to the next entry of a list
_SKIP_US = 2.2  # to go on to an entry that is far off, which is a search within a page
_SKIP_ONE_MORE_US = 0.5  # in each further list that is joined by OR
_COMPARISON_US = 0.003  # of a candidate with one of several lists that are joined by OR
_ANY_ENTRY_US = 0.05  # to go on to the next of all entries
_ROW_US = 0.3  # to read a row and ask it
_PAGE_US = 1.2  # to read the page of a row, if they are more than the connection keeps in memory
_PAGE_IN_MEMORY_US = 0.2

_PAGE_ROWS = 10
_PAGES_IN_MEMORY = 1_400

_MOST_COMPARED = 6  # of the filters that rows know; the more common ones are left to the index


class Requirement(NamedTuple):
    """One of several things that must be true of a hit; ``requirement`` makes it."""

    expression: Expression
    """What finds it in the index; something more if it is ``nearly`` known."""
    density: float
    """The part of the newest entries that fulfils it."""
    ask: Condition | None
    """What decides it for a row; None if a row does not know."""
    is_near: bool
    """Whether the row decides, even if the index is asked."""
    width: int
    """How many lists of the index it takes, about."""
    listed: float
    """The part of the entries that is in these lists."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to find the first hits."""

    left_to_index: list[Requirement]
    asked: list[Condition]
    """Of each row that these find, what refuses most of them first."""
    entries: float
    """How far it is expected to go."""
    time_us: float
    """How long it is expected to take."""


def requirement(
    expression: Expression, density: float, ask: Condition | None = None, *, is_near: bool = False
) -> Requirement:
    """A requirement, with what its expression means for the time it takes."""
    is_negative = isinstance(expression, Without)
    bare = expression.expression if isinstance(expression, Without) else expression
    width = len(bare.parts) if isinstance(bare, AnyOf) else 1
    return Requirement(expression, density, ask, is_near, width, 1 - density if is_negative else density)


def plan(requirements: Sequence[Requirement], *, limit: int, entries: int, most_rows: float) -> Plan:
    """The way that is expected to take the shortest time to find ``limit`` hits among so many entries.

    Were there no such limit, or nothing as expected, it would ask about ``most_rows`` rows and no more, except of those
    that nobody but the row knows.
    """
    by_density = sorted(requirements, key=_density)
    expected = min(limit / max(prod(one.density for one in requirements), 1e-9), entries)
    open_to_both = [one for one in by_density if one.ask is not None][:_MOST_COMPARED]
    left = [one for one in by_density if one not in open_to_both]
    time_us = _time_us(left, requirements, expected)
    rows = entries * prod(one.density for one in left)
    while open_to_both:
        times = [_time_us(_with(left, one), requirements, expected) for one in open_to_both]
        other_us = min(times)
        if other_us >= time_us and rows <= most_rows:
            break
        one = open_to_both.pop(times.index(other_us))
        left, time_us, rows = _with(left, one), other_us, rows * one.density
    asked = [one.ask for one in by_density if one.ask is not None and (one.is_near or one not in left)]
    return Plan(left, asked, expected, time_us)


def _with(left: Sequence[Requirement], one: Requirement) -> list[Requirement]:
    return sorted([*left, one], key=_density)


def time_in_index_us(requirements: Sequence[Requirement], entries: float) -> float:
    """About how long it takes to go through so many entries if all but what has to be asked is left to the index."""
    return _time_us(sorted(requirements, key=_density), requirements, entries)


def _time_us(left: Sequence[Requirement], all_of_them: Sequence[Requirement], entries: float) -> float:
    """About how long it takes to go through so many entries, with these requirements, by density, left to the index."""
    found, time_us = entries, 0.0 if left else entries * _ANY_ENTRY_US
    for one in left:
        skip_us = _SKIP_US + (one.width - 1) * _SKIP_ONE_MORE_US
        time_us += one.width * _LIST_US + min(one.listed * entries * _ENTRY_US, found * skip_us)
        time_us += found * one.width * _COMPARISON_US if one.width > 1 else 0.0
        found *= one.density
    if len(left) == len(all_of_them) and not any(one.is_near for one in left):
        return time_us
    pages = min(found, entries / _PAGE_ROWS)
    return time_us + found * _ROW_US + pages * (_PAGE_US if pages > _PAGES_IN_MEMORY else _PAGE_IN_MEMORY_US)


_density = itemgetter(1)
