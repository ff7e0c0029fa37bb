"""Listings: tab-separated lines for scripts, aligned tables for people."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from audiotui.cli.listing import Column, Listing, plain
from audiotui.cli.table import cell_width, table_lines
from audiotui.errors import InvalidInput


@dataclass
class Clip:
    uid: str
    seconds: float | None
    label: str


CLIPS: Listing[Clip] = Listing(
    columns=(
        Column("uid", "ID", show=lambda uid: uid[:4], width=4),
        Column("seconds", "LENGTH", width=8, right=True, optional=True),
        Column("label", "RECORDING"),
    ),
    record=lambda clip: {"id": clip.uid, "seconds": clip.seconds, "label": clip.label},
)


def test_scripts_get_exact_values_between_tabs() -> None:
    lines = list(CLIPS.tab_lines([Clip("12345678", 1.5, "Hello world"), Clip("9", None, "")]))

    assert lines == ["12345678\t1.5\tHello world", "9\t\t"]


def test_a_tab_or_a_line_break_in_data_breaks_no_line() -> None:
    [line] = CLIPS.tab_lines([Clip("1", None, "a\tb\nc\x1b[31m")])

    assert line == "1\t\ta b␤c␛[31m"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (False, "false"), (("a", "b"), "a,b"), (3, "3"), (0.5, "0.5")]
)
def test_values_have_one_plain_form(value: object, text: str) -> None:
    assert plain(value) == text


def test_a_table_aligns_its_columns_under_a_header() -> None:
    lines = list(table_lines(CLIPS, [Clip("12345678", 1.5, "Hello"), Clip("9", 20.25, "World")], width=40))

    assert lines == ["ID    LENGTH  RECORDING", "1234     1.5  Hello", "9      20.25  World"]


def test_no_rows_make_no_header() -> None:
    assert list(table_lines(CLIPS, [], width=40)) == []


@pytest.mark.parametrize("width", [1, 10, 30, 39, 80])
@pytest.mark.parametrize(
    "label", ["a" * 200, "日本語のテキスト" * 20, "👩‍👩‍👧" * 30, "e" + "\u0301" * 1000, "[red]x[/]" * 20]
)
def test_no_row_is_wider_than_the_terminal(width: int, label: str) -> None:
    lines = list(table_lines(CLIPS, [Clip("12345678", 1.5, label)], width=max(width, 8)))

    assert all(cell_width(line) <= max(width, 8) for line in lines)


def test_a_narrow_terminal_loses_optional_columns_before_the_text() -> None:
    [header, row] = table_lines(CLIPS, [Clip("12345678", 1.5, "a" * 60)], width=34)

    assert header == "ID    RECORDING"
    assert row == "1234  " + "a" * 27 + "…"


def test_markup_in_data_is_shown_as_it_is() -> None:
    [_, row] = table_lines(CLIPS, [Clip("1", None, "[bold]x[/] [link=http://a]b")], width=80)

    assert row.endswith("[bold]x[/] [link=http://a]b")


def test_a_table_of_many_rows_is_drawn_as_they_come() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield Clip(str(taken), None, "x")

    lines = table_lines(CLIPS, endless(), width=80)  # type: ignore[arg-type]
    first = [next(lines) for _ in range(500)]

    assert first[-1].startswith("499")
    assert taken < 600


def test_rows_sort_by_any_key_of_their_record_and_those_without_a_value_come_last() -> None:
    clips = [Clip("b", 2.0, "x"), Clip("a", None, "y"), Clip("c", 10.0, "z")]

    assert [clip.uid for clip in CLIPS.ordered(clips, "seconds")] == ["b", "c", "a"]
    assert [clip.uid for clip in CLIPS.ordered(clips, "-seconds")] == ["c", "b", "a"]


def test_sorting_by_something_unknown_names_what_there_is() -> None:
    with pytest.raises(InvalidInput, match="id, seconds, label"):
        CLIPS.ordered([Clip("a", 1.0, "x")], "colour")
