"""Numbers of things in words."""

from __future__ import annotations

from audiotui.text import format_count


def things(count: int, thing: str = "recording") -> str:
    """``1 recording``, ``1,204 recordings``, ``2 copies``."""
    if count == 1:
        return f"1 {thing}"
    return f"{format_count(count)} {f'{thing[:-1]}ies' if thing.endswith('y') else f'{thing}s'}"
