"""Listings in a terminal: aligned columns that fit its width, row by row, so that a million need no memory.

Columns are as wide as their widest cell among the first rows. Where the terminal is too narrow, optional columns go,
then the growing column shrinks; cells that do not fit end in ``…``.
"""

from __future__ import annotations

import shutil
from itertools import chain, islice
from typing import TYPE_CHECKING

from audiotui.text import safe_text, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from audiotui.cli.listing import Column, Listing, Row

SAMPLED_ROWS = 200
"""Widths follow the first rows: the next million cannot be waited for."""

GAP = "  "
LEAST_GROWING_CELLS = 24
"""Below this width of the growing column, optional columns give way."""


def table_lines(listing: Listing[Row], rows: Iterable[Row], *, width: int | None = None) -> Iterator[str]:
    """The header and the rows, each fitting ``width`` cells (None: the terminal's width); nothing without rows."""
    lines = map(_reader(listing), rows)
    sample = list(islice(lines, SAMPLED_ROWS))
    if not sample:
        return
    columns = listing.columns
    headings = [column.heading for column in columns]
    widths = _fitting(columns, _natural(columns, [headings, *sample]), width or shutil.get_terminal_size().columns)
    for cells in chain([headings], sample, lines):
        yield GAP.join(fit(cells[n], cell, right=columns[n].right) for n, cell in widths.items()).rstrip()


def _reader(listing: Listing[Row]) -> Callable[[Row], list[str]]:
    """A function that reads a row as the texts that people see."""
    values_of = listing.values
    shows = [column.show for column in listing.columns]
    return lambda row: [safe_text(show(value)) for show, value in zip(shows, values_of(row), strict=True)]


def _natural(columns: Sequence[Column], sample: Sequence[list[str]]) -> dict[int, int]:
    """The width that each column would like, by its number."""
    widest = {n: max(cell_width(cells[n]) for cells in sample) for n in range(len(columns))}
    return {n: min(cells, columns[n].width or cells) for n, cells in widest.items()}


def _fitting(columns: Sequence[Column], natural: dict[int, int], total: int) -> dict[int, int]:
    """The widths of the columns that find room in ``total`` cells."""
    growing = next(n for n, column in enumerate(columns) if not column.width)
    least = min(LEAST_GROWING_CELLS, natural[growing])
    optional = [n for n, column in enumerate(columns) if column.optional]
    widths = dict(natural)
    while (room := total - sum(cells + len(GAP) for n, cells in widths.items() if n != growing)) < least and optional:
        del widths[optional.pop()]
    widths[growing] = max(1, min(natural[growing], room))
    return widths


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells, cut with ``…`` or filled with spaces."""
    text = shorten(text, width)
    space = " " * (width - cell_width(text))
    return space + text if right else text + space


def cell_width(text: str) -> int:
    """How many cells a terminal draws ``text`` in."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
