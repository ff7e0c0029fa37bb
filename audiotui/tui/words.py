"""Numbers of things in words."""

from __future__ import annotations

from audiotui.text import format_count


def things(count: int, thing: str = "recording") -> str:
    """``1 recording``, ``1,204 recordings``."""
    return f"1 {thing}" if count == 1 else f"{format_count(count)} {thing}s"
