"""Answering queries: the first rows at once, then how many there are, then any page of all of them.

A search that a user waits for goes in stages: ``head`` (milliseconds, for the screen), then ``materialise`` (all ids
into a temporary table: about 100 ms for a million), after which any page takes a tenth of a millisecond. What queries
can say is in ``query.py``, what they find in ``matching.py``.
"""

from __future__ import annotations

import json
from itertools import count
from operator import itemgetter
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from audiotui.cleanup import on_failure
from audiotui.core.completion import complete
from audiotui.core.database import open_reader
from audiotui.core.exact import SAME_HASH
from audiotui.core.facet_counts import FACETS, FacetCounter, FacetValue
from audiotui.core.filters import MARKED_TABLE
from audiotui.core.index import NEWEST_ENTRY
from audiotui.core.ladders import WITH_RUNGS, rungs
from audiotui.core.matching import FEW_ROWS, Matching, match
from audiotui.core.meanings import Meanings
from audiotui.core.names import CurrentNames
from audiotui.core.query import MOST_TERMS, Query, check_text, parse
from audiotui.core.reading import Reader
from audiotui.core.results import ResultSet
from audiotui.core.rows import ROW_COLUMNS, make_rows
from audiotui.core.selects import EVERY_ENTRY_SELECTED
from audiotui.core.sorts import NEWEST_FIRST, SORTS, order_of
from audiotui.core.terms import NOTHING, And, Words
from audiotui.core.titles import first_by_title, many_hits
from audiotui.core.vocabulary import Vocabulary
from audiotui.core.words import has_word
from audiotui.model import CopyState
from audiotui.text import text_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path
    from types import TracebackType

    from audiotui.core.database import sqlite3
    from audiotui.core.selects import Select
    from audiotui.core.sorts import Order
    from audiotui.core.terms import Term
    from audiotui.model import RecordingRow

__all__ = ["FACETS", "SORTS", "FacetValue", "Head", "ResultSet", "Searcher", "open_searcher"]

CHUNK_ROWS = 1_000
"""So many rows of a long listing are read at a time."""

MOST_RANKED = 20_000
"""With more hits than these, the newest serve as well as the best, which would take ten times as long."""

FEW_SORTED = 10_000
"""To read and to sort so many rows takes 20 ms at most."""

LONGEST_CLIMB_S = 0.04
"""Where the first hits stand so high in an order that climbing takes longer, all are sorted after all."""

_WEIGHTS = "recordings_fts, 1.0, 2.0, 0.0"  # of text, title and filter tokens: a word in a title counts twice


class Head(NamedTuple):
    """The first rows of an answer."""

    rows: list[RecordingRow]
    complete: bool
    """Whether there are no more."""
    notes: tuple[str, ...]
    """What of the query was not understood as it may have been meant, one line each."""


def open_searcher(path: Path, *, marked: Callable[[], Collection[int]] | None = None) -> Searcher:
    """A searcher on a connection of its own to the library at a path; the caller closes it."""
    return Searcher(open_reader(path), marked=marked)


