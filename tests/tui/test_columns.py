"""Which columns fit, and what stands in them."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from audiotui.model import CopyState
from audiotui.tui.columns import GUTTER, Scene, cell, layout, pad, place_letters
from audiotui.tui.rows import Line
from tests.tui.generated import NOW_MS, row

SCENE = Scene(place_letters(["local", "archive"]), NOW_MS)


def names(width: int) -> list[str]:
    return [column.name for column in layout(width, SCENE)]


def test_eighty_cells_show_what_a_person_looks_for() -> None:
    assert names(79) == ["TITLE", "IDENTITY", "DUR", "FMT", "SIZE", "WHERE", "AGE"]


def test_narrow_tables_lose_columns_from_the_right_and_never_the_title() -> None:
    assert names(60) == ["TITLE", "IDENTITY", "DUR", "WHERE"]
    assert names(50) == ["TITLE", "IDENTITY", "WHERE"]
    assert names(20) == ["TITLE"]


def test_wide_tables_get_rarer_columns() -> None:
    assert names(150)[-2:] == ["LANG", "VERDICT"]


@pytest.mark.parametrize("width", range(10, 220, 7))
def test_the_columns_fill_the_width_exactly(width: int) -> None:
    columns = layout(width, SCENE)

    assert GUTTER + sum(column.cells + 1 for column in columns) - 1 == width


@pytest.mark.parametrize(
    "title", ["", "plain", "末班车（中文）" * 9, "e" + "\u0301" * 10_000, "👩‍👩‍👧 family", "\x1b[31mred"]
)
def test_every_cell_is_exactly_as_wide_as_its_column(title: str) -> None:
    line = Line(row(7)._replace(title=title, text=""))

    widths = [(cell_len(cell(column, line, SCENE)), column.cells) for column in layout(79, SCENE)]

    assert all(actual == wanted for actual, wanted in widths)


def test_where_has_a_letter_for_each_place_and_a_sign_for_trouble() -> None:
    places = {"local": CopyState.MISSING, "archive": CopyState.DAMAGED}
    scene = Scene(place_letters(["local", "archive", "attic"]), NOW_MS)
    where = next(column for column in layout(79, scene) if column.name == "WHERE")

    assert cell(where, Line(row(1), {"local": CopyState.PRESENT, "archive": CopyState.PRESENT}), scene) == "L A ·"
    assert cell(where, Line(row(1), places), scene) == "? ! ·"


def test_places_have_letters_of_their_own() -> None:
    letters = place_letters(["local", "lab", "archive", "a", "l", "b", "é"])

    assert [letter for _, letter in letters] == ["L", "A", "R", "1", "2", "B", "É"]


def test_padding_cuts_and_fills() -> None:
    assert pad("ab", 4) == "ab  "
    assert pad("ab", 4, right=True) == "  ab"
    assert pad("abcdef", 4) == "abc…"
