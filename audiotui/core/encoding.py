r"""How values look inside the database: text, JSON objects and times, each with its way back.

SQLite text is UTF-8, which has no lone surrogates; Python strings may hold them (a file name that is no valid UTF-8
arrives as ``'caf\udce9.wav'``). SQLite's functions, ``substr`` and ``length`` among them, take NUL for a text's end.
``stored_text`` writes each of these as U+FDD0 and four hex digits, ``original_text`` turns it back; U+FDD0 itself, a
code point that Unicode reserves for such private use, is written the same way. All other text, control characters
too, is stored as it is.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

_MARK = "\ufdd0"
_UNSTORABLE = re.compile("[\0\ud800-\udfff\ufdd0]")
_ESCAPED = re.compile("\ufdd0([0-9a-f]{4})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EARLIEST_MS = -62_135_596_800_000  # year 1
_LATEST_MS = 253_402_300_799_999  # end of year 9999


def stored_text(text: str) -> str:
    """The form of a text that SQLite can hold; the text itself in all but the oddest cases."""
    if "\0" not in text if text.isascii() else _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub(lambda match: f"{_MARK}{ord(match[0]):04x}", text)


def original_text(stored: str) -> str:
    """The text that ``stored_text`` was given."""
    if _MARK not in stored:
        return stored
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored)


def stored_json(value: Any) -> str:
    """A JSON value as text. Raises ValueError, TypeError or RecursionError if it is none (NaN is none)."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8, but JSON can write it as an ASCII escape.
    return json.dumps(value, allow_nan=False, separators=(",", ":")) if _has_surrogate(text) else text


def original_json(stored: str) -> Any:
    """The value that ``stored_json`` was given."""
    return {} if stored == "{}" else json.loads(stored)


def now_ms() -> int:
    """The time of day in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware time."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time; one outside the years 1 to 9999, from a clock gone mad, becomes the nearest end."""
    return _EPOCH + timedelta(milliseconds=min(max(milliseconds, _EARLIEST_MS), _LATEST_MS))


def optional_time(milliseconds: int | None) -> datetime | None:
    """``from_ms``, with None for NULL."""
    return None if milliseconds is None else from_ms(milliseconds)


def _has_surrogate(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
