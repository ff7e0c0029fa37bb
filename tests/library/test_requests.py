"""What a request may hold, and what a range means: hostile values are refused at the door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audiotui.documents.asset import Generation
from audiotui.errors import InvalidInput
from audiotui.library.reading import UnsatisfiableRange, span_of
from audiotui.library.requests import SaveRequest, checked

PLAIN = SaveRequest("anna", "a1", "u1", Generation(text="Hello"), "/temp/x.wav")


@pytest.mark.parametrize(
    "wrong",
    [
        {"asset_id": "../x"},
        {"asset_id": ""},
        {"asset_id": "a" * 129},
        {"asset_id": "ä"},
        {"asset_id": "a/b"},
        {"asset_id": "a.b"},
        {"asset_id": "a b"},
        {"asset_id": "a\n"},
        {"customer_id": None},
        {"customer_id": 7},
        {"user_id": {"$ne": None}},
        {"duration_s": -1},
        {"duration_s": float("nan")},
        {"duration_s": "long"},
        {"duration_s": True},
        {"tags": "test"},
        {"tags": ("x" * 101,)},
        {"tags": tuple(map(str, range(101)))},
        {"tags": ("",)},
        {"folder": "../x"},
        {"folder": "x" * 501},
    ],
    ids=str,
)
def test_a_field_that_cannot_be_taken_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        checked(replace(PLAIN, **wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "\ud800"},
        {"text": None},
        {"text": "x" * 100_001},
        {"voice": "x" * 201},
        {"model": 3},
        {"speed": 0},
        {"speed": -1.0},
        {"speed": float("inf")},
        {"speed": float("nan")},
        {"speed": "fast"},
        {"speed": True},
        {"parameters": {"$where": 1}},
        {"parameters": {"a.b": 1}},
        {"parameters": {"deep": {"$gt": ""}}},
        {"parameters": {"list": [{"a.b": 1}]}},
        {"parameters": {"nan": float("nan")}},
        {"parameters": {"big": 2**70}},
        {"parameters": {"bytes": b"x"}},
        {"parameters": {"long": "x" * 300_000}},
        {"parameters": ["no", "object"]},
        {"parameters": {"surrogate": "\ud800"}},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_a_generation_that_cannot_be_taken_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        checked(replace(PLAIN, generation=replace(PLAIN.generation, **wrong)))


def test_a_request_comes_back_from_the_journal_as_it_went() -> None:
    request = checked(
        replace(
            PLAIN,
            tags=("a", "b"),
            folder="x/y",
            duration_s=2,
            generation=Generation(text="“Hi”", parameters={"seed": 7, "mix": ["a", {"b": None}], "__proto__": "x"}),
        )
    )

    assert SaveRequest.from_document(request.as_document()) == request


def test_requests_are_equal_by_url_and_generation_alone() -> None:
    same = replace(PLAIN, folder="x", tags=("y",), duration_s=3.0, user_id="u2")
    other = replace(PLAIN, generation=replace(PLAIN.generation, speed=1.5))

    assert same.fingerprint == PLAIN.fingerprint
    assert replace(PLAIN, generation=replace(PLAIN.generation, speed=1)).fingerprint == PLAIN.fingerprint
    assert len({PLAIN.fingerprint, other.fingerprint, replace(PLAIN, url="/temp/y.wav").fingerprint}) == 3


@pytest.mark.parametrize(
    ("span", "asked"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 10)),
        ("bytes=-10", (90, 10)),
        ("bytes=-1000", (0, 100)),
        ("bytes=5-5", (5, 1)),
        ("bytes=10-99999999", (10, 90)),
        ("bytes = 0 - 9", (0, 10)),
        ("Bytes=0-9", (0, 10)),
        ("", None),
        ("pages=1-2", None),
        ("bytes=9-1", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("bytes=-" + "9" * 30, (0, 100)),
        ("bytes=10-" + "9" * 5_000, (10, 90)),
    ],
)
def test_what_a_range_means(span: str, asked: tuple[int, int] | None) -> None:
    assert span_of(span, 100) == asked


@pytest.mark.parametrize("span", ["bytes=100-", "bytes=1000-2000", "bytes=-0", f"bytes={'9' * 30}-"])
def test_a_range_beyond_the_end_is_refused(span: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        span_of(span, 100)
