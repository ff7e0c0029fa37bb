"""Words that several commands say."""

from __future__ import annotations

from audiotui.text import format_count


def counted(number: int, noun: str) -> str:
    """``1 recording``, ``1,204 recordings``; nouns ending in ``y`` become ``ies``."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{format_count(number)} {plural}"
