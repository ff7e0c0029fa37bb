"""The one thread that reads the catalog for a screen: the newest search wins, an older one is interrupted.

A search is answered in stages: the first rows and how the query may go on (``Found``); when nobody has typed for a
moment, the recording under the cursor and the exact number (``Counted``). Access to any place of the result is made
when it is asked for, or when nothing else is to do: it takes ten times as long as counting. A refresh is the same
search again, answered at once and whole (``Refreshed``), so that the screen keeps its old rows until then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from audiotui.errors import AudiotuiError, RecordingNotFound, SearchInterrupted
from audiotui.tui.answers import (
    Counted,
    Described,
    Found,
    Listed,
    Measured,
    Opened,
    PageRead,
    Refreshed,
    TrashRead,
    Unreadable,
)
from audiotui.tui.background import Background, Post
from audiotui.tui.idset import IdSet
from audiotui.tui.rows import PAGE_ROWS, Line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from audiotui.manager import AudioManager, ResultSet, Searcher
    from audiotui.model import Recording, RecordingRow

REST_S = 0.12
"""So long nothing but rows is read for somebody who types. Who types fast does not pause so long, and neither counting
nor the lines of a detail nobody looks at take time of the next key."""

IDLE_S = 0.3
"""A pause in which nothing was asked for; who types does not pause so long."""

MEASURED_IDS = 5_000
"""So many marked recordings are measured before the next request gets its turn."""

CHUNK_IDS = 5_000
"""Ids that are listed at a time, so that other threads get their turn."""

log = logging.getLogger(__name__)

Task = Callable[[], None]


class _Search(NamedTuple):
    generation: int
    query: str
    sort: str
    completing: bool = False


class _Refresh(NamedTuple):
    search: _Search
    keep: int | None
    at: int
    around: int


class _Listing(NamedTuple):
    search: _Search
    purpose: str
    start: int
    stop: int | None


class Reader(Background):
    """Opens the library, then answers with the messages of ``answers``; every method returns at once.

    A library that cannot be opened is told as ``Broken``: without it there is no app.
    ``marked`` says what ``is:marked`` means; it is called from the thread.
    """

    def __init__(
        self, open_manager: Callable[[], AudioManager], post: Post, *, marked: Callable[[], Collection[int]]
    ) -> None:
        super().__init__("catalog-reader", post)
        self._open_manager = open_manager
        self._marked = marked
        self._wake = threading.Condition()
        self._closing = False
        # What is asked for; guarded by ``_wake``.
        self._last = _Search(0, "", "")
        self._asked: _Search | _Refresh | None = None
        self._describing: tuple[int, str] | None = None
        self._counting: _Search | None = None
        self._pages: list[tuple[int, int]] = []
        self._page_ahead: tuple[int, int] | None = None
        self._listings: deque[_Listing] = deque()
        self._put_away: IdSet | None = None
        self._is_measuring = False
        self._rests_until_s = 0.0
        # What is open, and whether the result should be made in a pause; all but the searcher is the thread's own.
        self._searcher: Searcher | None = None
        self._current = _Search(0, "", "")
        self._result: ResultSet | None = None
        self._is_due = False
        self._unmeasured: Iterator[int] | None = None
        self._measured = (0, 0)

    def search(self, query: str, sort: str = "", *, is_typed: bool = False, completing: bool = False) -> int:
        """Ask for a query's rows, and how it may go on; returns the generation of the answers.

        One that is being typed is not counted before it has rested.
        """
        with self._wake:
            self._last = _Search(self._last.generation + 1, query, sort, completing)
            self._rests_until_s = time.monotonic() + REST_S if is_typed else 0.0
            return self._ask(self._last)

    def hurry(self) -> None:
        """Nobody types any more: what waits for that need not."""
        with self._wake:
            self._rests_until_s = 0.0
            self._wake.notify()

    def refresh(self, query: str, sort: str, *, keep: int | None, at: int, around: int) -> int:
        """Ask for a query's rows again: ``around`` a recording's new place, or around ``at`` if it is no hit."""
        with self._wake:
            self._last = _Search(self._last.generation + 1, query, sort)
            return self._ask(_Refresh(self._last, keep, at, around))

    def page(self, generation: int, number: int) -> None:
        """Ask for a page of the current search."""
        with self._wake:
            if generation == self._last.generation:
                self._pages.append((generation, number))
                self._wake.notify()

    def page_ahead(self, generation: int, number: int) -> None:
        """Ask for a page that nobody misses yet, when nothing else is to be read; the last one asked for counts."""
        with self._wake:
            if generation == self._last.generation:
                self._page_ahead = generation, number
                self._wake.notify()

    def describe(self, row: RecordingRow) -> None:
        """Ask for the whole recording; only the last one asked for is answered."""
        with self._wake:
            self._describing = (row.id, row.uid)
            self._wake.notify()

    def list_ids(self, purpose: str, start: int = 0, stop: int | None = None) -> None:
        """Ask for the ids of the current search's hits: all of them, or those from one place up to another.

        It is answered even if another search is asked for before.
        """
        with self._wake:
            self._listings.append(_Listing(self._last, purpose, start, stop))
            self._wake.notify()

    def measure(self) -> None:
        """Ask how big all marked recordings are; only the last one asked for is answered."""
        with self._wake:
            self._is_measuring = True
            self._wake.notify()

    def read_trash(self, put_away: IdSet) -> None:
        """Ask for what is in the trash, and what of ``put_away`` came back; only the last one asked for is answered."""
        with self._wake:
            self._put_away = put_away
            self._wake.notify()

    def _ask(self, request: _Search | _Refresh) -> int:
        self._asked = request
        self._counting = None
        self._pages.clear()
        self._page_ahead = None
        if self._searcher is not None:
            self._searcher.interrupt()
        self._wake.notify()
        return self._last.generation

    def _wake_to_stop(self) -> None:
        with self._wake:
            self._closing = True
            if self._searcher is not None:
                self._searcher.interrupt()
            self._wake.notify()

    def _work(self) -> None:
        self._manager = self._open_manager()
        places = [place.name for place in self._manager.locations()]
        self._searcher = self._manager.open_searcher(marked=self._marked)
        self._post(Opened(places, self._manager.warnings, self._manager.config.app))
        try:
            while (task := self._next()) is not None:
                try:
                    task()
                except SearchInterrupted:
                    log.debug("a newer search came")
                except AudiotuiError as error:
                    self._post(Unreadable(error))
        finally:
            self._searcher.close()

    def _next(self) -> Task | None:
        """The most urgent request: the rows of a new search, what the screen lacks beside them, then bulk work."""
        with self._wake:
            while not self._closing:
                task = self._take_urgent()
                rests_s = self._rests_until_s - time.monotonic()
                if task is None and rests_s > 0:
                    self._wake.wait(rests_s)
                    continue
                task = task or self._take()
                if task is not None:
                    return task
                if not self._wake.wait(IDLE_S if self._is_due else None):
                    return self._prepare
            return None

    def _take_urgent(self) -> Task | None:
        if (asked := self._asked) is not None:
            self._asked = None
            return lambda: self._refresh(asked) if isinstance(asked, _Refresh) else self._find(asked)
        if self._pages:
            generation, number = self._pages.pop()  # the last one asked for is on the screen
            return lambda: self._read_page(generation, number)
        return None

    def _take(self) -> Task | None:
        if (describing := self._describing) is not None:
            self._describing = None
            return lambda: self._describe(*describing)
        if (counting := self._counting) is not None:
            self._counting = None
            return lambda: self._count(counting)
        if (ahead := self._page_ahead) is not None:
            self._page_ahead = None
            return lambda: self._read_page(*ahead)
        if self._listings:
            listing = self._listings.popleft()
            return lambda: self._list(listing)
        if (put_away := self._put_away) is not None:
            self._put_away = None
            return lambda: self._read_trash(put_away)
        if self._is_measuring:
            self._is_measuring = False
            self._unmeasured, self._measured = iter(self._marked()), (0, 0)
        if self._unmeasured is not None:
            return self._measure
        return None

    @property
    def _open_searcher(self) -> Searcher:
        assert self._searcher is not None  # noqa: S101 - what the thread does first is to open it
        return self._searcher

    def _find(self, search: _Search) -> None:
        self._current, self._result, self._is_due = search, None, False
        searcher = self._open_searcher
        head = searcher.head(search.query, limit=PAGE_ROWS, sort=search.sort)
        completions = searcher.complete(search.query) if search.completing else ()
        completion = completions[0] if completions else ""
        self._post(Found(search.generation, self._lines(head.rows), head.complete, head.notes, completion))
        if head.complete:
            self._post(Counted(search.generation, len(head.rows)))
        else:
            self._is_due = True
            with self._wake:
                self._counting = search if self._asked is None else None

    def _count(self, search: _Search) -> None:
        self._post(Counted(search.generation, self._open_searcher.count(search.query)))

    def _prepare(self) -> None:
        self._open_result()

    def _open_result(self) -> ResultSet:
        """All hits of the current search, for access to any place."""
        self._is_due = False
        if self._result is None:
            self._result = self._open_searcher.materialise(self._current.query, sort=self._current.sort)
        return self._result

    def _refresh(self, request: _Refresh) -> None:
        search = request.search
        self._current, self._result = search, None
        searcher = self._open_searcher
        result = searcher.materialise(search.query, sort=search.sort)
        whole = searcher.count("") if search.query.strip() else result.total
        place = result.position(request.keep) if request.keep is not None else None
        middle = place if place is not None else max(0, min(request.at, result.total - 1))
        first, last = max(0, middle - request.around), min(middle + request.around, result.total - 1)
        pages = {
            number: self._lines(result.page(number * PAGE_ROWS, PAGE_ROWS))
            for number in range(first // PAGE_ROWS, last // PAGE_ROWS + 1)
        }
        self._result = result
        under_cursor = result.page(middle, 1)
        current = self._whole(under_cursor[0].uid) if under_cursor else None
        self._post(Refreshed(search.generation, result.total, whole, place, pages, current))

    def _read_page(self, generation: int, number: int) -> None:
        if generation == self._current.generation:
            rows = self._open_result().page(number * PAGE_ROWS, PAGE_ROWS)
            self._post(PageRead(generation, number, self._lines(rows)))

    def _describe(self, row_id: int, uid: str) -> None:
        self._post(Described(row_id, self._whole(uid)))

    def _list(self, listing: _Listing) -> None:
        row_ids = IdSet()
        try:
            row_ids.update(self._ids(listing))
        except SearchInterrupted:
            with self._wake:
                self._listings.appendleft(listing)
            raise
        except AudiotuiError:
            self._post(Listed(listing.purpose, IdSet()))
            raise
        self._post(Listed(listing.purpose, row_ids))

    def _read_trash(self, put_away: IdSet) -> None:
        searcher = self._open_searcher
        try:
            trash = IdSet(searcher.trash())
            put_away.remove_all(trash)
            came_back = IdSet(searcher.living(list(put_away)))
        except SearchInterrupted:
            with self._wake:
                self._put_away = put_away if self._put_away is None else self._put_away
            raise
        self._post(TrashRead(trash, came_back))

    def _measure(self) -> None:
        """A part of what is marked; the rest when nothing else is to do."""
        assert self._unmeasured is not None  # noqa: S101 - that is why this was chosen
        row_ids = list(islice(self._unmeasured, MEASURED_IDS))
        count, size_bytes = self._measured
        try:
            self._measured = (count + len(row_ids), size_bytes + self._open_searcher.size_of(row_ids))
        except SearchInterrupted:
            self._unmeasured = chain(row_ids, self._unmeasured)
            raise
        if len(row_ids) < MEASURED_IDS:
            self._unmeasured = None
            self._post(Measured(*self._measured))

    def _ids(self, listing: _Listing) -> Iterator[int]:
        search = listing.search
        if search.generation != self._current.generation:
            return islice(self._open_searcher.ids(search.query, sort=search.sort), listing.start, listing.stop)
        return chain.from_iterable(_chunks(self._open_result(), listing.start, listing.stop))

    def _whole(self, uid: str) -> Recording | None:
        try:
            return self._manager.get_recording(uid)
        except RecordingNotFound:  # purged since the search
            return None

    def _lines(self, rows: Sequence[RecordingRow]) -> list[Line]:
        places = self._open_searcher.places([row.id for row in rows])
        return [Line(row, places.get(row.id, {})) for row in rows]


def _chunks(result: ResultSet, start: int, stop: int | None) -> Iterator[list[int]]:
    end = result.total if stop is None else min(stop, result.total)
    for at in range(start, end, CHUNK_IDS):
        yield result.ids(at, min(CHUNK_IDS, end - at))
