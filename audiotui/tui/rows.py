"""Pages of recordings between the reader thread and the table: what a table needs to know of any row source."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.model import CopyState, RecordingRow

PAGE_ROWS = 128
"""Rows of one page; a screen shows at most two pages at 120 rows."""

KEPT_PAGES = 64
"""Pages kept in memory: about 8,000 rows, least recently drawn thrown out first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: the recording and where its audio lies."""

    recording: RecordingRow
    places: Mapping[str, CopyState] = field(default_factory=dict)


class RowSource(Protocol):
    """Where a table gets its lines from; never blocks."""

    @property
    def total(self) -> int:
        """How many lines there are, as far as known."""
        ...

    def line(self, index: int) -> Line | None:
        """The line at an index, or None while it is being fetched; the source says when it is there."""
        ...


class PageCache:
    """The pages of one result that have arrived, least recently used thrown out first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, list[Line]] = OrderedDict()

    def line(self, index: int) -> Line | None:
        """The line at an index, or None if its page is not here."""
        number, offset = divmod(index, PAGE_ROWS)
        page = self._pages.get(number)
        if page is None or offset >= len(page):
            return None
        self._pages.move_to_end(number)
        return page[offset]

    def put(self, number: int, lines: list[Line]) -> None:
        """Keep a page."""
        self._pages[number] = lines
        self._pages.move_to_end(number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def put_head(self, lines: list[Line]) -> None:
        """Keep the first lines of a result, cut into pages."""
        for start in range(0, len(lines), PAGE_ROWS):
            self.put(start // PAGE_ROWS, lines[start : start + PAGE_ROWS])

    def clear(self) -> None:
        """Forget all pages."""
        self._pages.clear()
