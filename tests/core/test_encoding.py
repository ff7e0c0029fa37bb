"""Values on their way into the database and back."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotui.core.database import sqlite3
from audiotui.core.encoding import from_ms, original_json, original_text, stored_json, stored_text, to_ms

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda children: st.lists(children) | st.dictionaries(ANY_TEXT, children),
    max_leaves=10,
)


def through_sqlite(value: str) -> str:
    connection = sqlite3.connect(":memory:")
    try:
        stored: str = connection.execute("SELECT ?", (value,)).fetchone()[0]
        return stored
    finally:
        connection.close()


@given(st.lists(st.one_of(ANY_TEXT, st.characters(categories=["Cs"]), st.just("\ufdd0"), st.just("\0"))).map("".join))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert original_text(through_sqlite(stored_text(text))) == text


@given(st.binary())
def test_the_name_of_any_file_comes_back_as_it_was(name: bytes) -> None:
    assert os.fsencode(original_text(through_sqlite(stored_text(os.fsdecode(name))))) == name


def test_a_nul_does_not_end_a_text_for_the_functions_of_sqlite() -> None:
    connection = sqlite3.connect(":memory:")
    stored: str = connection.execute("SELECT substr(?, 1, 200)", (stored_text("a\0b"),)).fetchone()[0]
    connection.close()

    assert original_text(stored) == "a\0b"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufdd0")))
def test_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert stored_text(text) == text


@given(JSON)
def test_any_json_value_comes_back_as_it_was(value: object) -> None:
    assert original_json(through_sqlite(stored_json(value))) == value


def test_json_is_stored_readable_unless_it_cannot_be() -> None:
    assert stored_json({"a": "é"}) == '{"a":"é"}'
    assert stored_json({"a": "é\udce9"}) == '{"a":"\\u00e9\\udce9"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_lacks_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        stored_json({"a": value})


def test_times_come_back_to_the_millisecond_in_utc() -> None:
    moment = datetime(2026, 1, 31, 9, 15, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))

    assert from_ms(to_ms(moment)) == datetime(2026, 1, 31, 8, 15, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(("milliseconds", "year"), [(-(2**63), 1), (2**63 - 1, 9999), (-1, 1969)])
def test_the_time_of_a_mad_clock_is_still_a_time(milliseconds: int, year: int) -> None:
    assert from_ms(milliseconds).year == year
