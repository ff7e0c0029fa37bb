"""Orders climbed rung by rung: the first rows of a sorted listing, without reading all rows to sort them.

What decides the order of rows is nearly in the index: the cell of a length or a size, the stars, the identity. So the
hits are looked for from the first of these on until there are enough, and only what shares a rung is sorted by its
rows: a few milliseconds where sorting a million rows takes half a second. Titles are not in the index in this sense.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core import facets
from audiotui.core.expression import Expression, Token, any_of, tokens, without
from audiotui.core.facets import DURATION, SIZE, Scale
from audiotui.core.selects import Condition
from audiotui.core.sorts import IDENTITY_LABELS, Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.core.reading import Reader

WITH_RUNGS = frozenset({"duration", "size", "rating", "identity"})
"""The orders that the index knows, nearly."""

MOST_RUNGS = 64
"""Identities of more names than these share rungs."""

_SCALES = {"duration": DURATION, "size": SIZE}


class Rung(NamedTuple):
    """What stands in one place of an order, or in a few places that are next to each other."""

    expression: Expression
    conditions: tuple[Condition, ...] = ()
    is_level: bool = False
    """Whether all of it has the same place, so that the newest comes first."""
    parts: tuple[Rung, ...] = ()
    """The same in smaller rungs."""


def rungs(order: Order, reader: Reader) -> list[Rung]:
    """The rungs of one of the orders that have some, from its first on; together they hold every recording."""
    if order.key in _SCALES:
        climbed = _cells(_SCALES[order.key])
    elif order.key == "rating":
        climbed = [Rung(Token(facets.rating_token(rating)), is_level=True) for rating in facets.RATINGS]
    else:
        climbed = _identities(reader.fetch(IDENTITY_LABELS))
    if order.is_reversed:
        climbed = [one._replace(parts=one.parts[::-1]) for one in reversed(climbed)]
    unknown = without(any_of(*(one.expression for one in climbed)))  # last, whichever the direction
    return [*climbed, Rung(unknown, is_level=True)]


def _cells(scale: Scale) -> list[Rung]:
    joined = 1 << scale.shifts[1]
    return [
        Rung(
            Token(scale.token(1, cell)),
            parts=tuple(Rung(Token(scale.token(0, cell * joined + place))) for place in range(joined)),
        )
        for cell in range((scale.last_cell >> scale.shifts[1]) + 1)
    ]


def _identities(labels: Sequence[tuple[int, str, int]]) -> list[Rung]:
    """Rungs of identities, given the place of its label, the kind and the id of each, by place."""
    by_place = [_of_identities(list(group), is_level=True) for _, group in groupby(labels, key=itemgetter(0))]
    width = -(-len(by_place) // MOST_RUNGS)
    if width <= 1:
        return by_place
    places = [place for place, _, _ in labels]
    found = []
    for first in range(0, len(by_place), width):
        start, end = bisect_left(places, first + 1), bisect_left(places, first + 1 + width)
        joined = _of_identities(labels[start:end], is_level=False)
        found.append(joined._replace(parts=tuple(by_place[first : first + width])))
    return found


def _of_identities(labels: Sequence[tuple[int, str, int]], *, is_level: bool) -> Rung:
    voices = [str(number) for _, kind, number in labels if kind == "voice"]
    expression = tokens(*(facets.id_token(kind, number) for _, kind, number in labels))
    if len(voices) == len(labels):
        return Rung(expression, is_level=is_level)
    # A recording with a voice and a person is listed by its voice.
    by_person = Condition(f"(r.ai_identity_id IS NULL OR r.ai_identity_id IN ({', '.join(voices)}))")
    return Rung(expression, (by_person,), is_level=is_level)
