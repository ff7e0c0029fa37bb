"""Keys that are typed before the dialog is there that they are for: none of them acts on the screen below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.tui.driving import driven

if TYPE_CHECKING:
    from audiotui import AudioManager


async def test_a_title_typed_right_after_its_key_is_a_title_and_no_command(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  The end")
        driver.burst("r", *" dd", "enter")
        await driver.until_text("▸  The end dd")

        assert manager.count("") == 12


async def test_tags_typed_right_after_their_key_are_tags_and_the_next_key_a_command(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  The end")
        driver.burst("t", *"dad", "enter")
        await driver.until_text("1 recording tagged +dad")
        driver.burst("j", "d")
        await driver.until_text("1 recording in the trash")

        assert manager.count("") == 11
        assert manager.count("tag:dad") == 1


async def test_letters_typed_right_after_a_key_that_opens_a_form_go_into_its_first_field(
    manager: AudioManager,
) -> None:
    async with driven(manager) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria")
        driver.burst("e", *"-d")
        await driver.until_text("1 change not saved: model")

        assert [identity.label for identity in manager.list_identities("ai")] == ["Aria"]


async def test_letters_typed_right_after_the_choice_of_a_kind_go_into_the_form_that_it_opens(
    manager: AudioManager,
) -> None:
    async with driven(manager) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria")
        driver.burst("n", "a", *"add")
        await driver.until_text("New AI voice", "1 change not saved: model")

        assert driver.app.screen.query_one("#field-model", Input).value == "add"
        assert [identity.label for identity in manager.list_identities("ai")] == ["Aria"]


async def test_letters_typed_right_after_a_kind_of_location_go_into_its_form(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("4")
        await driver.until_text("▸   local")
        driver.burst("n", "down", "enter", *"nd")
        await driver.until_text("1 change not saved: name")

        assert driver.app.screen.query_one("#field-name", Input).value == "nd"


async def test_a_choice_that_is_left_gives_the_keys_back_to_the_screen(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria")
        driver.burst("n", "escape")
        await driver.until_gone("Register")
        await driver.press("1")

        await driver.until_text("▸  The end")


async def test_a_name_typed_with_enter_behind_it_is_the_one_that_is_meant(manager: AudioManager) -> None:
    manager.register_ai_identity("tts-9", "Zoe")
    async with driven(manager) as driver:
        await driver.until_text("▸  The end")
        driver.burst("m", *"zoe", "enter")
        await driver.until_text("1 recording now of")

        assert manager.count("voice:Zoe") == 1


async def test_letters_typed_right_after_the_key_for_all_keys_filter_them(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  The end")
        driver.burst("?", *"dd")
        await driver.until_text("Add and remove tags")

        assert manager.count("") == 12


async def test_a_dialog_that_does_not_come_takes_what_was_typed_for_it_along(manager: AudioManager) -> None:
    async with driven(manager, query="nothing is called so") as driver:
        await driver.until_text("Nothing found.")
        driver.burst("r", "2", "2")
        await driver.until_still()
        await driver.press("escape")
        await driver.until_text("12  newest first", "[1 Library]")


@pytest.mark.parametrize(
    ("keys", "opened", "again"),
    [
        (["y"], "its id", ["i", "i", "i"]),
        (["D"], "Delete for good?", ["escape", "escape"]),
        (["s"], "letter or enter", ["escape", "escape"]),
        (["question_mark"], "type to filter", ["escape", "escape"]),
    ],
)
async def test_a_key_that_ends_a_dialog_and_is_pressed_twice_ends_nothing_else(
    manager: AudioManager, keys: list[str], opened: str, again: list[str]
) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  The end")
        await driver.press(*keys)
        await driver.until_text(opened)
        driver.burst(*again)
        await driver.until_gone(opened)

        await driver.press("2")
        await driver.until_text("▸ Aria")
