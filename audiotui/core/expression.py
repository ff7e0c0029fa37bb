"""Boolean expressions over the search index, and how FTS5 writes them.

FTS5 has no bare NOT: ``a NOT b`` is what a finds and b does not. An expression here may negate anything; rendering
hangs negations on what stands beside them, or on ``LIVE``, which finds every entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from audiotui.core.facets import LIVE, NEVER

DEEPEST_CHAIN = 30
"""FTS5 refuses expressions that are 256 levels deep; each part of a chain takes two."""


class Token(NamedTuple):
    """A word, a phrase or a filter token, as FTS5 reads it."""

    match: str


@dataclass(frozen=True, slots=True)
class Without:
    """All entries but those that an expression finds."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class _Parts:
    """Several expressions as one; equal parts make equal expressions."""

    parts: tuple[Expression, ...]
    _hash: int = field(init=False, repr=False, compare=False)  # a filter may have a hundred parts, and is hashed often

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((type(self).__name__, self.parts)))

    def __hash__(self) -> int:
        return self._hash


class AllOf(_Parts):
    """What all parts find; every entry if there is none."""

    __slots__ = ()


class AnyOf(_Parts):
    """What any part finds; nothing if there is none."""

    __slots__ = ()


Expression: TypeAlias = Token | Without | AllOf | AnyOf

EVERY_ENTRY = AllOf(())
NO_ENTRY = AnyOf(())


def tokens(*matches: str) -> Expression:
    """What has any of these filter tokens."""
    return any_of(*map(Token, matches))


def all_of(*parts: Expression) -> Expression:
    """The parts joined by AND, without what is superfluous."""
    flat: dict[Expression, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, AllOf) else (part,)))
    if NO_ENTRY in flat:
        return NO_ENTRY
    return next(iter(flat)) if len(flat) == 1 else AllOf(tuple(flat))


def any_of(*parts: Expression) -> Expression:
    """The parts joined by OR, without what is superfluous."""
    flat: dict[Expression, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    if EVERY_ENTRY in flat:
        return EVERY_ENTRY
    return next(iter(flat)) if len(flat) == 1 else AnyOf(tuple(flat))


def without(part: Expression) -> Expression:
    """The negation of a part."""
    if part == EVERY_ENTRY:
        return NO_ENTRY
    if part == NO_ENTRY:
        return EVERY_ENTRY
    return part.expression if isinstance(part, Without) else Without(part)


def render(expression: Expression) -> str:
    """The expression as the right side of a MATCH; ``NO_ENTRY`` has none."""
    if isinstance(expression, Token):
        return expression.match
    if isinstance(expression, AnyOf):
        return f"({' OR '.join(map(render, expression.parts))})"
    parts = expression.parts if isinstance(expression, AllOf) else (expression,)
    wanted = _chain([render(part) for part in parts if not isinstance(part, Without)])
    unwanted = " OR ".join(render(part.expression) for part in parts if isinstance(part, Without))
    return f"({wanted} NOT ({unwanted}))" if unwanted else wanted


def _chain(parts: list[str]) -> str:
    """Parts joined by AND, one after the other: the rarest ought to come first.

    Of ``a AND b AND c``, FTS5 moves c on for each candidate of a, even one that b refuses; with common words and
    filters that is most of its work. ``NOT`` something that is never there keeps it from making one AND of two.
    """
    chain = parts[0] if parts else LIVE
    for place, part in enumerate(parts[1:DEEPEST_CHAIN]):
        chain = f"(({chain} NOT {NEVER}) AND {part})" if place else f"({chain} AND {part})"
    return " AND ".join([f"({chain}", *parts[DEEPEST_CHAIN:]]) + ")" if len(parts) > DEEPEST_CHAIN else chain
