"""The files that an import found, with what would come of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.text import safe_text, shorten
from audiotui.tui.columns import pad
from audiotui.tui.widgets.cursor_list import Cell, MarkList

if TYPE_CHECKING:
    from audiotui.tui.import_words import ImportLine

OUTCOME_CELLS, WHY_SHARE = 10, 5

STYLES = {"new": "good", "lost": "good", "failed": "bad", "duplicate": "side", "skipped": "side"}


class ImportList(MarkList["ImportLine"]):
    """One line a file; marked ones are left out."""

    mark_sign = "-"

    def key(self, line: ImportLine) -> str:
        """The path."""
        return line.key

    def header(self, width: int) -> str:
        """The names above the columns."""
        return f"{pad('OUTCOME', OUTCOME_CELLS)} {pad('FILE', _file_cells(width))} WHY"

    def cells(self, line: ImportLine, width: int) -> list[Cell]:
        """A file's line."""
        left_out = line.key in self.marks
        outcome = "left out" if left_out and line.is_wanted else line.outcome
        style = "side" if left_out else STYLES[line.outcome]
        name = pad(safe_text(line.path.name, limit=4 * width), _file_cells(width))
        why = shorten(safe_text(line.why, limit=4 * width), width - OUTCOME_CELLS - 2 - _file_cells(width))
        return [(style, f"{pad(outcome, OUTCOME_CELLS)} "), ("", f"{name} "), ("side", why)]


def _file_cells(width: int) -> int:
    return max(12, (width - OUTCOME_CELLS) * 3 // WHY_SHARE)
