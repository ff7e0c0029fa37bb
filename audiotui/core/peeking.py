"""Whether the newest hits of a search are found sooner by asking rows, and how far to look for them in that way.

A search of common words and filters finds its newest 200 hits among a few thousand entries. To ask the row of one of
these takes a third of a microsecond, whatever is asked; the index first has to find the list of every token: that of
a voice in 5 µs, those of 60 voices in 300. But what is expected may be wrong (a voice that stopped last year), so the
peek ends at some entry, and what lies beyond is left to the usual way.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from audiotui.core.expression import AnyOf, Expression, Without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.core.selects import Condition

FARTHEST = 20_000
"""So many of the newest entries are looked at in this way, at most: a few milliseconds in vain if all goes wrong."""

_MARGIN = 3  # times as far as expected; nothing is lost by it, as the search ends with the hits that are wanted
_WORTHWHILE = 0.8  # of the usual time

# Microseconds, measured on 1,000,000 recordings with an index of three segments
_LIST_US = 5.0  # to find the list of a token
_ENTRY_US = 0.02  # to go on to the next entry of a list
_COMPARISON_US = 0.003  # of a candidate with one of several lists that are joined by OR
_ROW_US = 0.3  # to read a row and ask it


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
class Peek:
    """A look at the newest entries."""

    left_to_index: list[Requirement]
    asked: list[Condition]
    """Of each row that these find."""
    entries: int
    """How many entries to look at."""


def peek(requirements: Sequence[Requirement], *, limit: int, entries: int) -> Peek | None:
    """The look that is expected to find ``limit`` hits; None if the usual way takes no longer, or nearly so."""
    expected = limit / max(prod(one.density for one in requirements), 1e-9)
    if expected > min(FARTHEST, entries):
        return None
    left = [one for one in requirements if one.ask is None]
    time_us = _time_us(left, requirements, expected)
    for one in sorted(requirements, key=_density):
        if one.ask is not None and one.width == 1:
            longer = [*left, one]
            if (other_us := _time_us(longer, requirements, expected)) < time_us:
                left, time_us = longer, other_us
    asked = [one.ask for one in requirements if one.ask is not None and (one.is_near or one not in left)]
    if not asked or time_us > _WORTHWHILE * _time_us(requirements, requirements, expected):
        return None
    return Peek(left, asked, int(expected * _MARGIN) + limit)


def _time_us(left: Sequence[Requirement], all_of_them: Sequence[Requirement], entries: float) -> float:
    """About how long it takes to find all hits among so many entries if these requirements are left to the index."""
    found, time_us = entries, 0.0
    for one in sorted(left, key=_density):
        time_us += one.width * _LIST_US + one.density * entries * _ENTRY_US
        time_us += found * one.width * _COMPARISON_US if one.width > 1 else 0.0
        found *= one.density
    has_to_ask = len(left) < len(all_of_them) or any(one.is_near for one in all_of_them)
    return time_us + (found * _ROW_US if has_to_ask else 0.0)


def _density(requirement: Requirement) -> float:
    return requirement.density
