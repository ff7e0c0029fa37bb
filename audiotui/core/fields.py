"""The fields of the query language: their names, their help, and how their values are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.core.facets import State
from audiotui.core.ranges import hertz, period, read_range, seconds, size_bytes, stars
from audiotui.core.terms import Is, Term

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.core.ranges import Value


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the query language, as help and completion show it."""

    name: str
    help: str
    examples: tuple[str, ...]
    read: Callable[[str, str], Term | None]
    """Makes a term of the field's name and a value; None if the value makes no sense."""
    values: tuple[str, ...] = ()
    """All values there are, if these are few and fixed."""


def _text(field: str, value: str) -> Term | None:
    return Is(field, value)


def _one_of(*values: str) -> Callable[[str, str], Term | None]:
    return lambda field, value: Is(field, value.lower()) if value.lower() in values else None


def _matching(pattern: str) -> Callable[[str, str], Term | None]:
    legal = re.compile(pattern)
    return lambda field, value: Is(field, value.lower()) if legal.fullmatch(value.lower()) else None


def _range(read_value: Callable[[str], Value | None]) -> Callable[[str, str], Term | None]:
    return lambda field, value: read_range(field, value, read_value)


_STATES = tuple(state.value for state in State)

FIELDS: tuple[Field, ...] = (
    Field("voice", "an AI voice, by the beginnings of words of its name, voice or model", ("voice:heart",), _text),
    Field("user", "a person, by the beginnings of words of the name or username", ("user:doe",), _text),
    Field("kind", "made by an AI voice, or spoken by a human", ("kind:ai",), _one_of("ai", "human"), ("ai", "human")),
    Field("tag", "a tag", ("tag:keep", 'tag:"to redo"'), _text),
    Field("in", "a folder and all below it", ("in:greetings/",), _text),
    Field("folder", "the same as in:", ("folder:greetings/short",), _text),
    Field("fmt", "the audio's format", ("fmt:flac",), _text),
    Field("where", "a location at which the audio is present", ("where:local", "not:where:s3-main"), _text),
    Field("state", "where the audio is, and whether it is well", ("state:local-only",), _one_of(*_STATES), _STATES),
    Field("dur", "a length, or a range of lengths", ("dur:>30", "dur:1:30..2m", "dur:..90s"), _range(seconds)),
    Field("size", "a size of the audio, or a range", ("size:>1M", "size:200k..1.5M"), _range(size_bytes)),
    Field("date", "when it was added (UTC)", ("date:2026-05", "date:>2026-05-01", "date:2025..2026"), _range(period)),
    Field("rate", "a sample rate, or a range", ("rate:44100", "rate:>=24k"), _range(hertz)),
    Field("rating", "stars, 0 to 5, or a range", ("rating:5", "rating:>=3"), _range(stars), tuple("012345")),
    Field("lang", "a language; en finds en-GB too", ("lang:en", "lang:de-AT"), _text),
    Field("session", "a recording session or batch", ("session:monday",), _text),
    Field("model", "the name of the model", ("model:whisper",), _text),
    Field("verdict", "the outcome of a review", ("verdict:keep",), _text),
    Field(
        "has",
        "has a text, notes, tags, a rating, an identity, or a file of a kind",
        ("has:text", "has:transcript", "-has:tags"),
        _matching(r"[a-z0-9_-]{1,32}"),
        ("text", "notes", "tags", "rating", "identity", "audio"),
    ),
    Field("is", "marked in the list", ("is:marked",), _one_of("marked"), ("marked",)),
    Field("id", "an id, by its beginning", ("id:1f0a",), _matching(r"[0-9a-f-]{1,36}")),
)
"""All fields, in the order in which help shows them."""

FIELD_BY_NAME = {field.name: field for field in FIELDS}
