"""Materialised results: any page, any place, until a newer search replaces them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.search import Searcher, open_searcher
from audiotui.errors import SearchInterrupted
from audiotui.model import NewRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog

ROWS = 50


@pytest.fixture
def searcher(catalog: Catalog) -> Iterator[Searcher]:
    catalog.add_recordings((NewRecording(text=f"text {(number * 7) % ROWS:02}"), ()) for number in range(ROWS))
    with open_searcher(catalog.database.path) as opened:
        yield opened


@pytest.mark.parametrize("sort", ["", "oldest", "title", "-title"])
def test_any_page_is_a_part_of_the_whole_listing(searcher: Searcher, sort: str) -> None:
    whole = [row.id for row in searcher.rows("text", sort=sort)]

    result = searcher.materialise("text", sort=sort)

    assert result.total == ROWS
    for offset in (0, 1, 20, 45, 50, 60):
        assert [row.id for row in result.page(offset, 10)] == whole[offset : offset + 10]


@pytest.mark.parametrize("sort", ["", "oldest", "title", "-title"])
def test_the_place_of_each_row_is_known(searcher: Searcher, sort: str) -> None:
    result = searcher.materialise("text", sort=sort)
    rows = result.page(0, ROWS)

    assert [result.position(row.id) for row in rows] == list(range(ROWS))
    assert result.position(0) is None
    assert result.position(ROWS + 1) is None


def test_a_result_without_hits_has_no_pages(searcher: Searcher) -> None:
    result = searcher.materialise("nothing")

    assert result.total == 0
    assert result.page(0, 10) == []
    assert result.position(1) is None


def test_pages_show_what_a_row_is_now(searcher: Searcher, catalog: Catalog) -> None:
    result = searcher.materialise("text", sort="oldest")

    catalog.edit_recordings([1], {"title": "new title"})
    catalog.trash_recordings([2])

    first, second = result.page(0, 2)
    assert first.title == "new title"
    assert second.deleted_at_ms is not None


def test_a_row_that_was_purged_is_left_out(searcher: Searcher, catalog: Catalog) -> None:
    result = searcher.materialise("text", sort="oldest")

    catalog.trash_recordings([2])
    catalog.purge_recordings([2])

    assert [row.id for row in result.page(0, 3)] == [1, 3]


def test_a_newer_result_replaces_the_older_one(searcher: Searcher) -> None:
    older = searcher.materialise("text")
    newer = searcher.materialise("text 1")

    with pytest.raises(SearchInterrupted):
        older.page(0, 10)
    with pytest.raises(SearchInterrupted):
        older.position(1)
    assert len(newer.page(0, 100)) == newer.total


def test_a_listing_replaces_no_result(searcher: Searcher) -> None:
    result = searcher.materialise("text")

    list(searcher.rows("text"))
    list(searcher.ids("text"))

    assert len(result.page(0, 100)) == ROWS


def test_closed_results_leave_nothing_behind(searcher: Searcher) -> None:
    for _ in range(3):
        searcher.materialise("text").close()
        list(searcher.rows("text", limit=3))

    tables = searcher._reader.fetch("SELECT name FROM temp.sqlite_schema WHERE name LIKE 'search_result%'")
    assert tables == []


def test_a_listing_may_outlive_its_searcher(catalog: Catalog) -> None:
    catalog.add_recordings((NewRecording(text=f"text {number}"), ()) for number in range(3))
    with open_searcher(catalog.database.path) as searcher:
        rows = searcher.rows("text")
        next(rows)

    rows.close()  # type: ignore[attr-defined]

    assert list(rows) == []
