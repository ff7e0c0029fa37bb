"""Every query finds exactly what a slow and simple matcher finds, in a small library of all kinds of recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotui.core.database import open_reader
from audiotui.core.matching import MOST_NEARS
from audiotui.core.search import Searcher, open_searcher
from tests.core.search_reference import Item, expected_ids
from tests.core.search_samples import ITEMS, MARKED, SAVED, TRASHED, make_search_library

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Searcher, list[Item]]]:
    path = tmp_path_factory.mktemp("search") / "library.db"
    items = make_search_library(path)
    with open_searcher(path, marked=lambda: MARKED) as searcher:
        yield searcher, items


@pytest.fixture(scope="module")
def big_searcher(library: tuple[Searcher, list[Item]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """One that searches as if there were too many rows to ask them all."""
    path = tmp_path_factory.mktemp("search") / "library.db"
    make_search_library(path)
    with Searcher(open_reader(path), marked=lambda: MARKED, few_rows=0) as searcher:
        yield searcher


def check(library: tuple[Searcher, list[Item]], query: str) -> None:
    """Compare all ways to ask with the reference."""
    searcher, items = library
    expected = expected_ids(query, items, marked=MARKED, saved=SAVED)
    head = searcher.head(query)
    if any(f"more than {MOST_NEARS}" in note for note in head.notes):
        return

    assert [row.id for row in head.rows] == expected
    assert list(searcher.ids(query)) == expected
    assert [row.id for row in searcher.rows(query, sort="oldest")] == expected[::-1]
    assert searcher.count(query) == len(expected)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "good",
        "GOOD morn",
        "-good",
        "-good -the",
        '"of the"',
        '-"of the"',
        "cafe",
        "strasse",
        "東京",
        "京",
        "天気 -hello",
        "東京tower",
        '"5月"',
        "안녕",
        "happy",
        "take_0",
        "well-kno",
        "the of people by day",
        "a OR b OR t good",
        "(good OR the) -morning",
        "-(good OR the)",
        "-(good the)",
        "good OR -the",
        "voice:heart",
        "voice:af",
        'voice:"af kok"',
        "voice:uber",
        "user:doe",
        "user:ana",
        "user:maria OR voice:echo",
        "kind:ai",
        "kind:human good",
        "tag:keep",
        'tag:"two words"',
        "tag:regle",
        "in:greetings/",
        "folder:greetings/short",
        "in:greet",
        "in:/",
        "fmt:WAV",
        "where:local",
        "not:where:s3-main",
        "where:local -where:archive",
        "where:moon",
        "state:local-only",
        "state:remote-only",
        "state:pushed",
        "state:missing",
        "state:nofile",
        "state:damaged",
        "dur:>30",
        "dur:>=30",
        "dur:<30",
        "dur:<=30",
        "dur:30",
        "dur:2",
        "dur:2.05",
        "dur:0",
        "dur:10..60",
        "dur:..1",
        "dur:1:30..",
        "dur:>100h",
        "dur:>40h",
        "-dur:>30",
        "size:>1M",
        "size:>=1M",
        "size:1M",
        "size:16..1000",
        "size:>4G",
        "size:>500G",
        "-size:<1M",
        "date:2026",
        "date:2026-05",
        "date:2026-05-17",
        "date:2026-01-01",
        "date:>2026-01-01",
        "date:>=2026-01-01",
        "date:<2026",
        "date:<=2025-12-31",
        "date:..1970-01-01",
        "date:<1970",
        "date:1969",
        "date:2024-02-29..2026-01",
        "date:>2060",
        "date:2061-03-04",
        "date:..2062",
        "date:>2062",
        "-date:2026",
        "rate:44100",
        "rate:22k",
        "rate:>=24k",
        "rate:<24k",
        "rating:0",
        "rating:>=3",
        "-rating:>=3",
        "has:text",
        "has:notes",
        "has:tags",
        "has:rating",
        "has:identity",
        "has:audio",
        "has:transcript",
        "-has:transcript -has:audio",
        "lang:en",
        "lang:en-gb",
        "lang:de-at",
        "lang:de",
        "good lang:en",
        "the -lang:en kind:ai rating:>=3",
        "good voice:af rate:>=16k kind:ai dur:>0.1",
        "user:doe -kind:ai -rating:0",
        "session:MONDAY",
        'session:"two words"',
        "model:whisper",
        "verdict:keep",
        "verdict:REJECT",
        "is:marked",
        "-is:marked",
        "is:marked good",
        "good OR is:marked",
        "dur:>1 size:>1000 date:2026",
        "dur:>30 OR size:<1000",
        "(good dur:>30) OR (the size:<1M)",
        "(good dur:2) OR (the is:marked) OR (kind:ai -size:16..1M)",
        "-(dur:>30 size:>1000) good",
        "-(good -dur:>30)",
        "-(is:marked OR dur:<2) -date:2026",
        "is:marked dur:>1 OR is:marked",
        "is:marked (good OR is:marked)",
        "dur:>30 -(good dur:>30) kind:ai",
        "@good",
        "@GOOD",
        "@nested -the",
        "-@nested",
        "@loop",
        '@"two words"',
        "@missing",
    ],
)
def test_a_query_finds_what_the_reference_finds(library: tuple[Searcher, list[Item]], query: str) -> None:
    check(library, query)


@pytest.mark.parametrize("query", ["dur:>30", "good dur:>1", "-dur:>30 good the", "kind:ai (dur:2 OR size:>1000) -the"])
def test_a_range_finds_the_same_in_a_big_library(
    library: tuple[Searcher, list[Item]], big_searcher: Searcher, query: str
) -> None:
    check((big_searcher, library[1]), query)


def test_the_beginning_of_an_id_finds_its_recording(library: tuple[Searcher, list[Item]]) -> None:
    _, items = library

    for length in (1, 8, 9, 13, 20, 36):
        check(library, f"id:{items[7].uid[:length]}")
        check(library, f"good OR id:{items[7].uid.replace('-', '').upper()[:length]}")
    check(library, "id:" + "0" * 33)


WORDS = st.sampled_from(
    (
        *("good", "GOO", "g", "the", "of", "morning", "café", "lait", "straße", "people", "happy", "07", "hello", "zz"),
        *("東京", "京", "大阪", "京大", "天気で", "は", "สวัส", "ดี", "안녕", "세", "5月", "tower", "🎉", "take_0"),
    )
)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"')
FILTERS = st.sampled_from(
    (
        *("voice:af", "user:doe", "kind:ai", "tag:keep", "tag:none", "in:greetings", "where:local", "state:pushed"),
        *("not:where:archive", "lang:en", "session:monday", "model:whisper", "verdict:keep", "has:text", "id:1"),
        *("has:transcript", "rating:>=3", "rate:>=24k", "rate:22k", "dur:>30", "dur:2", "dur:..16", "dur:1..30"),
        *("size:>1M", "size:<=16384", "date:2026", "date:..1970", "date:>2060", "is:marked", "@good", "@nested"),
        *("foo:bar", "dur:x"),
    )
)
TERMS = st.recursive(
    WORDS | PHRASES | FILTERS,
    lambda inner: (
        inner.map(lambda term: f"-{term}")
        | st.lists(inner, min_size=2, max_size=4).map(lambda terms: f"({' '.join(terms)})")
        | st.lists(inner, min_size=2, max_size=3).map(lambda terms: f"({' OR '.join(terms)})")
    ),
    max_leaves=8,
)
QUERIES = st.lists(TERMS, min_size=1, max_size=5).map(" ".join)


@given(query=QUERIES)
def test_any_query_finds_what_the_reference_finds(library: tuple[Searcher, list[Item]], query: str) -> None:
    check(library, query)


@given(query=st.text() | st.lists(st.text(max_size=5) | WORDS | FILTERS | st.sampled_from("\"-()*:^'%@")).map("".join))
def test_any_text_is_a_query(library: tuple[Searcher, list[Item]], query: str) -> None:
    searcher, items = library

    found = list(searcher.ids(query))

    assert found == sorted(set(found) & {item.id for item in items}, reverse=True)
    assert searcher.count(query) == len(found)
    assert [row.id for row in searcher.head(query).rows] == found
    searcher.ranked(query)
    searcher.complete(query)


@pytest.mark.parametrize(
    "query",
    [
        "'; DROP TABLE recordings; --",
        '"',
        '"unbalanced',
        "NEAR(",
        'NEAR("a" "b", 3)',
        "a NEAR b",
        "{title}: good",
        "title : good",
        "facets:live",
        "good AND the",
        "good NOT the",
        "NOT",
        "^good",
        "goo*",
        "*",
        "%",
        "_",
        "-",
        "OR OR",
        "(((",
        ")))",
        "\x00",
        "good\x00the",
        "caf\udce9",
        "🎉🎊",
        "a" * 10_000,
        "ab " * 3_333,
        '"' + "ab " * 3_333 + '"',
        "a OR " * 2_000 + "b",
        "-a " * 3_000,
        "日" * 10_000,
        "(dur:>1 a) OR " * 20 + "b",
        "id:" + "f" * 10_000,
        "\u0301" * 10_000,
        "dur:>" + "9" * 10_000,
        "voice:\x00",
        "tag:'",
        "@'",
        "\ue000ffnever OR good",
    ],
    ids=range(39),
)
def test_hostile_text_is_searched_and_never_an_error(library: tuple[Searcher, list[Item]], query: str) -> None:
    searcher, _ = library

    found = list(searcher.ids(query))

    assert searcher.count(query) == len(found)
    assert searcher.count("") == ITEMS - len(TRASHED)
    searcher.head(query, sort="title")
    searcher.ranked(query)
    searcher.complete(query)
