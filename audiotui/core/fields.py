"""The fields of the query language: their names, their help, and how their values are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audiotui.core.facets import State
from audiotui.core.terms import Is, Term, Within

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 2.0**62
"""Bounds beyond it (4 EiB, 146 million years in milliseconds) change nothing, and SQLite could not hold them."""


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


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it was written: the value, and half a unit of its last digit."""

    value: float
    half: float


def _text(field: str, value: str) -> Term | None:
    return Is(field, value)


def _one_of(*values: str) -> Callable[[str, str], Term | None]:
    return lambda field, value: Is(field, value.lower()) if value.lower() in values else None


def _matching(pattern: str) -> Callable[[str, str], Term | None]:
    legal = re.compile(pattern)
    return lambda field, value: Is(field, value.lower()) if legal.fullmatch(value.lower()) else None


def _numbers(read_number: Callable[[str], _Number | None]) -> Callable[[str, str], Term | None]:
    """The reader of a field of numbers: ``>x``, ``>=x``, ``<x``, ``<=x``, ``x..y`` with either end open, ``x``.

    A value alone stands for all that would be written like it: ``2.5`` for 2.45 up to, not including, 2.55.
    """

    def read(field: str, value: str) -> Term | None:
        sign, low, dots, high = _split_range(value)
        bounds = [read_number(bound) if bound else None for bound in (low, high)]
        if any(bound is None for bound, written in zip(bounds, (low, high), strict=True) if written):
            return None
        first, second = bounds
        if sign and first and not dots:
            bound = first.value
            return (
                Within(field, bound, None, sign == ">")
                if ">" in sign
                else Within(field, None, bound, False, sign == "<")
            )
        if sign or not (first or second):
            return None
        if not dots and first:
            return Within(field, first.value - first.half, first.value + first.half, high_open=True)
        if first and second and first.value > second.value:
            return None
        return Within(field, first.value if first else None, second.value if second else None)

    return read


def _dates(field: str, value: str) -> Term | None:
    """Years, months and days in UTC, as lists show them; each stands for all of its milliseconds."""
    sign, low, dots, high = _split_range(value)
    periods = [_period(bound) if bound else None for bound in (low, high)]
    if any(period is None for period, written in zip(periods, (low, high), strict=True) if written):
        return None
    first, second = periods
    if sign and first and not dots:
        start, end = {">": (first[1], None), ">=": (first[0], None), "<": (None, first[0]), "<=": (None, first[1])}[
            sign
        ]
    elif sign or not (first or second):
        return None
    else:
        start = first[0] if first else None
        last = second if dots else first
        end = last[1] if last else None
    if start is not None and end is not None and start >= end:
        return None
    return Within(field, start, end, high_open=True)


_RANGE = re.compile(r"(?P<sign>[<>]=?)?(?P<low>[^<>=]*?)(?:(?P<dots>\.\.)(?P<high>[^<>=]*))?")
_DIGITS = r"(\d{1,15})(?:\.(\d{1,9}))?"
_SECONDS = re.compile(rf"{_DIGITS}\s*(ms|s|sec|m|min|h)?")
_CLOCK = re.compile(r"(?:(\d{1,9}):)?(\d{1,9}):(\d{1,2})(?:\.(\d{1,9}))?")
_BYTES = re.compile(rf"{_DIGITS}\s*([kmgtp]i?)?b?")
_HERTZ = re.compile(rf"{_DIGITS}\s*(k)?(?:hz)?")
_STARS = re.compile(r"([0-5])()")
_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_UNIT_S = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def _split_range(value: str) -> tuple[str, str, str, str]:
    """The sign, the lower value, the dots and the upper value of a range; all empty if it is none."""
    match = _RANGE.fullmatch(value.strip().lower())
    if match is None:
        return "", "", "", ""
    sign, low, dots, high = (part or "" for part in match.groups())
    return sign, low.strip(), dots, high.strip()


def _number(whole: str, decimals: str | None, unit: float) -> _Number:
    value = float(f"{whole}.{decimals or 0}") * unit
    return _Number(min(value, _LARGEST), 0.5 * unit * 10.0 ** -len(decimals or ""))


def _seconds(text: str) -> _Number | None:
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds, decimals = clock.groups()
        last = _number(seconds, decimals, 1.0)
        return _Number(int(hours or 0) * 3600 + int(minutes) * 60 + last.value, last.half)
    match = _SECONDS.fullmatch(text)
    if match is None:
        return None
    whole, decimals, unit = match.groups()
    number = _number(whole, decimals, _UNIT_S[unit or "s"])
    return number if decimals or unit == "ms" else _Number(number.value, 0.5)


def _bytes(text: str) -> _Number | None:
    match = _BYTES.fullmatch(text)
    if match is None:
        return None
    whole, decimals, prefix = match.groups()
    power = " kmgtp".index(prefix[0]) if prefix else 0
    return _number(whole, decimals, float((1024 if prefix and prefix.endswith("i") else 1000) ** power))


def _hertz(text: str) -> _Number | None:
    match = _HERTZ.fullmatch(text)
    if match is None:
        return None
    whole, decimals, kilo = match.groups()
    return _number(whole, decimals, 1000.0 if kilo else 1.0)


def _stars(text: str) -> _Number | None:
    match = _STARS.fullmatch(text)
    return _number(match[1], None, 1.0) if match else None


def _period(text: str) -> tuple[int, int] | None:
    """The first millisecond of a year, month or day, and the first one after it."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        return None
    start_ms = round(start.timestamp()) * 1000
    if day:
        return start_ms, start_ms + 86_400_000
    months = start.year * 12 + start.month - 1 + (1 if month else 12)
    if months // 12 > 9999:
        return start_ms, 253_402_300_800_000
    return start_ms, round(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000


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
    Field("dur", "a length, or a range of lengths", ("dur:>30", "dur:1:30..2m", "dur:..90s"), _numbers(_seconds)),
    Field("size", "a size of the audio, or a range", ("size:>1M", "size:200k..1.5M"), _numbers(_bytes)),
    Field("date", "when it was added (UTC)", ("date:2026-05", "date:>2026-05-01", "date:2025..2026"), _dates),
    Field("rate", "a sample rate, or a range", ("rate:44100", "rate:>=24k"), _numbers(_hertz)),
    Field("rating", "stars, 0 to 5, or a range", ("rating:5", "rating:>=3"), _numbers(_stars), tuple("012345")),
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
