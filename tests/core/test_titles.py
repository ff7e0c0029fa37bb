"""The first rows in the order of titles, without reading and sorting all that is found."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from audiotui.core.query import parse
from audiotui.core.search import Searcher, open_searcher
from audiotui.core.sorts import order_of
from audiotui.core.titles import first_by_title
from audiotui.model import NewRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 6_000
LONG = "the same beginning " * 20


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    path = tmp_path_factory.mktemp("titles") / "library.db"
    random_ = random.Random(7)
    with Catalog(path) as catalog:
        catalog.add_recordings((_made_up(number, random_), []) for number in range(ROWS))
        catalog.trash_recordings(range(5, ROWS, 40))
    with open_searcher(path) as opened:
        yield opened


def _made_up(number: int, random_: random.Random) -> NewRecording:
    name = random_.choice(["", "", "Ann", "ann", "Ähre", "zoe", "ZOE", "mia 2", "[x]", " blank", "the end", LONG])
    text = random_.choice(["hello", "Good morning", "the 1st", "あい", LONG, f"{LONG}{number % 3}", f"zz {number}"])
    return NewRecording(title=name, text=text, ai_generated=number % 3 > 0, rating=number % 6)


@pytest.mark.parametrize("sort", ["title", "-title"])
@pytest.mark.parametrize(
    "query", ["", "-the", "kind:ai", "hello OR the OR good", "-hello -zz kind:ai", "date:>=2020 rating:>=2"]
)
def test_they_are_those_of_the_whole_listing(searcher: Searcher, query: str, sort: str) -> None:
    listing = list(searcher.ids(query, sort=sort))

    told = 0
    for limit in (1, 5, 40, 100):
        with searcher._reader.working():
            parts = searcher._matching(parse(query)).parts_for_rows
            rows = first_by_title(searcher._reader, parts, order_of(sort), limit)
        if rows is not None:
            told += 1
            assert [row[0] for row in rows] == listing[:limit]
    assert told or query == "hello OR the OR good"  # no title at the very end, which the sample showed, is among these


def test_more_rows_than_come_before_the_bound_are_not_told(searcher: Searcher) -> None:
    with searcher._reader.working():
        parts = searcher._matching(parse("zz")).parts

        assert first_by_title(searcher._reader, parts, order_of("title"), ROWS) is None
