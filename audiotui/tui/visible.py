"""Texts that are being edited: shown harmlessly, character by character, while every character stays what it is.

``safe_text`` may write several characters for one, which is fine in lists. In an input the cursor counts characters,
and what nobody touched must come out as it went in.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from audiotui.text import SHOWN_MARKS, safe_text

_HIDDEN, _TOO_MANY = "\ufffd", "▫"


@lru_cache(maxsize=64)
def visible(text: str) -> str:
    """The text with as many characters, of which a terminal obeys none."""
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        safe = safe_text(character)
        if marks > SHOWN_MARKS:
            shown.append(_TOO_MANY)
        else:
            shown.append(safe if len(safe) == 1 else _HIDDEN)
    return "".join(shown)