class Searcher:
    """Answers queries on one connection, which must be allowed to make temporary tables (``open_reader``).

    For one thread at a time; only ``interrupt`` may be called from any. No method raises for a query, whatever it says.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        marked: Callable[[], Collection[int]] | None = None,
        few_rows: int = FEW_ROWS,
    ) -> None:
        self._few_rows = few_rows
        self._reader = Reader(connection)
        self._names = CurrentNames(connection)
        self._meanings = Meanings(Vocabulary(connection))
        self._facets = FacetCounter(self._reader, self._names, self._meanings)
        self._marked = marked
        self._result: ResultSet | None = None
        self._table_numbers = count(1)

    def head(self, query: str, *, limit: int = 200, sort: str = "") -> Head:
        """The first rows that a query finds, newest first unless ``sort`` says otherwise.

        Raises:
            InvalidInput: there is no such order.
        """
        order = order_of(sort)
        with self._reader.working():
            matching = self._matching(parse(query))
            values = self._first_rows(matching, order, limit + 1)
            rows = make_rows(values, self._names.get())
        return Head(rows[:limit], len(rows) <= limit, tuple(matching.notes))

    def count(self, query: str) -> int:
        """How many recordings a query finds."""
        with self._reader.working():
            matching = self._matching(parse(query))
            return sum(
                self._reader.fetch(f"SELECT count(*) FROM ({one.sql})", one.parameters)[0][0]
                for one in matching.selects
            )

    def materialise(self, query: str, *, sort: str = "") -> ResultSet:
        """All that a query finds, in order, for access to any page; the result made before is closed.

        Raises:
            InvalidInput: there is no such order.
        """
        result = self._filled(query, sort=sort)
        if self._result is not None:
            self._result.close()
        self._result = result
        return result

    def ids(self, query: str, *, sort: str = "") -> Iterator[int]:
        """The ids of all that a query finds, newest first unless ``sort`` says otherwise."""
        result = self._filled(query, sort=sort)
        try:
            for offset in range(0, result.total, CHUNK_ROWS):
                yield from result.ids(offset, CHUNK_ROWS)
        finally:
            result.close()

    def rows(self, query: str, *, limit: int | None = None, offset: int = 0, sort: str = "") -> Iterator[RecordingRow]:
        """All rows that a query finds, read as they are consumed; newest first unless ``sort`` says otherwise."""
        result = self._filled(query, sort=sort, limit=limit, offset=offset)
        try:
            for start in range(0, result.total, CHUNK_ROWS):
                yield from result.page(start, CHUNK_ROWS)
        finally:
            result.close()

    def ranked(self, text: str, limit: int | None = 20) -> list[RecordingRow]:
        """The recordings with all words of a text, best first; see ``ranked_head``."""
        return self.ranked_head(text, limit).rows

    def ranked_head(self, text: str, limit: int | None = 20) -> Head:
        """The recordings with all words of a text, which is no query: best first, exactly this text before all.

        With very many hits, a note says that the newest come first instead.
        """
        check_text(text)
        most = -1 if limit is None else limit + 1
        with self._reader.working():
            matching = self._matching(Query(_literal(text)))
            best = self._best(matching, most) if matching.parts else []
            exact = self._reader.fetch(SAME_HASH, (text_hash(text), most))
            wanted = list(dict.fromkeys([*(number for number, _text in exact), *best]))
            values = self._reader.fetch(_BY_IDS, (json.dumps(wanted[:limit]),))
            rows = make_rows(values, self._names.get())
        return Head(rows, limit is None or len(wanted) <= limit, tuple(matching.notes))

    def notes(self, query: str) -> tuple[str, ...]:
        """What of a query is not understood as it may have been meant, one line each."""
        with self._reader.working():
            return tuple(self._matching(parse(query)).notes)

    def complete(self, text: str) -> list[str]:
        """What the last word of a query may become: whole queries, the likeliest first."""
        with self._reader.working():
            return complete(self._reader.connection, text)

    def facet(self, query: str, field: str, *, beginning: str = "", limit: int = 30) -> list[FacetValue]:
        """The values of a field that would narrow a query, with what each would find, the most frequent first.

        ``field`` is one of ``FACETS``; ``beginning`` keeps values of which a word begins so.
        """
        with self._reader.working():
            parsed = parse(query)
            self._matching(parsed)  # fills the table of marked recordings, if the query needs it
            return self._facets.count(parsed.term, field, beginning=beginning, limit=limit)

    def size_of(self, ids: Collection[int]) -> int:
        """Bytes of the audio of these recordings, together."""
        with self._reader.working():
            found = self._reader.fetch(_SIZE, (json.dumps(list(ids)),))
        return int(found[0][0])

    def trash(self) -> list[int]:
        """The ids of all recordings in the trash."""
        with self._reader.working():
            return [number for (number,) in self._reader.fetch(_TRASH, ())]

    def living(self, ids: Collection[int]) -> list[int]:
        """Those of these ids whose recordings are there, outside the trash."""
        with self._reader.working():
            return [number for (number,) in self._reader.fetch(_LIVING, (json.dumps(list(ids)),))]

    def places(self, ids: Collection[int]) -> dict[int, dict[str, CopyState]]:
        """Where the audio of these recordings is: by recording and location, the best state of a copy there."""
        with self._reader.working():
            found = self._reader.fetch(_PLACES, (json.dumps(list(ids)),))
        places: dict[int, dict[str, CopyState]] = {number: {} for number in ids}
        for number, location, state in found:
            places[number].setdefault(location, CopyState(state))
        return places

    def interrupt(self) -> None:
        """Stop what the searcher is doing, from any thread: it raises ``SearchInterrupted``.

        A call that comes when nothing is going on, or too late, does nothing.
        """
        self._reader.interrupt()

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _first_rows(self, matching: Matching, order: Order, limit: int) -> list[tuple[Any, ...]]:
        """``ROW_COLUMNS`` of the first rows in an order."""
        if not order.of_entries:
            return self._first_sorted(matching, order, limit)
        values: list[tuple[Any, ...]] = []
        for entries in matching.first_entries(limit, newest=order.of_entries == "ASC"):
            values += self._rows_of(entries, order, limit - len(values))
            if len(values) == limit:
                break
        return values

    def _first_sorted(self, matching: Matching, order: Order, limit: int) -> list[tuple[Any, ...]]:
        """The same in an order that is not that of entries: all hits sorted if they are few, else rung by rung."""
        if order.key == "title":
            return self._first_by_title(matching, order, limit)
        if order.key not in WITH_RUNGS or self._has_few(matching.entries()):
            return self._rows_of(matching.entries(), order, limit)
        values: list[tuple[Any, ...]] = []
        climbed = rungs(order, self._reader)[::-1]
        give_up_at = monotonic() + LONGEST_CLIMB_S
        while climbed and len(values) < limit:
            if monotonic() > give_up_at:
                return self._rows_of(matching.entries(), order, limit)
            rung = climbed.pop()
            entries = matching.entries_within(rung.expression, rung.conditions)
            if rung.parts and not self._has_few(entries):
                climbed += reversed(rung.parts)
            else:
                values += self._rows_of(entries, NEWEST_FIRST if rung.is_level else order, limit - len(values))
        return values

    def _first_by_title(self, matching: Matching, order: Order, limit: int) -> list[tuple[Any, ...]]:
        """The same in the order of titles, which the index does not know."""
        rows, parts = None, matching.parts_for_rows
        many = many_hits(parts)
        if not self._has_at_most(min(many, many * self._few_rows), matching.entries()):
            rows = first_by_title(self._reader, parts, order, limit)
        return self._rows_of(matching.entries(), order, limit) if rows is None else rows

    def _has_few(self, entries: Select) -> bool:
        """Whether it takes no time to speak of to sort what a SELECT finds."""
        return self._has_at_most(min(FEW_SORTED, self._few_rows), entries)

    def _has_at_most(self, most: int, entries: Select) -> bool:
        counted = f"SELECT count(*) FROM ({entries.sql} LIMIT {most + 1})"
        return bool(self._reader.fetch(counted, entries.parameters)[0][0] <= most)

    def _rows_of(self, entries: Select, order: Order, limit: int) -> list[tuple[Any, ...]]:
        """``ROW_COLUMNS`` of the first of these entries; a row that is looked at anyway is read in the same go."""
        if entries == EVERY_ENTRY_SELECTED and not order.of_entries:
            sql = f"SELECT {ROW_COLUMNS} FROM recordings r WHERE r.deleted_at IS NULL ORDER BY {order.sql} LIMIT ?"
        elif entries.row_source:
            sorted_by = f"{entries.entry} {order.of_entries}" if order.of_entries else order.sql
            sql = f"SELECT {ROW_COLUMNS} FROM {entries.row_source} ORDER BY {sorted_by} LIMIT ?"
        else:
            cut = f" ORDER BY 1 {order.of_entries} LIMIT ?" if order.of_entries else ""
            cut_rows = "" if order.of_entries else f" ORDER BY {order.sql} LIMIT ?"
            sql = (
                f"WITH found (entry) AS ({entries.sql}{cut}) SELECT {ROW_COLUMNS} "
                f"FROM found CROSS JOIN recordings r ON r.id = {NEWEST_ENTRY} - found.entry{cut_rows}"
            )
        values = self._reader.fetch(sql, (*entries.parameters, limit))
        if order.of_entries and not entries.row_source:
            # They come in this order, but SQL does not promise it; sorting what is sorted is cheap here.
            values.sort(key=itemgetter(0), reverse=order.of_entries == "ASC")
        return values

    def _best(self, matching: Matching, most: int) -> list[int]:
        """Ids of the best hits; of the newest, with a note, if there are too many to compare."""
        entries = matching.entries()
        counted = f"SELECT count(*) FROM ({entries.sql} LIMIT {MOST_RANKED + 1})"
        order = f"bm25({_WEIGHTS}), rowid"
        if self._reader.fetch(counted, entries.parameters)[0][0] > MOST_RANKED:
            matching.notes.append(f"more than {MOST_RANKED:,} hits: the newest are shown, not the best")
            order = "rowid"
        found = self._reader.fetch(f"{entries.sql} ORDER BY {order} LIMIT ?", (*entries.parameters, most))
        return [NEWEST_ENTRY - entry for (entry,) in found]

    def _matching(self, query: Query) -> Matching:
        """What finds the answer, ready to be asked."""
        matching = match(query.term, self._names.get(), self._meanings, few_rows=self._few_rows)
        matching.notes[:0] = query.notes
        if matching.needs_marked:
            self._load_marked(matching)
        return matching

    def _load_marked(self, matching: Matching) -> None:
        if self._marked is None:
            matching.notes.append("is:marked finds nothing here: there is no list to mark recordings in")
        marked = list(self._marked()) if self._marked is not None else []
        self._reader.execute(f"CREATE TABLE IF NOT EXISTS temp.{MARKED_TABLE} (id INTEGER PRIMARY KEY)")
        self._reader.execute(f"DELETE FROM temp.{MARKED_TABLE}")
        self._reader.execute(
            f"INSERT OR IGNORE INTO temp.{MARKED_TABLE} SELECT value FROM json_each(?)", (json.dumps(marked),)
        )

    def _filled(self, query: str, *, sort: str, limit: int | None = None, offset: int = 0) -> ResultSet:
        result = ResultSet(self._reader, self._names, order_of(sort), f"search_result_{next(self._table_numbers)}")
        with on_failure(result.close), self._reader.working():
            result.fill(self._matching(parse(query)).entries(), limit=limit, offset=offset)
        return result


def _literal(text: str) -> Term:
    """All words of a text, none of them an operator."""
    words = [word for word in text.split() if has_word(word)][:MOST_TERMS]
    return And(tuple(map(Words, words))) if words else NOTHING


_BY_IDS = f"""
SELECT {ROW_COLUMNS} FROM json_each(?) AS wanted CROSS JOIN recordings r ON r.id = wanted.value ORDER BY wanted.key
"""

_SIZE = """
SELECT coalesce(sum(r.size_bytes), 0) FROM json_each(?) AS wanted CROSS JOIN recordings r ON r.id = wanted.value
"""

_TRASH = "SELECT id FROM recordings INDEXED BY recordings_trash WHERE deleted_at IS NOT NULL"

_LIVING = """
SELECT r.id FROM json_each(?) AS wanted CROSS JOIN recordings r ON r.id = wanted.value WHERE r.deleted_at IS NULL
"""

_PLACES = """
SELECT f.recording_id, l.name, c.state
FROM json_each(?) AS wanted
CROSS JOIN recording_files f ON f.recording_id = wanted.value
CROSS JOIN copies c ON c.file_id = f.id
CROSS JOIN locations l ON l.id = c.location_id
WHERE f.kind = 'audio' AND f.current = 1 AND f.deleted_at IS NULL
ORDER BY c.state = 'present' DESC, c.verify_level DESC
"""
