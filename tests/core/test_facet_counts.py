"""Facets: each count is what the query with one more filter would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core import facet_counts
from audiotui.core.search import FACETS, Searcher, open_searcher
from tests.core.samples import add, new_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog


@pytest.fixture
def searcher(catalog: Catalog) -> Iterator[Searcher]:
    """Twelve recordings of two voices and a person, in two languages."""
    heart, _ = catalog.add_ai_identity(model="kokoro", voice="af_heart", name="Heart")
    nova, _ = catalog.add_ai_identity(model="kokoro", voice="af_nova", name="Nova")
    maya, _ = catalog.add_user_identity("Maya", "Ortiz")
    for number in range(12):
        is_ai = number % 3 > 0
        add(
            catalog,
            f"{'hello' if number % 2 else 'good night'} {number}",
            *([new_file(str(number))] if number % 4 else []),
            language="en-GB" if number < 8 else "de",
            session=f"day {number // 5}",
            tags=("demo", 'a "quoted" one') if number < 2 else ("demo",) if number < 6 else (),
            ai_generated=is_ai,
            ai_identity_uid=(heart if number % 3 == 1 else nova) if is_ai else None,
            user_identity_uid=None if is_ai else maya,
        )
    catalog.reindex_dirty()
    with open_searcher(catalog.database.path) as opened:
        yield opened


@pytest.mark.parametrize("few_rows", [0, 5_000], ids=["by the index", "by rows"])
@pytest.mark.parametrize("query", ["", "hello", "good -demo", "lang:en", "kind:ai dur:>0", "nobody"])
def test_a_count_is_what_the_query_with_the_value_finds(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests, query: str, few_rows: int
) -> None:
    monkeypatch.setattr(facet_counts, "FEW_ROWS", few_rows)
    for field in FACETS:
        with subtests.test(field=field):
            found = searcher.facet(query, field)

            values = [one.value.replace('"', '""') for one in found]
            assert [one.hits for one in found] == [searcher.count(f'{query} {field}:"{value}"') for value in values]
            assert [one.hits for one in found] == sorted((one.hits for one in found), reverse=True)
            assert found or searcher.count(f"{query} {field}:x") == 0


def test_the_values_of_a_small_answer_are_those_that_occur_in_it(searcher: Searcher) -> None:
    assert searcher.facet("lang:de", "session") == [("day 1", 2), ("day 2", 2)]
    assert searcher.facet("", "voice") == [("Heart", 4), ("Nova", 4)]


def test_values_are_kept_by_the_beginning_of_a_word(searcher: Searcher) -> None:
    assert searcher.facet("", "user", beginning="ort") == [("Maya Ortiz", 4)]
    assert searcher.facet("", "user", beginning="rtiz") == []


def test_a_value_with_quotes_is_offered_like_all_others(searcher: Searcher) -> None:
    assert searcher.facet("", "tag") == [("demo", 6), ('a "quoted" one', 2)]


def test_what_was_trashed_or_changed_is_counted_anew(catalog: Catalog, searcher: Searcher) -> None:
    assert searcher.facet("", "lang") == [("en-GB", 8), ("de", 4)]
    row_ids = [row.id for row in searcher.head("lang:de").rows]
    catalog.trash_recordings(row_ids[:1])
    catalog.edit_recordings(row_ids[1:2], {"language": "fr"})
    catalog.reindex_dirty()

    assert searcher.facet("", "lang") == [("en-GB", 8), ("de", 2), ("fr", 1)]


def test_the_size_of_marked_recordings_is_added_up(searcher: Searcher) -> None:
    rows = searcher.head("").rows

    assert searcher.size_of([row.id for row in rows]) == sum(row.size_bytes or 0 for row in rows) > 0
    assert searcher.size_of([]) == 0
