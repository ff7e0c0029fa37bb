"""The manager's part for search: one language for the command line, the screens and Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.manager.base import Library
from audiotui.manager.paging import check_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.model import Recording, RecordingRow


class Searching(Library):
    """Finding recordings. A query never fails: what is no valid query is searched as text, with a note."""

    def find_by_text(self, text: str) -> Recording | None:
        """The recording with exactly this text, else the best full-text hit, else None.

        Texts are the same if they agree after Unicode normalisation and with runs of white space counted as one space;
        of several, the newest is taken.
        """
        exact = self.catalog.find_exact_text(text)
        if exact is not None:
            return self.catalog.recordings_by_ids([exact])[0]
        best = self.find_text(text, limit=1)
        return self.catalog.recordings_by_ids([best[0].id])[0] if best else None

    def find_text(self, text: str, *, limit: int | None = 20) -> list[RecordingRow]:
        """Recordings whose title or text has these words, best first, exact texts before all."""
        check_page(limit)
        with self._searching() as searcher:
            return searcher.ranked(text, limit=limit)

    def find(
        self, query: str = "", *, limit: int | None = None, offset: int = 0, sort: str = ""
    ) -> Iterator[RecordingRow]:
        """All recordings that a query finds, newest first unless ``sort`` says otherwise; '' finds all.

        Rows are read as they are consumed, so a million of them need no memory. Close the iterator, or read it to its
        end, before the manager is closed.
        """
        check_page(limit, offset)
        with self._searching() as searcher:
            yield from searcher.rows(query, limit=limit, offset=offset, sort=sort)

    def count(self, query: str = "") -> int:
        """How many recordings a query finds."""
        with self._searching() as searcher:
            return searcher.count(query)

    def query_notes(self, query: str) -> tuple[str, ...]:
        """What of a query was not understood as it may have been meant, one line each."""
        with self._searching() as searcher:
            return searcher.notes(query)

    def list_tags(self) -> list[tuple[str, int]]:
        """All tags with their numbers of recordings, by name."""
        return self.catalog.tags()

    def saved_searches(self) -> dict[str, str]:
        """Named queries; ``@name`` stands for one in a query."""
        return self.catalog.saved_searches()

    def save_search(self, name: str, query: str) -> None:
        """Keep a query under a name; the same name again replaces it."""
        self.catalog.save_search(name, query)

    def delete_search(self, name: str) -> None:
        """Forget a named query; a name that is not there is no error."""
        self.catalog.delete_search(name)
