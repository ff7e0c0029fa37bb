"""Which columns fit a width, and one line's cells: text only, already safe and cut to the column's cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from audiotui.kinds import CopyState
from audiotui.text import age, format_bytes_short, format_duration, safe_text, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.tui.rows import Line

GUTTER = 3
"""Cells before the first column: the cursor's sign, the mark's sign, a blank."""

TITLE_MIN = 25
"""The title is not narrower while other columns can go."""

ROOMY = 100
"""From this width on the title's least share grows with the table, and rarer columns come in."""

STATE_SIGNS = {CopyState.DAMAGED: "!", CopyState.MISSING: "?", CopyState.TRASHED: "·"}
"""How a copy that is not simply there shows in WHERE; a letter means present, a dot absent."""

SIGNS_LEGEND = "· not there  ! damaged  ? missing"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as laid out: ``cells`` wide, with its text made by ``text``."""

    name: str
    cells: int
    right: bool
    text: Callable[[Line, Scene], str]


@dataclass(frozen=True, slots=True)
class Scene:
    """What lines need besides themselves: the places' letters in order, and what time it is."""

    letters: tuple[tuple[str, str], ...]
    """(location name, its letter)"""
    now_ms: int


def place_letters(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """A letter for each location: its first one that no earlier location took, else a digit."""
    taken: dict[str, str] = {}
    for name in names:
        candidates = [letter.upper() for letter in name if letter.isalnum()] + list("123456789+")
        taken[name] = next((letter for letter in candidates if letter not in taken.values()), "+")
    return tuple(taken.items())


def layout(width: int, scene: Scene) -> tuple[Column, ...]:
    """The columns for a table ``width`` cells wide: the title grows, and others go where it is narrow."""
    where = max(5, 2 * len(scene.letters) - 1)
    optional = [
        Column("IDENTITY", 15, False, lambda line, _: line.recording.identity),
        Column("DUR", 7, True, lambda line, _: format_duration(line.recording.duration_s)),
        Column("FMT", 4, False, lambda line, _: line.recording.format),
        Column("SIZE", 5, True, _size),
        Column("WHERE", where, False, _where),
        Column("AGE", 4, True, lambda line, scene: age(line.recording.created_at_ms, scene.now_ms)),
        Column("LANG", 6, False, lambda line, _: line.recording.language),
        Column("VERDICT", 8, False, _verdict),
    ]
    order = ["IDENTITY", "WHERE", "DUR", "FMT", "SIZE", "AGE"]  # the most useful is the last to go
    if width >= ROOMY:
        order += ["LANG", "VERDICT"]
    room = width - GUTTER - max(TITLE_MIN, width * 2 // 5 if width >= ROOMY else 0)
    kept: set[str] = set()
    by_name = {column.name: column for column in optional}
    for name in order:
        if by_name[name].cells + 1 > room:
            break
        kept.add(name)
        room -= by_name[name].cells + 1
    columns = [column for column in optional if column.name in kept]
    used = sum(column.cells + 1 for column in columns)
    title = max(1, width - GUTTER - used)
    return (Column("TITLE", title, False, lambda line, _: line.recording.label), *columns)


def cell(column: Column, line: Line, scene: Scene) -> str:
    """One cell's text, padded to exactly ``column.cells`` terminal cells."""
    return pad(safe_text(column.text(line, scene), limit=4 * column.cells + 8), column.cells, right=column.right)


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """Safe text cut or filled to exactly ``cells`` terminal cells."""
    text = shorten(text, cells)
    blank = " " * (cells - cell_len(text))
    return blank + text if right else text + blank


def _size(line: Line, _scene: Scene) -> str:
    size = line.recording.size_bytes
    return "" if size is None else format_bytes_short(size)


def _where(line: Line, scene: Scene) -> str:
    signs = []
    for name, letter in scene.letters:
        state = line.places.get(name)
        signs.append("·" if state is None else STATE_SIGNS.get(state, letter))
    return " ".join(signs)


def _verdict(line: Line, _scene: Scene) -> str:
    rating = line.recording.rating
    stars = f"{rating}★ " if rating is not None else ""
    return stars + line.recording.verdict
