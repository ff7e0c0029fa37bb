"""The rows of one search after another: late answers change nothing, and nothing is asked for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from audiotui.tui.answers import Counted, Found, PageRead, Refreshed
from audiotui.tui.result import SearchRows
from audiotui.tui.rows import KEPT_PAGES, PAGE_ROWS, Line
from tests.tui.generated import row

if TYPE_CHECKING:
    from audiotui.tui.reader import Reader


class Asked:
    """Stands where the reader is, and writes down what it is asked for."""

    def __init__(self) -> None:
        self.generation = 0
        self.pages: list[tuple[int, int]] = []
        self.pages_ahead: list[tuple[int, int]] = []
        self.refreshes: list[dict[str, int | None]] = []

    def search(self, _query: str, _sort: str, **_how: bool) -> int:
        self.generation += 1
        return self.generation

    def refresh(self, _query: str, _sort: str, **places: int | None) -> int:
        self.refreshes.append(places)
        return self.search("", "")

    def page(self, generation: int, number: int) -> None:
        self.pages.append((generation, number))

    def page_ahead(self, generation: int, number: int) -> None:
        self.pages_ahead.append((generation, number))


def lines(first: int, count: int = PAGE_ROWS) -> list[Line]:
    return [Line(row(first + offset)) for offset in range(count)]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def rows(asked: Asked) -> SearchRows:
    """Rows of a counted search with ten pages."""
    rows = SearchRows(cast("Reader", asked))
    rows.search("")
    rows.take_head(Found(1, lines(0), complete=False, notes=(), completion=""))
    rows.take_count(Counted(1, 10 * PAGE_ROWS))
    return rows


def title(rows: SearchRows, index: int) -> str:
    line = rows.line(index)
    return line.recording.title if line is not None else ""


def test_answers_to_an_older_search_change_nothing(rows: SearchRows) -> None:
    rows.search("new")

    assert not rows.take_count(Counted(1, 7))
    assert not rows.take_page(PageRead(1, 1, lines(500)))
    assert not rows.take_refresh(Refreshed(1, 7, 7, None, {}, None))
    assert not rows.take_head(Found(1, [], complete=True, notes=(), completion=""))
    assert (rows.total, title(rows, 0)) == (10 * PAGE_ROWS, "Take 0")


def test_a_page_is_asked_for_once_and_shown_when_it_is_here(rows: SearchRows, asked: Asked) -> None:
    assert title(rows, PAGE_ROWS + 3) == ""
    assert title(rows, PAGE_ROWS + 4) == ""
    assert asked.pages == [(1, 1)]

    assert rows.take_page(PageRead(1, 1, lines(900)))

    assert title(rows, PAGE_ROWS + 3) == "Take 903"
    assert asked.pages == [(1, 1)]


def test_the_page_that_comes_next_is_asked_for_before_it_is_needed(rows: SearchRows, asked: Asked) -> None:
    rows.line(PAGE_ROWS // 2 - 1)
    assert asked.pages_ahead == []
    rows.line(PAGE_ROWS // 2)
    rows.line(PAGE_ROWS // 2 + 1)
    assert asked.pages_ahead == [(1, 1)]

    assert not rows.take_page(PageRead(1, 1, lines(900))), "nothing on the screen waits for it"

    assert title(rows, PAGE_ROWS) == "Take 900"
    rows.line(2 * PAGE_ROWS - 1)
    assert (asked.pages, asked.pages_ahead) == ([], [(1, 1), (1, 2)])


def test_upwards_the_page_before_is_asked_for_too(rows: SearchRows, asked: Asked) -> None:
    rows.line(9 * PAGE_ROWS)
    rows.take_page(PageRead(1, 9, lines(900)))

    rows.line(10 * PAGE_ROWS - 1)
    assert asked.pages_ahead == [], "there is no page behind the last one"
    rows.line(9 * PAGE_ROWS)

    assert asked.pages_ahead == [(1, 8)]


def test_a_page_that_is_needed_before_it_came_is_asked_for_again_as_urgent(rows: SearchRows, asked: Asked) -> None:
    rows.line(PAGE_ROWS - 1)

    assert rows.line(PAGE_ROWS) is None
    assert rows.line(PAGE_ROWS + 1) is None

    assert (asked.pages, asked.pages_ahead) == ([(1, 1)], [(1, 1)])
    assert rows.take_page(PageRead(1, 1, lines(900)))


def test_a_row_that_is_gone_is_not_asked_for_again_and_again(rows: SearchRows, asked: Asked) -> None:
    rows.line(PAGE_ROWS)
    rows.take_page(PageRead(1, 1, lines(900, PAGE_ROWS - 1)))

    assert rows.line(2 * PAGE_ROWS - 1) is None
    assert asked.pages == [(1, 1)]


def test_only_as_many_pages_are_kept_as_memory_should_hold(rows: SearchRows, asked: Asked) -> None:
    rows.take_refresh(Refreshed(1, 10**6, 10**6, 0, {0: lines(0)}, None))
    for number in range(1, KEPT_PAGES + 1):
        rows.take_page(PageRead(1, number, lines(number * PAGE_ROWS)))

    assert title(rows, 0) == ""
    assert asked.pages == [(1, 0)]
    assert title(rows, PAGE_ROWS) == f"Take {PAGE_ROWS}"


def test_while_a_search_is_under_way_no_page_of_the_old_one_is_asked_for(rows: SearchRows, asked: Asked) -> None:
    rows.search("new")

    assert rows.line(5 * PAGE_ROWS) is None
    assert asked.pages == []


def test_a_refresh_waits_for_the_search_that_is_under_way(rows: SearchRows, asked: Asked) -> None:
    rows.search("new")
    rows.refresh(keep=3, at=0, around=10)
    assert asked.refreshes == []
    rows.take_head(Found(2, lines(0, 5), complete=True, notes=(), completion=""))
    rows.take_count(Counted(2, 5))

    assert rows.pop_stale()
    rows.refresh(keep=3, at=0, around=10)

    assert asked.refreshes == [{"keep": 3, "at": 0, "around": 10}]
    assert not rows.pop_stale()


def test_the_size_of_the_library_is_known_from_the_empty_query_and_from_refreshes(rows: SearchRows) -> None:
    assert rows.whole == 10 * PAGE_ROWS
    rows.search("new")
    rows.take_head(Found(2, lines(0, 5), complete=True, notes=(), completion=""))
    rows.take_count(Counted(2, 5))
    assert (rows.total, rows.whole) == (5, 10 * PAGE_ROWS)

    rows.refresh(keep=None, at=0, around=10)
    rows.take_refresh(Refreshed(3, 6, 4321, None, {0: lines(0, 6)}, None))

    assert (rows.total, rows.whole) == (6, 4321)
