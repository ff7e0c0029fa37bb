"""Snapshots of whole screens, texts and styles, as small text files that a person can read and compare.

``SNAPSHOTS=write pytest tests/tui/test_snapshots.py`` writes them anew: look at the difference, then commit.
"""

from __future__ import annotations

import os
import string
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.segment import Segment

    from tests.tui.driving import Driver

FOLDER = Path(__file__).with_name("snapshots")
VARIABLE = "SNAPSHOTS"
MARKS = string.ascii_letters + string.digits


async def assert_snapshot(name: str, driver: Driver) -> None:
    """The screen is the one in the file; it is written where the environment asks for it."""
    for field in driver.app.screen.query("Input, TextArea"):
        field.cursor_blink = False  # type: ignore[attr-defined]
    await driver.until_still()
    path = FOLDER / f"{name}-{driver.app.size.width}x{driver.app.size.height}.txt"
    shown = snapshot(driver)
    if os.environ.get(VARIABLE) == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    elif not path.exists():
        pytest.fail(f"{path.name} does not exist; {VARIABLE}=write makes it")

    assert path.read_text(encoding="utf-8") == shown


def snapshot(driver: Driver) -> str:
    """The texts of a screen, below them which cells have which style, and what the styles are."""
    lines = driver.lines
    marks: dict[str, str] = {}
    for style in (style_of(segment) for line in lines for segment in line):
        marks.setdefault(style, MARKS[len(marks)])
    texts = ["".join(segment.text for segment in line).rstrip() for line in lines]
    runs = [" ".join(runs_of(line, marks)) for line in lines]
    legend = [f"{mark} {style}" for style, mark in marks.items()]
    return "\n".join([*texts, "", *runs, "", *legend]) + "\n"


def runs_of(line: Iterable[Segment], marks: dict[str, str]) -> Iterable[str]:
    """The styles of a line from left to right, each with the number of its cells."""
    for mark, segments in groupby(line, lambda segment: marks[style_of(segment)]):
        yield f"{mark}{sum(segment.cell_length for segment in segments)}"


def style_of(segment: Segment) -> str:
    """A style in words, without what cannot be seen."""
    return "none" if segment.style is None else str(segment.style.clear_meta_and_links())
