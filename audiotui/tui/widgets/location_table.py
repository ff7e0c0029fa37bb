"""Locations as lines: where they are, whether they answer, what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.text import format_bytes_short, format_count, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.location_words import KIND_WORDS, Place, ago, state_style, state_words
from audiotui.tui.widgets.cursor_list import Cell, CursorList

if TYPE_CHECKING:
    from collections.abc import Callable

NAME_CELLS, KIND_CELLS, STATE_CELLS, COUNT_CELLS, SIZE_CELLS, AGO_CELLS, UNKNOWN_CELLS = 12, 6, 14, 9, 6, 10, 9

WIDE = 98
"""From this width on the last check and what a scan found have columns."""

NARROW = 70
"""Below this width what lies there has none."""


class LocationTable(CursorList[Place]):
    """One line a location."""

    def __init__(self, *, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._now_ms = now_ms

    def key(self, line: Place) -> str:
        """The location's name."""
        return line.info.name

    def header(self, width: int) -> str:
        """The names above the columns."""
        columns = f"  {pad('NAME', NAME_CELLS)} {pad('KIND', KIND_CELLS)} {pad('ADDRESS', _address_cells(width))} "
        columns += pad("STATE", STATE_CELLS)
        if width >= NARROW:
            columns += f"{'FILES':>{COUNT_CELLS}}{'SIZE':>{SIZE_CELLS}}"
        return columns + (f"{'CHECKED':>{AGO_CELLS}}{'UNKNOWN':>{UNKNOWN_CELLS}}" if width >= WIDE else "")

    def cells(self, line: Place, width: int) -> list[Cell]:
        """A location's line."""
        info = line.info
        cells = [
            ("accent", "* " if info.default else "  "),
            ("", pad(safe_text(info.name), NAME_CELLS) + " "),
            ("side", pad(KIND_WORDS.get(info.kind, info.kind), KIND_CELLS) + " "),
            ("side", pad(safe_text(info.address, limit=4 * width), _address_cells(width)) + " "),
            (state_style(line), pad(state_words(line), STATE_CELLS)),
        ]
        if width >= NARROW:
            cells.append(("", f"{format_count(info.copies):>{COUNT_CELLS}}"))
            cells.append(("side", f"{format_bytes_short(info.size_bytes):>{SIZE_CELLS}}"))
        if width >= WIDE:
            unknown = "?" if info.unknown_files is None else format_count(info.unknown_files)
            checked = ago(info.checked_at, self._now_ms())
            cells.append(("side", f"{checked:>{AGO_CELLS}}{unknown:>{UNKNOWN_CELLS}}"))
        return cells


def _address_cells(width: int) -> int:
    used = 2 + NAME_CELLS + 1 + KIND_CELLS + 2 + STATE_CELLS
    used += COUNT_CELLS + SIZE_CELLS if width >= NARROW else 0
    used += AGO_CELLS + UNKNOWN_CELLS if width >= WIDE else 0
    return max(8, width - used)
