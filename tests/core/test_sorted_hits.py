"""The first rows of a sorted listing, climbed rung by rung, are those of the whole listing sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotui.core.database import open_reader
from audiotui.core.search import SORTS, Searcher
from tests.core.samples import add, new_file
from tests.core.search_reference import Item, expected_ids
from tests.core.search_samples import MARKED, SAVED, make_search_library
from tests.core.test_search_reference import QUERIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog

EITHER_WAY = [f"{sign}{sort}" for sort in SORTS for sign in ("", "-")]
OF_ITEMS = {"duration": "dur", "size": "size", "rating": "rating"}


@pytest.fixture(scope="module")
def climbing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Searcher, list[Item]]]:
    """A searcher for which even a handful of rows is too much to sort, and what it can find."""
    path = tmp_path_factory.mktemp("search") / "library.db"
    items = make_search_library(path)
    with Searcher(open_reader(path), marked=lambda: MARKED, few_rows=0) as searcher:
        yield searcher, items


@given(query=QUERIES | st.just(""), sort=st.sampled_from(EITHER_WAY), limit=st.integers(1, 100))
def test_the_first_rows_are_those_of_the_whole_listing(
    climbing: tuple[Searcher, list[Item]], query: str, sort: str, limit: int
) -> None:
    searcher, _ = climbing
    listing = list(searcher.ids(query, sort=sort))

    head = searcher.head(query, sort=sort, limit=limit)

    assert [row.id for row in head.rows] == listing[:limit]
    assert head.complete == (len(listing) <= limit)


@given(query=QUERIES | st.just(""), key=st.sampled_from(list(OF_ITEMS)), is_reversed=st.booleans())
def test_any_hits_are_sorted_as_the_reference_sorts_them(
    climbing: tuple[Searcher, list[Item]], query: str, key: str, *, is_reversed: bool
) -> None:
    searcher, items = climbing
    found = set(expected_ids(query, items, marked=MARKED, saved=SAVED))
    values = {item.id: getattr(item, OF_ITEMS[key]) for item in items if item.id in found}
    sign = -1 if is_reversed else 1
    expected = sorted(found, key=lambda one: (values[one] is None, sign * (values[one] or 0), -one))

    head = searcher.head(query, sort=f"-{key}" if is_reversed else key)

    if not any("more than" in note for note in head.notes):
        assert [row.id for row in head.rows] == expected


@pytest.mark.parametrize("most_rungs", [1, 2, 64])
@pytest.mark.parametrize("sort", ["identity", "-identity"])
def test_identities_of_one_name_share_a_place_and_a_voice_goes_before_a_person(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, sort: str, most_rungs: int
) -> None:
    monkeypatch.setattr("audiotui.core.ladders.MOST_RUNGS", most_rungs)
    voices = [catalog.add_ai_identity(model="m", voice=name)[0] for name in ("zoe", "Ann", "mia")]
    people = [catalog.add_user_identity(first_name=name)[0] for name in ("ann", "Mia", "Bob", "Eve")]
    for number in range(24):
        add(
            catalog,
            "hello",
            ai_identity_uid=voices[number % 3] if number % 2 else None,
            user_identity_uid=people[number % 4] if number % 5 else None,
        )

    with Searcher(open_reader(catalog.database.path), few_rows=0) as searcher:
        for query in ("", "hello"):
            listing = list(searcher.ids(query, sort=sort))
            for limit in (1, 5, 23, 24):
                head = searcher.head(query, sort=sort, limit=limit)

                assert [row.id for row in head.rows] == listing[:limit]


def test_a_row_stands_in_its_new_place_after_an_edit(catalog: Catalog) -> None:
    ids = [add(catalog, "hello", new_file(str(number)), rating=number % 6) for number in range(12)]

    with Searcher(open_reader(catalog.database.path), few_rows=0) as searcher:
        before = [row.id for row in searcher.head("", sort="-rating", limit=2).rows]
        catalog.edit_recordings([ids[0]], {"rating": 5})
        catalog.trash_recordings([ids[11]])
        after = [row.id for row in searcher.head("", sort="-rating", limit=2).rows]

    assert before == [ids[11], ids[5]]
    assert after == [ids[5], ids[0]]


def test_a_row_stands_once_though_its_stars_change_while_rungs_are_climbed(catalog: Catalog) -> None:
    ids = [add(catalog, "hello", new_file(str(number)), rating=number % 6) for number in range(12)]
    connection = open_reader(catalog.database.path)
    rungs_read = 0

    def edit_in_between(statement: str) -> None:
        nonlocal rungs_read
        rungs_read += "FROM recordings_fts" in statement and "ORDER BY" in statement
        if rungs_read == 2:
            rungs_read += 1
            catalog.edit_recordings([ids[11]], {"rating": 0})  # stood on the first rung, stands on the last one now
            catalog.trash_recordings([ids[1]])

    with Searcher(connection, few_rows=0) as searcher:
        before = [row.id for row in searcher.head("", sort="-rating").rows]
        connection.set_trace_callback(edit_in_between)
        meanwhile = [row.id for row in searcher.head("", sort="-rating").rows]
        connection.set_trace_callback(None)
        after = [row.id for row in searcher.head("", sort="-rating").rows]

    assert rungs_read > 2
    assert meanwhile == before
    assert sorted(after) == sorted(set(ids) - {ids[1]})
