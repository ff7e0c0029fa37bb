"""Stopping searches from other threads: at once, and never the wrong one."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from audiotui.core.database import sqlite3
from audiotui.core.reading import Reader
from audiotui.core.search import Searcher, open_searcher
from audiotui.errors import CatalogDamaged, SearchInterrupted
from audiotui.model import NewRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def searcher(catalog: Catalog) -> Iterator[Searcher]:
    catalog.add_recordings((NewRecording(text=f"text {number}"), ()) for number in range(20))
    with open_searcher(catalog.database.path) as opened:
        yield opened


def interrupt_until_it_ends(reader: Reader, ended: threading.Event) -> None:
    """Interrupt again and again: the first call may come before the statement has begun."""
    while not ended.wait(0.002):
        reader.interrupt()


def test_a_search_ends_when_another_thread_interrupts_it() -> None:
    reader = Reader(sqlite3.connect(":memory:"))
    ended = threading.Event()
    other = threading.Thread(target=interrupt_until_it_ends, args=(reader, ended))
    other.start()

    with pytest.raises(SearchInterrupted), reader.working():
        reader.fetch(ENDLESS)

    ended.set()
    other.join()
    with reader.working():
        assert reader.fetch("SELECT 1") == [(1,)]


def test_who_closes_a_connection_waits_for_the_thread_that_works_on_it(searcher: Searcher) -> None:
    reader = searcher._reader
    begun, order = threading.Event(), []

    def work() -> None:
        with suppress(SearchInterrupted), reader.working():
            begun.set()
            try:
                reader.fetch(ENDLESS)
            finally:
                order.append("worked")

    def close() -> None:
        searcher.close()
        order.append("closed")

    worker, closer = threading.Thread(target=work), threading.Thread(target=close)
    worker.start()
    begun.wait()
    closer.start()
    while worker.is_alive():
        reader.interrupt()
    closer.join()

    assert order == ["worked", "closed"]
    with pytest.raises(SearchInterrupted, match="closed"):
        searcher.head("text")


def test_an_interruption_between_two_statements_stops_the_second() -> None:
    reader = Reader(sqlite3.connect(":memory:"))

    with reader.working():
        reader.fetch("SELECT 1")
        reader.interrupt()
        with pytest.raises(SearchInterrupted):
            reader.fetch("SELECT 2")


def test_an_interruption_that_comes_too_late_harms_nothing(searcher: Searcher) -> None:
    searcher.count("text")
    searcher.interrupt()

    assert searcher.count("text") == 20


def test_a_listing_in_progress_survives_an_interruption_between_its_pages(searcher: Searcher) -> None:
    rows = searcher.rows("text")
    next(rows)
    searcher.interrupt()

    assert len(list(rows)) == 19


def test_interruptions_all_the_time_never_give_a_wrong_answer(searcher: Searcher) -> None:
    def interrupt_all_the_time() -> None:
        while not stop.is_set():
            searcher.interrupt()

    stop = threading.Event()
    other = threading.Thread(target=interrupt_all_the_time)
    other.start()
    answers = []
    try:
        for _ in range(300):
            try:
                answers.append((searcher.count("text"), searcher.materialise("text -7").total))
            except SearchInterrupted:
                answers.append((20, 19))
    finally:
        stop.set()
        other.join()

    assert set(answers) == {(20, 19)}
    assert searcher.count("text") == 20


def test_an_interrupted_search_keeps_the_result_before_it(catalog: Catalog) -> None:
    def interrupting_marks() -> list[int]:
        interrupted.interrupt()
        return [1]

    catalog.add_recordings((NewRecording(text=f"text {number}"), ()) for number in range(20))
    with open_searcher(catalog.database.path, marked=interrupting_marks) as interrupted:
        result = interrupted.materialise("text")

        with pytest.raises(SearchInterrupted):
            interrupted.materialise("is:marked")

        assert len(result.page(0, 100)) == 20


def test_a_damaged_index_is_reported_in_words(catalog: Catalog, searcher: Searcher) -> None:
    with catalog.database.write() as connection:
        connection.execute("UPDATE recordings_fts_data SET block = zeroblob(8) WHERE id > 100")

    with pytest.raises(CatalogDamaged, match="damaged"):
        searcher.head("text")
