"""What to leave to the index and what to ask of rows, so that the first hits of a search are found soon.

A search for the newest 200 hits can stop once it has them, so its time depends on how far it has to go and on what it
does on the way. For each filter the index has to find a list (5 µs; 300 for 60 voices) and to follow it; to ask a row
takes a third of a microsecond, whatever is asked, and ten times as long if its page has to be read first. How common
things are is a guess, so this is one too: it decides about time, never about what is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from audiotui.core.expression import AnyOf, Expression, Without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.core.selects import Condition

# Microseconds, measured on 1,000,000 recordings with an index of three segments
_LIST_US = 5.0  # to find the list of a token
_ENTRY_US = 0.02  # to go on to the next entry of a list
_SKIP_US = 2.2  # to go on to an entry that is far off, which is a search within a page
_COMPARISON_US = 0.003  # of a candidate with one of several lists that are joined by OR
_ANY_ENTRY_US = 0.05  # to go on to the next of all entries
_ROW_US = 0.3  # to read a row and ask it
_PAGE_US = 2.5  # to read the page of a row that is not in memory

_PAGE_ROWS = 10
_PAGES_IN_MEMORY = 1_000


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of several things that must be true of a hit."""

    expression: Expression
    """What finds it in the index; something more if it is ``nearly`` known."""
    density: float
    """The part of the newest entries that fulfils it."""
    ask: Condition | None = None
    """What decides it for a row; None if a row does not know."""
    is_near: bool = False
    """Whether the row decides, even if the index is asked."""

    @property
    def width(self) -> int:
        """How many lists of the index it takes, about."""
        bare = self.expression.expression if isinstance(self.expression, Without) else self.expression
        return len(bare.parts) if isinstance(bare, AnyOf) else 1


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to find the first hits."""

    left_to_index: list[Requirement]
    asked: list[Condition]
    """Of each row that these find."""
    entries: float
    """How far it is expected to go."""
    time_us: float
    """How long it is expected to take."""


def plan(requirements: Sequence[Requirement], *, limit: int, entries: int, most_rows: float) -> Plan:
    """The way that is expected to take the shortest time to find ``limit`` hits among so many entries.

    Were there no such limit, or nothing as expected, it would ask about ``most_rows`` rows and no more, except of those
    that nobody but the row knows.
    """
    by_density = sorted(requirements, key=_density)
    expected = min(limit / max(prod(one.density for one in requirements), 1e-9), entries)
    left = [one for one in by_density if one.ask is None]
    time_us = _time_us(left, requirements, expected)
    rows = entries * prod(one.density for one in left)
    for one in by_density:
        if one.ask is not None:
            longer = sorted([*left, one], key=_density)
            other_us = _time_us(longer, requirements, expected)
            if rows > most_rows or other_us < time_us:
                left, time_us, rows = longer, other_us, rows * one.density
    asked = [one.ask for one in requirements if one.ask is not None and (one.is_near or one not in left)]
    return Plan(left, asked, expected, time_us)


def _time_us(left: Sequence[Requirement], all_of_them: Sequence[Requirement], entries: float) -> float:
    """About how long it takes to go through so many entries, with these requirements, by density, left to the index."""
    found, time_us = entries, 0.0 if left else entries * _ANY_ENTRY_US
    for one in left:
        time_us += one.width * _LIST_US + min(one.density * entries * _ENTRY_US, found * _SKIP_US)
        time_us += found * one.width * _COMPARISON_US if one.width > 1 else 0.0
        found *= one.density
    if len(left) == len(all_of_them) and not any(one.is_near for one in left):
        return time_us
    pages = max(min(found, entries / _PAGE_ROWS) - _PAGES_IN_MEMORY, 0)
    return time_us + found * _ROW_US + pages * _PAGE_US


def _density(requirement: Requirement) -> float:
    return requirement.density
