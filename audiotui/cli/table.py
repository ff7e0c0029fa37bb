"""Listings in a terminal: aligned columns that fit its width, row by row, so that a million need no memory.

Columns are as wide as their widest cell among the first rows. Where the terminal is too narrow, optional columns go,
then the growing column shrinks; cells that do not fit end in ``…``.
"""

from __future__ import annotations

import shutil
from itertools import chain, islice
from typing import TYPE_CHECKING

from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audiotui.cli.listing import Column, Listing, Row

SAMPLED_ROWS = 200
"""Widths follow the first rows: the next million cannot be waited for."""

GAP = "  "
LEAST_GROWING_CELLS = 24
"""Below this width of the growing column, optional columns give way."""


def table_lines(listing: Listing[Row], rows: Iterable[Row], *, width: int | None = None) -> Iterator[str]:
    """The header and the rows, each fitting ``width`` cells (None: the terminal's width); nothing without rows."""
    remaining = iter(rows)
    sample = list(islice(remaining, SAMPLED_ROWS))
    if not sample:
        return
    cells_of = _Cells(listing)
    total = width or shutil.get_terminal_size().columns
    layout = _layout(listing.columns, [cells_of(row) for row in sample], total)
    yield _line([column.heading for column in listing.columns], listing.columns, layout)
    for row in chain(sample, remaining):
        yield _line(cells_of(row), listing.columns, layout)


class _Cells:
    """Reads a row as the texts that people see."""

    def __init__(self, listing: Listing[Row]) -> None:
        self._values = listing.values
        self._shows = [column.show for column in listing.columns]

    def __call__(self, row: object) -> list[str]:
        return [safe_text(show(value)) for show, value in zip(self._shows, self._values(row), strict=True)]


def _layout(columns: Sequence[Column], sample: list[list[str]], total: int) -> dict[int, int]:
    """The width of each column that is shown, by its number."""
    widths = {
        number: max(cell_width(column.heading), *(cell_width(row[number]) for row in sample))
        for number, column in enumerate(columns)
    }
    for number, column in enumerate(columns):
        if column.width:
            widths[number] = min(widths[number], column.width)
    growing = next((number for number, column in enumerate(columns) if not column.width), None)
    if growing is None:
        return widths

    def left_for_growing() -> int:
        others = sum(width for number, width in widths.items() if number != growing)
        return total - others - len(GAP) * (len(widths) - 1)

    least = min(LEAST_GROWING_CELLS, widths[growing])
    for number in [number for number, column in reversed(list(enumerate(columns))) if column.optional]:
        if left_for_growing() >= least:
            break
        del widths[number]
    widths[growing] = max(1, min(widths[growing], left_for_growing()))
    return widths


def _line(cells: Sequence[str], columns: Sequence[Column], layout: dict[int, int]) -> str:
    return GAP.join(fit(cells[number], width, right=columns[number].right) for number, width in layout.items()).rstrip()


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells, cut with ``…`` or filled with spaces."""
    taken = cell_width(text)
    if taken > width:
        text = _cut(text, width - 1) + "…"
        taken = cell_width(text)
    space = " " * (width - taken)
    return space + text if right else text + space


def cell_width(text: str) -> int:
    """How many cells a terminal draws ``text`` in."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    from rich.cells import set_cell_size

    return set_cell_size(text, width).rstrip()
