"""The list of keys and the palette: both are read from the bindings, so both know what works here."""

from __future__ import annotations

import pytest

from audiotui.tui.keys import Key, keys_of
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


@SIZES
async def test_enter_does_what_the_chosen_row_of_the_help_says(size: tuple[int, int]) -> None:
    manager = GeneratedManager(size=9)
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("question_mark", *"trash")
        await driver.until_text("▸d  Put into the trash")
        await driver.press("enter")

        await driver.until(lambda: manager.done == [("trash", [9])], "the trash")
        await driver.until(lambda: not driver.app.screen.is_modal, "the end of the help")


async def test_arrows_choose_a_row_of_the_help_through_both_columns_and_it_comes_into_sight() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.until_text("It has no audio file.")  # from then on it is known which keys work
        await driver.press("question_mark")
        await driver.until_text("▸", "Next recording")
        found = list(keys_of(driver.app.screen_stack[0]).values())
        place = next(place for place, key in enumerate(_in_order(found)) if key.what == "Go to the Library")
        await driver.press(*["down"] * place)
        await driver.until_text("Go to the Library")
        assert any("▸1" in line and "Library" in line for line in driver.text.splitlines())
        await driver.press("down", "down", "enter")

        await driver.until_text("[3 Transfers]")


async def test_a_dialog_chosen_from_the_help_opens() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("question_mark", *"choose the", "enter")

        await driver.until_text("Order", "letter or enter")
        await driver.press("escape", "j")
        await driver.until(lambda: driver.title == "Take 8", "the table")


async def test_keys_that_cannot_work_now_are_not_run_from_the_help() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.until_text("It has no audio file.")
        await driver.press("question_mark", *"(not now)")
        await driver.until_text("Play, or pause (not now)")
        await driver.press("enter", "escape")

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


@pytest.mark.parametrize("typed", ["into the tra", "trash"])
async def test_enter_does_what_was_typed_though_the_list_is_still_another_one(typed: str) -> None:
    manager = GeneratedManager(size=9)
    async with driven(manager.as_manager) as driver:
        await driver.press("colon")
        await driver.until_text("Put into the trash")

        driver.burst(*typed, "enter")

        await driver.until(lambda: manager.done == [("trash", [9])], "the trash")
        await driver.until_gone("Search for commands")


async def test_enter_waits_for_what_only_the_library_knows() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("colon")
        await driver.until_text("Put into the trash")

        driver.burst(*"aria", "enter")

        await driver.until_text("voice:Aria")
        await driver.until_gone("Search for commands")


async def test_enter_on_what_was_typed_and_taken_back_does_nothing() -> None:
    manager = GeneratedManager(size=9)
    async with driven(manager.as_manager) as driver:
        await driver.press("colon")
        await driver.until_text("Put into the trash")

        driver.burst(*"trash", *["backspace"] * 5, "enter")

        await driver.until_text("Search for commands", "Put into the trash")
        assert manager.done == []


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


def _in_order(keys: list[Key]) -> list[Key]:
    """As the help lists them: the left column, then the right one, without those that cannot work."""
    order = ["MOVE", "MARK", "FIND", "PLAY", "ACT", "APP"]
    return sorted((key for key in keys if key.works), key=lambda key: order.index(key.section))


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_the_app_is_left_without_a_question(key: str) -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press(key)

        await driver.until(lambda: driver.app.return_code == 0, "the end")


@SIZES
async def test_hints_of_a_mode_are_gone_while_a_dialog_is_in_front(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager(size=9).as_manager, size=size) as driver:
        await driver.until_text("d trash")
        await driver.press("s")
        await driver.until_text("letter or enter")
        await driver.until_gone("d trash")
        await driver.press("escape")

        await driver.until_text("d trash")


async def test_hints_of_what_changes_recordings_name_how_many_are_marked() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.press("space", "space")

        await driver.until_text("P push 2", "p pull 2", "e edit 2", "t tag 2", "d trash 2")


@SIZES
async def test_toasts_stand_below_a_dialog_and_never_over_it(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager(size=9).as_manager, size=size) as driver:
        driver.app.say("first of all")
        driver.app.say("second to none")
        await driver.until_text("first of all", "second to none")
        await driver.press("question_mark")
        await driver.until_text("type to filter", "first of all", "second to none")
        box, *toasts = [one.region for one in driver.app.screen.query(".box, Toast")]

        await driver.until(lambda: driver.text.count("first of all") == 1, "one of each")
        assert [toast for toast in toasts if toast.overlaps(box)] == []
        assert len(toasts) == 2
