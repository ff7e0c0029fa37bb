"""The list of keys and the palette: both are read from the bindings, so both know what works here."""

from __future__ import annotations

import pytest

from audiotui.tui.keys import keys_of
from tests.tui.driving import SIZES, driven
from tests.tui.generated import GeneratedManager


@SIZES
async def test_help_lists_keys_by_what_they_are_for_and_scrolls_to_the_search_words(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager(size=9).as_manager, size=size) as driver:
        await driver.press("question_mark")
        await driver.until_text("MOVE", "FIND", "Go to the search box")
        await driver.press(*["pagedown"] * 8)

        await driver.until_text("SEARCH WORDS", "lang: fmt: verdict:")


async def test_typing_filters_the_keys_and_q_is_a_letter_there() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("f1", *"qu")
        await driver.until_gone("Copy to another location")
        assert "lang:" not in driver.text
        await driver.press("backspace", "backspace", *"trash")
        await driver.until_text("d  Put into the trash")
        assert "Search again" not in driver.text
        await driver.press("escape")

        await driver.until_gone("type to filter")
        assert driver.app.return_code is None


async def test_help_opens_over_the_search_box_by_f1() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("slash", "f1")
        await driver.until_text("Take the suggestion")
        await driver.press("f1", "escape")

        await driver.until_gone("Take the suggestion")


async def test_help_of_transfers_lists_the_keys_of_transfers() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("3", "question_mark")

        await driver.until_text("Go to the Library")
        assert "Put into the trash" not in driver.text


async def test_the_palette_finds_an_act_and_does_it() -> None:
    manager = GeneratedManager(size=9)
    async with driven(manager.as_manager) as driver:
        await driver.press("colon")
        await driver.until_text("Put into the trash")
        await driver.press(*"into the tra")
        await driver.until(lambda: "Undo the last" not in driver.text, "the filter")
        await driver.press("enter")

        await driver.until(lambda: manager.done == [("trash", [9])], "the trash")


async def test_the_palette_finds_an_act_by_the_word_that_hints_call_it() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("colon")
        await driver.until_text("Put into the trash")
        driver.burst(*"push")

        await driver.until_text("Copy to another location (push)   P")
        await driver.until_gone("Put into the trash")


async def test_the_palette_shows_the_key_of_each_command() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("ctrl+p")

        await driver.until_text("Undo the last change   u", "Edit, one or several   e")


async def test_every_key_of_a_mode_has_a_name_and_does_something_else_than_the_others() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        for mode in ("1", "3"):
            await driver.press(mode)
            await driver.until_text(f"[{mode} ")
            keys = keys_of(driver.app.screen)

            assert all(key.what and key.label for key in keys.values())
            assert len({key.what for key in keys.values()}) == len(keys)


async def test_keys_can_be_changed_and_help_and_hints_follow() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        driver.app.set_keymap({"lib.push": "U", "lib.trash": "delete"})
        await driver.press("space", "question_mark", *"location")

        await driver.until_text("U  Copy to another location")
        await driver.press("escape")
        await driver.until_text("U push 1", "del trash 1")


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_the_app_is_left_without_a_question(key: str) -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press(key)

        await driver.until(lambda: driver.app.return_code == 0, "the end")
