"""What the search box offers while a query is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.search import Searcher, open_searcher
from tests.core.samples import add, new_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog


@pytest.fixture
def searcher(catalog: Catalog) -> Iterator[Searcher]:
    voice, _ = catalog.add_ai_identity(model="kokoro", voice="af_heart", name="Warm Heart")
    catalog.add_ai_identity(model="kokoro", voice="af_bella")
    catalog.add_user_identity(first_name="John", last_name="Doe")
    add(
        catalog,
        "Hello",
        new_file("a"),
        new_file("t", "transcript"),
        folder="Greetings/short",
        session="first 100% day",
        language="en-GB",
        tags=("keep", "to redo", 'a "quoted" one'),
        ai_identity_uid=voice,
    )
    catalog.save_search("not-pushed", "state:local-only")
    catalog.save_search("two words", "hello")
    with open_searcher(catalog.database.path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "completions"),
    [
        ("", []),
        ("hello", []),
        ("hello ", []),
        ("vo", ["voice:"]),
        ("hello -VO", ["hello -voice:"]),
        ("ra", ["rate:", "rating:"]),
        ("(ta", ["(tag:"]),
        ("not:wh", ["not:where:"]),
        ("voice:", ["voice:af_bella", 'voice:"Warm Heart"']),
        ("voice:he", ['voice:"Warm Heart"']),
        ('voice:"warm h', ['voice:"Warm Heart"']),
        ("hello user:jo", ['hello user:"John Doe"']),
        ("tag:", ['tag:"a ""quoted"" one"', "tag:keep", 'tag:"to redo"']),
        ('tag:"a ""quo', ['tag:"a ""quoted"" one"']),
        ("tag:RED", ['tag:"to redo"']),
        ("-tag:k", ["-tag:keep"]),
        ("where:l", ["where:local"]),
        ("kind:", ["kind:ai", "kind:human"]),
        ("state:m", ["state:missing"]),
        ("in:gr", ["in:Greetings/short"]),
        ("session:f", ['session:"first 100% day"']),
        ("session:%", []),
        ("session:_", []),
        ("lang:", ["lang:en-GB"]),
        ("fmt:w", ["fmt:wav"]),
        ("has:tr", ["has:transcript"]),
        ("rate:2", ["rate:24000"]),
        ("@n", ["@not-pushed"]),
        ("hello @tw", ['hello @"two words"']),
        ('@"two', ['@"two words"']),
        ("foo:b", []),
        ('a "quoted vo', []),
        ("session:\x00", []),
        ("tag:\udce9", []),
    ],
)
def test_the_last_word_is_finished(searcher: Searcher, text: str, completions: list[str]) -> None:
    assert searcher.complete(text) == completions


def test_only_so_many_values_are_offered(catalog: Catalog, searcher: Searcher) -> None:
    for number in range(60):
        add(catalog, "x", session=f"session {number}", tags=[f"tag{number}"])

    assert len(searcher.complete("session:s")) == 20
    assert len(searcher.complete("tag:t")) == 20


def test_what_is_offered_is_understood(searcher: Searcher) -> None:
    for start in ("voice:", "user:", "tag:", "where:", "in:", "session:", "lang:", "fmt:", "has:", "state:", "@"):
        for query in searcher.complete(start):
            assert searcher.notes(query) == ()
