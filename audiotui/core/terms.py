"""What a query means, as a tree of frozen values: ``query.py`` makes it of text, ``matching.py`` makes SQL of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand side by side in a title, text, note or file name; with ``prefix``, the last one may go on."""

    text: str
    prefix: bool = True


@dataclass(frozen=True, slots=True)
class Is:
    """A field has a value; what counts as equal is the field's affair."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Within:
    """A number lies in a range; None is an open end. Units: seconds, bytes, Hz, stars, milliseconds since 1970 UTC."""

    field: str
    low: float | None
    high: float | None
    low_open: bool = False
    """Whether ``low`` itself lies outside."""
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """What the saved search of this name finds."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """What a term does not find."""

    term: Term


@dataclass(frozen=True, slots=True)
class And:
    """What all terms find; all recordings if there are none."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What any of the terms finds; nothing if there are none."""

    terms: tuple[Term, ...]


Term: TypeAlias = Words | Is | Within | Saved | Not | And | Or

EVERYTHING = And(())
NOTHING = Or(())
