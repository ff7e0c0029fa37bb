"""The one thread that reads the catalog for the screens: the newest request wins, an older one is interrupted.

A search is answered in stages: the first rows (``Found``), then the exact number and random access (``Counted``). Pages
and details are answered in between. Answers go to a callback, which must be safe to call from this thread
(``post_message`` is).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError
from audiotui.tui.rows import PAGE_ROWS, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audiotui.manager import AudioManager, ResultSet, Searcher
    from audiotui.model import Recording, RecordingRow

HEAD_ROWS = 200
"""Rows of the first answer to a search."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """The first rows of a search; ``complete`` if there are no more."""

    generation: int
    lines: list[Line]
    complete: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """The exact number of hits; from now on any page can be asked for."""

    generation: int
    total: int
    cursor: int | None
    """Where the row is that the search was asked to keep, None if it is not among the hits."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page of a counted search."""

    generation: int
    number: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Described:
    """A whole recording for the detail pane; None if it is gone."""

    row_id: int
    recording: Recording | None


@dataclass(frozen=True, slots=True)
class Listed:
    """The ids of all hits, for marks."""

    generation: int
    purpose: str
    row_ids: list[int]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The catalog could not be read."""

    error: AudiotuiError


Answer = Found | Counted | PageRead | Described | Listed | Unreadable


class Reader:
    """Reads on its own thread; every method returns at once."""

    def __init__(self, manager: AudioManager, answer: Callable[[Answer], object]) -> None:
        self._manager = manager
        self._answer = answer
        self._wake = threading.Condition()
        self._generation = 0
        self._search: tuple[int, str, str, int | None] | None = None
        self._pages: list[tuple[int, int]] = []
        self._detail: tuple[int, str] | None = None
        self._listing: tuple[int, str] | None = None
        self._searcher: Searcher | None = None
        self._result: tuple[int, ResultSet] | None = None
        self._query = ("", "")
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="catalog-reader", daemon=True)
        self._thread.start()

    def search(self, query: str, sort: str = "", *, keep: int | None = None) -> int:
        """Ask for a query's rows; ``keep`` is a row id whose new place is wanted. Returns the answers' generation."""
        with self._wake:
            self._generation += 1
            self._search = (self._generation, query, sort, keep)
            self._pages.clear()
            self._listing = None
            if self._searcher is not None:
                self._searcher.interrupt()
            self._wake.notify()
            return self._generation

    def page(self, generation: int, number: int) -> None:
        """Ask for a page of the current search."""
        with self._wake:
            if generation == self._generation and (generation, number) not in self._pages:
                self._pages.append((generation, number))
                self._wake.notify()

    def describe(self, row: RecordingRow) -> None:
        """Ask for the whole recording; only the last one asked for is answered."""
        with self._wake:
            self._detail = (row.id, row.uid)
            self._wake.notify()

    def list_ids(self, purpose: str) -> None:
        """Ask for the ids of all hits of the current search."""
        with self._wake:
            self._listing = (self._generation, purpose)
            self._wake.notify()

    def close(self) -> None:
        """Stop reading and wait for the thread, which ends within milliseconds."""
        with self._wake:
            self._closing = True
            if self._searcher is not None:
                self._searcher.interrupt()
            self._wake.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            while (task := self._next()) is not None:
                try:
                    task()
                except AudiotuiError as error:
                    if not self._superseded():
                        self._answer(Unreadable(error))
        finally:
            if self._searcher is not None:
                self._searcher.close()

    def _next(self) -> Callable[[], None] | None:
        """The most urgent request: a new search, what the screen lacks, the pane beside it, then bulk work."""
        with self._wake:
            while True:
                if self._closing:
                    return None
                if self._search is not None:
                    request, self._search = self._search, None
                    return lambda: self._do_search(*request)
                if self._pages and self._result is not None:
                    generation, number = self._pages.pop()  # the last asked for is the one on the screen
                    return lambda: self._do_page(generation, number)
                if self._detail is not None:
                    detail, self._detail = self._detail, None
                    return lambda: self._do_describe(*detail)
                if self._listing is not None:
                    listing, self._listing = self._listing, None
                    return lambda: self._do_list(*listing)
                self._wake.wait()

    def _open(self) -> Searcher:
        if self._searcher is None:
            self._searcher = self._manager.open_searcher()
        return self._searcher

    def _do_search(self, generation: int, query: str, sort: str, keep: int | None) -> None:
        searcher = self._open()
        self._drop_result()
        self._query = (query, sort)
        head = searcher.head(query, limit=HEAD_ROWS, sort=sort)
        if self._superseded():
            return
        self._answer(Found(generation, self._lines(head.rows), head.complete, head.notes))
        if head.complete:
            ids = [row.id for row in head.rows]
            self._answer(Counted(generation, len(ids), ids.index(keep) if keep in ids else None))
            return
        if not self._superseded():
            self._result = (generation, searcher.materialise(query, sort=sort))
            place = self._result[1].position(keep) if keep is not None else None
            self._answer(Counted(generation, self._result[1].total, place))

    def _do_page(self, generation: int, number: int) -> None:
        if self._result is None or self._result[0] != generation:
            return
        rows = self._result[1].page(number * PAGE_ROWS, PAGE_ROWS)
        self._answer(PageRead(generation, number, self._lines(rows)))

    def _do_describe(self, row_id: int, uid: str) -> None:
        try:
            recording: Recording | None = self._manager.get_recording(uid)
        except AudiotuiError:
            log.info("the recording under the cursor is gone", exc_info=True)
            recording = None
        self._answer(Described(row_id, recording))

    def _do_list(self, generation: int, purpose: str) -> None:
        query, sort = self._query
        self._answer(Listed(generation, purpose, list(self._open().ids(query, sort=sort))))

    def _lines(self, rows: Iterable[RecordingRow]) -> list[Line]:
        rows = list(rows)
        places = self._open().places([row.id for row in rows])
        return [Line(row, places.get(row.id, {})) for row in rows]

    def _drop_result(self) -> None:
        if self._result is not None:
            self._result[1].close()
            self._result = None

    def _superseded(self) -> bool:
        with self._wake:
            return self._search is not None or self._closing
