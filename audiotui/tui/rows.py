"""Pages of recordings between the reader thread and the table: what a table needs to know of any row source."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.model import CopyState, RecordingRow

PAGE_ROWS = 200
"""Rows of one page, and of the first answer to a search, which is page 0."""

KEPT_PAGES = 40
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
        """The line at an index, or None while it is being fetched; the source's owner says when it is there."""
        ...


class PageCache:
    """The pages of one result that have arrived, least recently used thrown out first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, list[Line]] = OrderedDict()

    def __contains__(self, number: int) -> bool:
        return number in self._pages

    def line(self, index: int) -> Line | None:
        """The line at an index, or None: its page is not here, or its recording was gone when the page was read."""
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

    def clear(self) -> None:
        """Forget all pages."""
        self._pages.clear()
