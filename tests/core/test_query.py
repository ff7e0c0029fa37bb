"""The query language: what texts mean, and that every text means something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotui.core.query import DEEPEST_GROUP, FIELDS, MOST_TERMS, parse
from audiotui.core.terms import EVERYTHING, NOTHING, And, Is, Not, Or, Saved, Term, Within, Words


def word(text: str) -> Words:
    return Words(text, prefix=True)


def exact(text: str) -> Words:
    return Words(text, prefix=False)


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("", EVERYTHING),
        ("  \n\t\u3000 ", EVERYTHING),
        ("hello", word("hello")),
        ("hello world", And((word("hello"), word("world")))),
        ('"good morning"', exact("good morning")),
        ('"good"morning', And((exact("good"), word("morning")))),
        ("-draft", Not(word("draft"))),
        ('-"good morning"', Not(exact("good morning"))),
        ("-tag:draft", Not(Is("tag", "draft"))),
        ("well-known", word("well-known")),
        ("a OR b", Or((word("a"), word("b")))),
        ("a OR b OR c", Or((word("a"), word("b"), word("c")))),
        ("a OR b c", And((Or((word("a"), word("b"))), word("c")))),
        ("a b OR c", And((word("a"), Or((word("b"), word("c")))))),
        ("a or b", And((word("a"), word("or"), word("b")))),
        ("a OR -b", Or((word("a"), Not(word("b"))))),
        ("(a b) OR c", Or((And((word("a"), word("b"))), word("c")))),
        ("-(a OR b)", Not(Or((word("a"), word("b"))))),
        ("(a)b", And((word("a"), word("b")))),
        ("--a", word("a")),
        ("---a", Not(word("a"))),
        ("take(2)", word("take(2)")),
        ('tag:"two words" x', And((Is("tag", "two words"), word("x")))),
        ('tag:"so ""called"" x" y', And((Is("tag", 'so "called" x'), word("y")))),
        ("TAG:Keep", Is("tag", "Keep")),
        ("not:where:s3-main", Not(Is("where", "s3-main"))),
        ("-not:where:s3-main", Not(Not(Is("where", "s3-main")))),
        ("@not-pushed", Saved("not-pushed")),
        ('-@"two words"', Not(Saved("two words"))),
        ("(tag:a)", Is("tag", "a")),
        ("http://example.com", word("http://example.com")),
        ("12:30", word("12:30")),
    ],
)
def test_a_query_is_read_as_documented(query: str, term: Term) -> None:
    assert parse(query).term == term
    assert parse(query).notes == ()


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("dur:>30", Within("dur", 30.0, None, low_open=True)),
        ("dur:>=1.5", Within("dur", 1.5, None)),
        ("dur:<2m", Within("dur", None, 120.0, high_open=True)),
        ("dur:<=1:30", Within("dur", None, 90.0)),
        ("dur:10..60", Within("dur", 10.0, 60.0)),
        ("dur:..90s", Within("dur", None, 90.0)),
        ("dur:1:00:00..", Within("dur", 3600.0, None)),
        ("dur:500ms..1h", Within("dur", 0.5, 3600.0)),
        ("dur:30", Within("dur", 29.5, 30.5, high_open=True)),
        ("dur:2m", Within("dur", 119.5, 120.5, high_open=True)),
        ("dur:30.5", Within("dur", 30.45, 30.55, high_open=True)),
        ("size:>1M", Within("size", 1_000_000.0, None, low_open=True)),
        ("size:200k..1.5MB", Within("size", 200_000.0, 1_500_000.0)),
        ("size:>1KiB", Within("size", 1024.0, None, low_open=True)),
        ("size:1M", Within("size", 500_000.0, 1_500_000.0, high_open=True)),
        ("rate:44100", Within("rate", 44_099.5, 44_100.5, high_open=True)),
        ("rate:>=24k", Within("rate", 24_000.0, None)),
        ("rate:44.1kHz", Within("rate", 44_050.0, 44_150.0, high_open=True)),
        ("rating:>=3", Within("rating", 3.0, None)),
        ("rating:4", Within("rating", 3.5, 4.5, high_open=True)),
        ("date:2026", Within("date", 1_767_225_600_000, 1_798_761_600_000, high_open=True)),
        ("date:2026-05", Within("date", 1_777_593_600_000, 1_780_272_000_000, high_open=True)),
        ("date:2026-05-01", Within("date", 1_777_593_600_000, 1_777_680_000_000, high_open=True)),
        ("date:2026-05..", Within("date", 1_777_593_600_000, None, high_open=True)),
        ("date:..2026-05-01", Within("date", None, 1_777_680_000_000, high_open=True)),
        ("date:2026-01..2026-04", Within("date", 1_767_225_600_000, 1_777_593_600_000, high_open=True)),
        ("date:>2026-05-01", Within("date", 1_777_680_000_000, None, high_open=True)),
        ("date:>=2026-05-01", Within("date", 1_777_593_600_000, None, high_open=True)),
        ("date:<2026-05-01", Within("date", None, 1_777_593_600_000, high_open=True)),
        ("date:<=2026-05-01", Within("date", None, 1_777_680_000_000, high_open=True)),
        ("date:9999-12", Within("date", 253_399_622_400_000, 253_402_300_800_000, high_open=True)),
    ],
)
def test_a_range_is_read_as_documented(query: str, term: Within) -> None:
    read = parse(query).term

    assert isinstance(read, Within)
    assert (read.field, read.low_open, read.high_open) == (term.field, term.low_open, term.high_open)
    assert [read.low, read.high] == pytest.approx([term.low, term.high])


@pytest.mark.parametrize(
    "query",
    [
        "foo:bar",
        "dur:long",
        "dur:60..10",
        "dur:>10..20",
        "dur:..",
        "dur:>",
        "size:1X",
        "size:99999999999999999999999999999999",
        "date:2026-02-31",
        "date:2026-05..2026-04",
        "date:0000",
        "rate:fast",
        "rating:6",
        "rating:*",
        "kind:robot",
        "state:gone",
        "is:lost",
        "has:a/b",
        "id:xyz",
        "voice:",
        "not:hello",
        "not:not:tag:x",
        'tag:""',
    ],
)
def test_a_field_that_makes_no_sense_is_searched_as_text_with_a_note(query: str) -> None:
    read = parse(query)

    assert read.term == word(query)
    assert len(read.notes) == 1
    assert "searched as text" in read.notes[0]


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("OR", word("OR")),
        ("OR OR", And((word("OR"), word("OR")))),
        ("a OR", And((word("a"), word("OR")))),
        ("OR b", And((word("OR"), word("b")))),
        ('"not closed', word("not closed")),
        ("(a b", And((word("a"), word("b")))),
        ("foo)", word("foo)")),
        ("NEAR(", word("NEAR(")),
        ("'; DROP TABLE recordings; --", And((word("DROP"), word("TABLE"), word("recordings;")))),
        ("a -", word("a")),
        ("a 🎉 %", word("a")),
        ("a*", word("a*")),
        ("^a", word("^a")),
        ("a\x00b", word("a\x00b")),
        ("caf\udce9", word("caf\udce9")),
    ],
)
def test_what_is_no_query_is_searched_as_text(query: str, term: Term) -> None:
    assert parse(query).term == term


@pytest.mark.parametrize(
    "query", ['"', "-", "- -", "(((", ")", "%", "*", "^", "🎉", '""', "()", "@", "\x00", "\udce9", "…"]
)
def test_a_query_without_anything_to_search_for_finds_nothing_instead_of_everything(query: str) -> None:
    assert parse(query).term == NOTHING


def test_notes_say_what_was_left_out() -> None:
    notes = parse("hello 🎉").notes

    assert notes == ("“🎉” has no letter and no digit; left out",)


def test_notes_quote_only_the_beginning_of_what_is_long() -> None:
    (note,) = parse("dur:" + "x" * 10_000).notes

    assert len(note) < 200


def test_a_pasted_page_is_searched_by_its_first_words() -> None:
    read = parse(" ".join(f"word{number}" for number in range(2_000)))

    assert isinstance(read.term, And)
    assert len(read.term.terms) == MOST_TERMS
    assert read.notes == (f"only the first {MOST_TERMS} terms are searched",)


@pytest.mark.parametrize("query", ["(" * 10_000 + "a", "not:" * 2_500, "(a " * 5_000, "a OR " * 2_000])
def test_deep_queries_are_read_without_deep_recursion_and_what_they_lose_is_told(query: str) -> None:
    assert parse(query).notes


def test_any_number_of_signs_of_negation_is_one_or_none() -> None:
    assert parse("-" * 9_999 + "a") == parse("-a")


def test_groups_nest_to_a_depth() -> None:
    nested = parse("(" * DEEPEST_GROUP + "a OR b" + ")" * DEEPEST_GROUP + " c")

    assert nested.term == And((Or((word("a"), word("b"))), word("c")))


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    read = parse(text)

    assert parse(text) == read


@given(st.text(alphabet='ab"-():@.<>=*OR \x00é日ß🎉\udce9'))
def test_any_mix_of_signs_can_be_read(text: str) -> None:
    read = parse(text)

    assert parse(text) == read


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_examples_in_the_help_are_queries(field: object) -> None:
    examples = field.examples  # type: ignore[attr-defined]

    assert [parse(example).notes for example in examples] == [()] * len(examples)


def test_fields_have_names_and_help_of_their_own() -> None:
    names = [field.name for field in FIELDS]

    assert len(set(names)) == len(names)
    assert all(field.help and field.examples for field in FIELDS)
