"""Which part of a listing is wanted: checked here, because SQLite would take a negative limit for none at all."""

from __future__ import annotations

from typing import Any

from audiotui.errors import InvalidInput
from audiotui.text import briefly


def check_page(limit: Any, offset: Any = 0) -> None:
    """Raises InvalidInput unless ``limit`` is a number from 0 on or None, and ``offset`` a number from 0 on."""
    if limit is not None and not _is_count(limit):
        raise InvalidInput(
            f"Cannot list {briefly(limit)} at most: it is no whole number from 0 on.", "Give a number, or None for all."
        )
    if not _is_count(offset):
        raise InvalidInput(
            f"Cannot leave out the first {briefly(offset)}: it is no whole number from 0 on.", "Give a number, or 0."
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0
