"""Facets: what is in the query is what is switched on, and nothing else."""

from __future__ import annotations

import pytest

from audiotui.tui.facets import SECTIONS, chosen, is_chosen, open_for, toggled
from tests.tui.driving import LARGE, SIZES, SMALL, driven
from tests.tui.generated import GeneratedManager


@pytest.mark.parametrize(
    ("query", "field", "value", "expected"),
    [
        ("", "tag", "demo", "tag:demo"),
        ("dragon", "tag", "to redo", 'dragon tag:"to redo"'),
        ("dragon ", "voice", "Aria", "dragon voice:Aria"),
        ("voice:Aria dragon", "voice", "Nova", "voice:Aria OR voice:Nova dragon"),
        ("voice:Aria dragon", "user", "Maya Ortiz", 'voice:Aria OR user:"Maya Ortiz" dragon'),
        ("tag:a", "tag", "b", "tag:a tag:b"),
        ("tag:a x", "tag", "A", "x"),
        ("fmt:wav OR fmt:mp3 x", "fmt", "wav", "fmt:mp3 x"),
        ("fmt:wav OR fmt:mp3 x", "fmt", "mp3", "fmt:wav x"),
        ('a "tag:b c" -tag:b (tag:b OR d)', "tag", "b", 'a "tag:b c" -tag:b (tag:b OR d) tag:b'),
        ('user:"Maya Ortiz"', "user", "maya ortiz", ""),
        ("x", "tag", 'so "called" y', 'x tag:"so ""called"" y"'),
        ('x tag:"so ""called"" y"', "tag", 'so "called" y', "x"),
        ("x", "tag", '5"', 'x tag:"5"""'),
        ('tag:"5"""', "tag", '5"', ""),
        ('tag:"not closed', "tag", "x", 'tag:"not closed tag:x'),
    ],
)
def test_a_value_is_written_into_the_query_and_taken_out_again(
    query: str, field: str, value: str, expected: str
) -> None:
    assert toggled(query, field, value) == expected


def test_switching_twice_gives_the_query_back() -> None:
    for query in ("", "dragon", "voice:x OR voice:y dragon", '"a b" -c'):
        assert toggled(toggled(query, "lang", "de"), "lang", "de") == query


def test_negations_groups_and_phrases_are_not_switched_on() -> None:
    assert chosen('-tag:a (tag:b) "tag:c" x:y tag:D not:tag:e') == {("x", "y"), ("tag", "d")}


def test_values_of_a_section_are_counted_beside_each_other() -> None:
    identity, tag = SECTIONS[0], next(section for section in SECTIONS if section.fields == ("tag",))

    assert open_for("voice:a OR user:b tag:x dragon", identity) == "tag:x dragon"
    assert open_for("voice:a tag:x", tag) == "voice:a tag:x"


async def test_wide_screens_show_facets_and_small_ones_open_them_by_a_key() -> None:
    async with driven(GeneratedManager().as_manager, size=LARGE) as driver:
        await driver.until_text("▾ Identity", "○ Aria", "500,000", "▾ Tag")
    async with driven(GeneratedManager().as_manager, size=SMALL) as driver:
        assert "Identity" not in driver.text
        await driver.press("f")
        await driver.until_text("▾ Identity", "○ Aria")
        await driver.press("escape")

        await driver.until_gone("▾ Identity")
        assert driver.table.has_focus


@SIZES
async def test_space_switches_a_value_which_stands_in_the_search_box(size: tuple[int, int]) -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("f")
        await driver.until_text("○ Aria", "▾ Tag")
        await driver.press("down", "space")
        await driver.until(lambda: driver.box.value == "voice:Aria", "the query")
        await driver.until_text("● Aria")
        await driver.until(lambda: ("", "voice") in manager.counted, "other voices beside it")
        await driver.press("down", "space")
        await driver.until(lambda: driver.box.value == "voice:Aria OR voice:Nova", "both")
        await driver.press("up", "space", "down", "space")

        await driver.until(lambda: driver.box.value == "", "neither")
        assert is_chosen("voice:Aria", "voice", "ARIA")


async def test_keys_right_behind_the_one_that_opens_facets_are_for_them() -> None:
    async with driven(GeneratedManager().as_manager, size=LARGE) as driver:
        await driver.until_text("○ Aria")
        driver.burst("f", "pagedown", "pageup", "down", "space")

        await driver.until(lambda: driver.box.value == "voice:Aria", "the query")
        assert driver.table.cursor == 0


async def test_keys_right_behind_it_move_nothing_where_facets_are_not_shown_yet() -> None:
    async with driven(GeneratedManager().as_manager, size=SMALL) as driver:
        driver.burst("f", "down", "d", "e", "m")

        await driver.until_text("○ demo")
        assert driver.table.cursor == 0


async def test_the_key_of_facets_is_a_letter_in_a_text_field() -> None:
    async with driven(GeneratedManager().as_manager, size=LARGE) as driver:
        await driver.press("slash", "f")

        assert driver.box.value == "f"


async def test_typing_filters_values_and_esc_clears_the_filter_first() -> None:
    async with driven(GeneratedManager().as_manager, size=LARGE) as driver:
        await driver.press("f", *"dem")
        await driver.until_gone("○ Aria")
        await driver.until_text("○ demo")
        await driver.press("escape")
        await driver.until_text("▾ Identity")
        await driver.press("escape")

        assert driver.table.has_focus


async def test_a_section_is_folded_and_then_not_counted() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager, size=LARGE) as driver:
        await driver.press("f")
        await driver.until_text("○ Aria", "▾ State")
        await driver.press("up", "up", "enter")
        await driver.until_text("▸ Identity")
        manager.counted.clear()
        await driver.press("escape", "slash", "7")
        await driver.until(lambda: ("7", "state") in manager.counted, "the last section")

        assert ("7", "voice") not in manager.counted


async def test_a_filter_that_somebody_typed_is_switched_on_too() -> None:
    async with driven(GeneratedManager().as_manager, size=LARGE, query="tag:demo lang:xx") as driver:
        await driver.until_text("● demo", "● xx")
