"""The thread that counts facets, beside the one that reads rows: counting may take as long as it takes.

It begins when the query has rested for a moment, tells of each section as soon as it is counted, and stops in the
middle when another query comes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from audiotui.errors import AudiotuiError, SearchInterrupted
from audiotui.tui.answers import Faceted, Unreadable
from audiotui.tui.background import Background, Post
from audiotui.tui.facets import SECTIONS, Section, Value, open_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from audiotui.manager import AudioManager, Searcher

REST_S = 0.25
"""A query is counted when nothing was asked for so long: not between two keys of somebody who types."""

SHOWN, SHOWN_FILTERED = 8, 30
"""Values of a section that are counted; more of them where a filter says which."""


class _Request(NamedTuple):
    query: str
    beginning: str
    sections: tuple[Section, ...]


class FacetReader(Background):
    """Counts what was asked for last, and answers with ``Faceted``; every method returns at once."""

    def __init__(
        self, open_manager: Callable[[], AudioManager], post: Post, *, marked: Callable[[], Collection[int]]
    ) -> None:
        super().__init__("facet-reader", post)
        self._open_manager = open_manager
        self._marked = marked
        self._wake = threading.Condition()
        self._asked: _Request | None = None
        self._searcher: Searcher | None = None
        self._closing = False

    def count(self, query: str, *, beginning: str = "", sections: tuple[Section, ...] = SECTIONS) -> None:
        """Ask for the values of sections, or only those with a word that begins so."""
        with self._wake:
            self._asked = _Request(query, beginning, sections)
            self._stop_now()

    def _stop_now(self) -> None:
        if self._searcher is not None:
            self._searcher.interrupt()
        self._wake.notify()

    def _wake_to_stop(self) -> None:
        with self._wake:
            self._closing = True
            self._stop_now()

    def _work(self) -> None:
        try:
            while (request := self._next()) is not None:
                try:
                    self._answer(request)
                except SearchInterrupted:
                    continue
                except AudiotuiError as error:
                    self._post(Unreadable(error))
        finally:
            if self._searcher is not None:
                self._searcher.close()

    def _next(self) -> _Request | None:
        """What was asked for last, when it has rested."""
        with self._wake:
            while not self._closing:
                request = self._asked
                self._wake.wait(None if request is None else REST_S)
                # Not by what the wait says: its time may be over just when something else is asked for.
                if request is not None and request is self._asked:
                    self._asked = None
                    return request
            return None

    def _is_outdated(self) -> bool:
        return self._asked is not None or self._closing

    def _answer(self, request: _Request) -> None:
        if self._searcher is None:
            searcher = self._open_manager().open_searcher(marked=self._marked)
            with self._wake:
                self._searcher = searcher
        limit = SHOWN_FILTERED if request.beginning else SHOWN
        for section in request.sections:
            query = open_for(request.query, section)
            values: list[Value] = []
            for field in section.fields:
                if self._is_outdated():
                    return
                found = self._searcher.facet(query, field, beginning=request.beginning, limit=limit)
                values += [Value(field, one.value, one.hits) for one in found]
            values.sort(key=lambda one: -(one.hits or 0))
            self._post(Faceted(request.query, request.beginning, section, values[:limit]))
