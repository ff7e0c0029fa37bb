"""The first hits of a search, however they are found: by rows, by the index, or by the one after the other."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotui.core.asking import plan, requirement
from audiotui.core.database import open_reader
from audiotui.core.expression import Token, any_of
from audiotui.core.search import Searcher
from audiotui.core.selects import Condition
from tests.core.samples import add
from tests.core.search_reference import Item, expected_ids
from tests.core.search_samples import MARKED, SAVED, make_search_library
from tests.core.test_search_reference import QUERIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog

FEW_ROWS = (2_000, 20, 0)
"""From "ask the rows of everything" to "as in a library of which never all rows are asked"."""

COMMON = requirement(Token("the"), 0.25)
A_KIND = requirement(Token("ai"), 0.7, Condition("r.ai_generated <> 0"))
MANY_VOICES = requirement(any_of(*(Token(f"voice{one}") for one in range(60))), 0.25, Condition("r.voice IN (1)"))


@pytest.fixture(scope="module")
def searchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Searcher], list[Item]]]:
    path = tmp_path_factory.mktemp("search") / "library.db"
    items = make_search_library(path)
    made = [Searcher(open_reader(path), marked=lambda: MARKED, few_rows=few_rows) for few_rows in FEW_ROWS]
    yield made, items
    for searcher in made:
        searcher.close()


def check(searchers: tuple[list[Searcher], list[Item]], query: str, limit: int) -> None:
    """Compare the first hits, and all that follow them, with those of the reference."""
    made, items = searchers
    expected = expected_ids(query, items, marked=MARKED, saved=SAVED)
    for searcher in made:
        head = searcher.head(query, limit=limit)
        if any("more than" in note for note in head.notes):
            return
        oldest = searcher.head(query, limit=limit, sort="oldest")

        assert [row.id for row in head.rows] == expected[:limit]
        assert [row.id for row in oldest.rows] == expected[::-1][:limit]
        assert [row.id for row in searcher.rows(query, offset=limit)] == expected[limit:]
        assert head.complete == oldest.complete == (len(expected) <= limit)


@given(query=QUERIES, limit=st.integers(1, 12))
def test_the_first_hits_of_any_query_are_those_of_the_reference(
    searchers: tuple[list[Searcher], list[Item]], query: str, limit: int
) -> None:
    check(searchers, query, limit)


COMMON_TERMS = st.sampled_from(
    (
        *("kind:ai", "kind:human", "-kind:ai", "lang:en", "-lang:en", "rating:0..5", "-rating:0", "rate:>=16k"),
        *("dur:>0.1", "dur:..40", "-dur:>60", "size:>=15", "size:..2M", "-voice:af", "-user:doe", "date:..2026"),
        *("good", "the", "g", "has:text", "where:local", "-state:nofile", "-is:marked", "(dur:>1 size:>15)"),
    )
)


@given(terms=st.lists(COMMON_TERMS, min_size=1, max_size=4), limit=st.integers(1, 4))
def test_the_first_hits_of_common_filters_are_those_of_the_reference(
    searchers: tuple[list[Searcher], list[Item]], terms: list[str], limit: int
) -> None:
    check(searchers, " ".join(terms), limit)


@pytest.mark.parametrize("limit", [1, 2, 5, 40])
@pytest.mark.parametrize(
    "query",
    [
        "kind:ai",
        "kind:ai lang:en",
        "the kind:human rating:>=0 -where:s3-main",
        "-kind:ai -dur:>30",
        "-kind:ai -voice:af good",
        "dur:1..40",
        "good dur:>1 kind:ai",
        "size:1000..2M rate:>=16k",
        "(the OR good) voice:af dur:>0",
        "kind:ai (dur:2 OR size:>1000) -the",
        "date:2026 kind:ai",
        "lang:en is:marked dur:>0",
        "voice:af voice:kok",
        "voice:af good voice:heart kind:ai",
        "user:ana user:maria",
        "user:ana voice:af",
        "kind:ai kind:human the",
        "fmt:wav fmt:flac",
        "model:whisper verdict:keep -verdict:keep",
    ],
)
def test_filters_that_rows_know_find_the_same_first_hits(
    searchers: tuple[list[Searcher], list[Item]], query: str, limit: int
) -> None:
    check(searchers, query, limit)


def test_hits_beyond_a_look_at_the_newest_entries_are_found(catalog: Catalog) -> None:
    heart, _ = catalog.add_ai_identity(model="m", voice="heart")
    echo, _ = catalog.add_ai_identity(model="m", voice="echo")
    ids = [add(catalog, "hello", ai_identity_uid=heart, ai_generated=True) for _ in range(10)]
    for number in range(60):  # both the word and the voice are frequent here, but never together
        voice, text = (heart, "other") if number % 2 else (echo, "hello")
        add(catalog, text, ai_identity_uid=voice, ai_generated=True)

    with Searcher(open_reader(catalog.database.path), few_rows=0) as searcher:
        few = searcher.head("hello voice:heart kind:ai", limit=3)
        all_of_them = searcher.head("hello voice:heart kind:ai", limit=200)

    assert [row.id for row in few.rows] == ids[:-4:-1]
    assert not few.complete
    assert [row.id for row in all_of_them.rows] == ids[::-1]
    assert all_of_them.complete


def test_what_was_added_or_trashed_since_the_last_search_counts(catalog: Catalog) -> None:
    ids = [add(catalog, "hello", ai_generated=True, language="en") for _ in range(20)]

    with Searcher(open_reader(catalog.database.path), few_rows=0) as searcher:
        before = [row.id for row in searcher.head("kind:ai lang:en", limit=3).rows]
        catalog.trash_recordings(ids[-2:])
        added = add(catalog, "hello", ai_generated=True, language="en")
        after = [row.id for row in searcher.head("kind:ai lang:en", limit=3).rows]

    assert before == ids[:-4:-1]
    assert after == [added, ids[-3], ids[-4]]


def test_many_lists_are_not_followed_where_a_few_rows_can_be_asked() -> None:
    found = plan([COMMON, A_KIND, MANY_VOICES], limit=200, entries=1_000_000, most_rows=inf)

    assert MANY_VOICES.ask in found.asked
    assert found.left_to_index[0] == COMMON
    assert found.entries == pytest.approx(200 / (0.25 * 0.7 * 0.25))


def test_no_more_rows_are_asked_than_it_may_come_to() -> None:
    found = plan([COMMON, A_KIND, MANY_VOICES], limit=200, entries=1_000_000, most_rows=10_000)

    assert found.asked == []
    assert found.left_to_index == [COMMON, MANY_VOICES, A_KIND]


def test_few_candidates_are_asked_for_what_is_common() -> None:
    rare = requirement(Token("rare"), 0.0002)

    found = plan([rare, A_KIND, MANY_VOICES], limit=200, entries=1_000_000, most_rows=10_000)

    assert found.left_to_index == [rare]
    assert found.asked == [MANY_VOICES.ask, A_KIND.ask]  # what refuses most goes first


def test_what_the_index_knows_only_nearly_is_always_asked() -> None:
    length = requirement(Token("duration"), 0.0001, Condition("r.duration_s > 30"), is_near=True)

    found = plan([COMMON, length], limit=200, entries=1_000_000, most_rows=10_000)

    assert found.left_to_index == [length, COMMON]
    assert found.asked == [length.ask]
