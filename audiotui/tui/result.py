"""The rows of one search after another, as the table sees them: filled by the reader's answers, asked for as drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from audiotui.text import format_count
from audiotui.tui.orders import order_words
from audiotui.tui.rows import PAGE_ROWS, Line, PageCache

if TYPE_CHECKING:
    from audiotui.tui.answers import Counted, Found, PageRead, Refreshed
    from audiotui.tui.reader import Reader


class SearchRows:
    """A ``RowSource`` over a ``Reader``; belongs to the screen's thread.

    The ``take_`` methods put an answer in and say whether it is one to the search asked for last; all others are late
    and change nothing.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._cache = PageCache()
        self._asked: set[int] = set()
        self._asked_ahead: set[int] = set()
        self._wanted = 0
        self._shown = 0
        self._total = 0
        self._is_stale = False
        self.query = ""
        self.sort = ""
        self.exact = False
        """False while only the first rows are known."""
        self.whole: int | None = None
        """How many recordings the library has, as far as known."""

    @property
    def total(self) -> int:
        """Lines known so far."""
        return self._total

    @property
    def is_settled(self) -> bool:
        """Whether everything that was asked for has come."""
        return self.exact and self._wanted == self._shown

    def line(self, index: int) -> Line | None:
        """The line at an index; asks for its page if that is not here, else for the page that may be next."""
        if self.is_settled and 0 <= index < self._total:
            number, offset = divmod(index, PAGE_ROWS)
            if number in self._cache:
                self._look_ahead(number + (1 if offset >= PAGE_ROWS // 2 else -1))
            elif number not in self._asked:
                self._asked.add(number)
                self._reader.page(self._shown, number)
        return self._cache.line(index)

    def _look_ahead(self, number: int) -> None:
        """Ask for a page that is not on the screen, so that no key has to wait for it."""
        if number in self._cache or number in self._asked_ahead or not 0 <= number * PAGE_ROWS < self._total:
            return
        self._asked_ahead.add(number)
        self._reader.page_ahead(self._shown, number)

    def search(self, query: str, *, is_typed: bool = False, completing: bool = False) -> None:
        """Find something else; the old rows stay until the first new ones are here."""
        self.query = query
        self._is_stale = False
        self._wanted = self._reader.search(query, self.sort, is_typed=is_typed, completing=completing)

    def refresh(self, *, keep: int | None, at: int, around: int) -> None:
        """Read the same search again; see ``Reader.refresh``. While a search is under way, that comes first."""
        if not self.is_settled:
            self._is_stale = True
            return
        self._wanted = self._reader.refresh(self.query, self.sort, keep=keep, at=at, around=around)

    def pop_stale(self) -> bool:
        """Whether a refresh had to wait and can be made now."""
        was_stale, self._is_stale = self._is_stale, False
        return was_stale

    def take_head(self, found: Found) -> bool:
        """A new search has its first rows."""
        if found.generation != self._wanted:
            return False
        self._begin(found.generation, len(found.lines))
        self._cache.put(0, found.lines)
        self.exact = False
        return True

    def take_count(self, counted: Counted) -> bool:
        """The search is counted."""
        if counted.generation != self._wanted:
            return False
        self._total = counted.total
        self._finish()
        return True

    def take_refresh(self, refreshed: Refreshed) -> bool:
        """The search was made again."""
        if refreshed.generation != self._wanted:
            return False
        self._begin(refreshed.generation, refreshed.total)
        for number, lines in refreshed.pages.items():
            self._cache.put(number, lines)
        self._finish()
        self.whole = refreshed.whole
        return True

    def take_page(self, read: PageRead) -> bool:
        """A page has come; False also if nobody has missed it yet."""
        if read.generation != self._wanted:
            return False
        was_missed = read.number in self._asked
        self._asked.discard(read.number)
        self._asked_ahead.discard(read.number)
        self._cache.put(read.number, read.lines)
        return was_missed

    def _begin(self, generation: int, total: int) -> None:
        self._shown = generation
        self._total = total
        self._cache.clear()
        self._asked.clear()
        self._asked_ahead.clear()

    def _finish(self) -> None:
        self.exact = True
        if not self.query.strip():
            self.whole = self._total


def number_of(rows: SearchRows, *, with_order: bool) -> Content:
    """How many hits of how many recordings, in which order; ``+`` where more are being counted."""
    whole = "" if rows.whole is None or rows.whole == rows.total else f" of {format_count(rows.whole)}"
    order = f"  {order_words(rows.sort)}" if with_order else ""
    return Content.assemble((format_count(rows.total) + ("" if rows.exact else "+"), "bold $text"), whole, order)
