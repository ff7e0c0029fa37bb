"""Options with structure: KEY=VALUE, KIND=PATH, --clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audiotui.cli.options import cleared, file_paths, pairs
from audiotui.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("take=3", 3),
        ("take=three", "three"),
        ('take="3"', "3"),
        ("take=", ""),
        ("take=a=b", "a=b"),
        ('take={"a": [1, null]}', {"a": [1, None]}),
        ("take=NaN", "NaN"),
        ("take=Infinity", "Infinity"),
        ("take=" + "[" * 50_000, "[" * 50_000),
        ("take=" + "9" * 5_000, "9" * 5_000),
    ],
)
def test_a_value_is_json_if_it_can_be_and_text_otherwise(given: str, value: Any) -> None:
    assert pairs("--meta", [given]) == {"take": value}


@pytest.mark.parametrize("given", ["take", "=3", " =3"])
def test_an_option_without_a_key_or_a_value_says_what_it_takes(given: str) -> None:
    with pytest.raises(InvalidInput, match="--meta takes KEY=VALUE") as caught:
        pairs("--meta", [given])

    assert caught.value.hint == "For example --meta take=3."


def test_a_key_given_twice_is_refused_rather_than_dropped() -> None:
    with pytest.raises(InvalidInput, match="'take' twice"):
        pairs("--meta", ["take=1", "take=2"])


def test_files_come_by_kind() -> None:
    paths = file_paths(Path("a.wav"), Path("a.txt"), ["notes=b=c.txt"])

    assert paths == {"audio": Path("a.wav"), "transcript": Path("a.txt"), "notes": Path("b=c.txt")}


def test_a_kind_without_a_path_is_refused() -> None:
    with pytest.raises(InvalidInput, match="--file takes KIND=PATH"):
        file_paths(None, None, ["notes="])


def test_two_files_of_one_kind_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"'audio': a\.wav and b\.wav"):
        file_paths(Path("a.wav"), None, ["audio=b.wav"])


def test_clear_empties_a_field() -> None:
    assert cleared(["first-name"], {"first_name": ""}, {"notes": "x"}) == {"notes": "x", "first_name": ""}


@pytest.mark.parametrize(
    ("clear", "fields", "message"),
    [(["colour"], {}, "knows no field"), (["notes"], {"notes": "x"}, "both set and emptied"), (None, {}, "No change")],
)
def test_a_senseless_change_is_refused(clear: list[str] | None, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        cleared(clear, {"notes": ""}, fields)
