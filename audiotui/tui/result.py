"""The rows of the current search as a table sees them, filled by the reader's answers; what is missing is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.tui.rows import PAGE_ROWS, Line, PageCache

if TYPE_CHECKING:
    from audiotui.tui.reader import Counted, Found, PageRead, Reader


class SearchRows:
    """A ``RowSource`` over a ``Reader``; belongs to the screen's thread."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._cache = PageCache()
        self._asked: set[int] = set()
        self._generation = 0
        self._total = 0
        self.exact = True
        """False while only the first rows are known."""

    @property
    def total(self) -> int:
        """Lines known so far."""
        return self._total

    def line(self, index: int) -> Line | None:
        """The line at an index; asks for its page if it is not here."""
        line = self._cache.line(index)
        if line is None and self.exact and 0 <= index < self._total:
            number = index // PAGE_ROWS
            if number not in self._asked:
                self._asked.add(number)
                self._reader.page(self._generation, number)
        return line

    def take_head(self, found: Found) -> None:
        """A new search has its first rows."""
        self._cache.clear()
        self._asked.clear()
        self._cache.put_head(found.lines)
        self._generation = found.generation
        self._total = len(found.lines)
        self.exact = found.complete

    def take_count(self, counted: Counted) -> bool:
        """The search is counted; True if it is still the current one."""
        if counted.generation != self._generation:
            return False
        self._total = counted.total
        self.exact = True
        return True

    def take_page(self, read: PageRead) -> bool:
        """A page has come; True if it belongs to the current search."""
        if read.generation != self._generation:
            return False
        self._asked.discard(read.number)
        self._cache.put(read.number, read.lines)
        return True
