"""How ranges are written in queries: ``>x``, ``>=x``, ``<x``, ``<=x``, ``x..y`` with either end open, and ``x`` alone.

A number alone stands for all that would be written like it: ``2.5`` for 2.45 up to, not including, 2.55. A year, a
month or a day stands for all of its milliseconds, in UTC, as lists show it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core.terms import Within

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 2.0**62
"""A bound beyond it (4 EiB, 146 million years in milliseconds) changes nothing, and SQLite could not hold it."""

_END_OF_TIME_MS = 253_402_300_800_000  # the year 10000
_DAY_MS = 86_400_000

_RANGE = re.compile(r"([<>]=?)?([^<>=]*?)(?:(\.\.)([^<>=]*))?")
_DIGITS = r"(\d{1,15})(?:\.(\d{1,9}))?"
_SECONDS = re.compile(rf"{_DIGITS}\s*(ms|s|sec|m|min|h)?")
_CLOCK = re.compile(r"(?:(\d{1,9}):)?(\d{1,9}):(\d{1,2})(?:\.(\d{1,9}))?")
_BYTES = re.compile(rf"{_DIGITS}\s*([kmgtp]i?)?b?")
_HERTZ = re.compile(rf"{_DIGITS}\s*(k)?(?:hz)?")
_STARS = re.compile("[0-5]")
_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_UNIT_S = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Value(NamedTuple):
    """What a written value stands for: from ``start`` on, up to ``end``, which does not belong to it."""

    start: float
    end: float
    point: float | None = None
    """The number itself; None for a stretch of time."""


def read_range(field: str, text: str, read_value: Callable[[str], Value | None]) -> Within | None:
    """The range that a text says; None if it says none, or one that ends before it begins."""
    match = _RANGE.fullmatch(text.strip().lower())
    if match is None:
        return None
    sign, low_text, dots, high_text = match.groups(default="")
    low, high = (read_value(one.strip()) if one.strip() else None for one in (low_text, high_text))
    if (low_text.strip() and low is None) or (high_text.strip() and high is None) or (sign and dots):
        return None
    if sign:
        return _beyond(field, sign, low) if low else None
    if not dots:
        return Within(field, low.start, low.end, high_open=True) if low else None
    return _between(field, low, high)


def seconds(text: str) -> Value | None:
    """A length of time: ``30``, ``90s``, ``2m``, ``1.5h``, ``250ms``, ``1:30``, ``1:02:03``."""
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, whole, decimals = clock.groups()
        return _number(whole, decimals, 1.0, offset=int(hours or 0) * 3600 + int(minutes) * 60)
    match = _SECONDS.fullmatch(text)
    if match is None:
        return None
    whole, decimals, unit = match.groups()
    unit_s = _UNIT_S[unit or "s"]
    # Nobody means 1 to 3 minutes by 2m.
    return _number(whole, decimals, unit_s, half=0.5 if unit_s > 1 and not decimals else None)


def size_bytes(text: str) -> Value | None:
    """A size: ``1000``, ``200k``, ``1.5MB``, ``1GiB``."""
    match = _BYTES.fullmatch(text)
    if match is None:
        return None
    whole, decimals, prefix = match.groups()
    power = " kmgtp".index(prefix[0]) if prefix else 0
    return _number(whole, decimals, float((1024 if prefix and prefix.endswith("i") else 1000) ** power))


def hertz(text: str) -> Value | None:
    """A sample rate: ``44100``, ``44.1k``, ``48 kHz``."""
    match = _HERTZ.fullmatch(text)
    return _number(match[1], match[2], 1000.0 if match[3] else 1.0) if match else None


def stars(text: str) -> Value | None:
    """A rating from 0 to 5."""
    return _number(text, None, 1.0) if _STARS.fullmatch(text) else None


def period(text: str) -> Value | None:
    """A year, a month or a day: ``2026``, ``2026-05``, ``2026-05-17``; in milliseconds since 1970."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    start_ms = _midnight_ms(year or 0, month or 1, day or 1)
    if start_ms is None:
        return None
    if day:
        return Value(start_ms, start_ms + _DAY_MS)
    next_year, next_month = (year, month + 1) if month and month < 12 else ((year or 0) + 1, 1)
    return Value(start_ms, _midnight_ms(next_year or 0, next_month, 1) or _END_OF_TIME_MS)


def _beyond(field: str, sign: str, value: Value) -> Within:
    if value.point is None:
        low = {">": value.end, ">=": value.start}.get(sign)
        return Within(field, low, {"<": value.start, "<=": value.end}.get(sign), high_open=True)
    is_open = sign in {"<", ">"}
    if ">" in sign:
        return Within(field, value.point, None, low_open=is_open)
    return Within(field, None, value.point, high_open=is_open)


def _between(field: str, low: Value | None, high: Value | None) -> Within | None:
    if low is None and high is None:
        return None
    is_time = any(value is not None and value.point is None for value in (low, high))
    first = None if low is None else low.start if is_time else low.point
    last = None if high is None else high.end if is_time else high.point
    if first is not None and last is not None and (first > last or (is_time and first == last)):
        return None
    return Within(field, first, last, high_open=is_time)


def _number(whole: str, decimals: str | None, unit: float, *, offset: float = 0.0, half: float | None = None) -> Value:
    point = min(offset + float(f"{whole}.{decimals or 0}") * unit, _LARGEST)
    margin = 0.5 * unit * 10.0 ** -len(decimals or "") if half is None else half
    return Value(point - margin, point + margin, point)


def _midnight_ms(year: int, month: int, day: int) -> int | None:
    try:
        return round(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None
