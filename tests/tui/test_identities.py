"""The Identities mode: one list of voices and people, forms that are checked while they are filled in, merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from tests.tui.driving import LARGE, SIZES, Driver, driven
from tests.tui.small_library import make_small_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AudioManager]:
    with AudioManager(make_small_library(tmp_path), actor="app") as manager:
        manager.register_ai_identity("tts-1", "Bryn")
        yield manager


async def open_identities(driver: Driver) -> None:
    await driver.press("2")
    await driver.until_text("AI VOICES", "PEOPLE", "USED FOR")


async def fill(driver: Driver, field: str, text: str) -> None:
    """Type into a field of the form."""
    await driver.until(lambda: bool(driver.app.screen.query(f"#field-{field}")), f"the field {field}")
    widget = driver.app.screen.query_one(f"#field-{field}")
    widget.focus()
    await driver.press("end")
    driver.burst(*text[:-1])  # each press waits for the app to be idle, which takes 60 ms
    await driver.press(text[-1])


@SIZES
async def test_voices_and_people_are_in_one_list_with_their_numbers(
    manager: AudioManager, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await open_identities(driver)
        await driver.until_text("▸ Aria", "Bryn", "Maya Ortiz", "AI voice", "6 recordings, 00:00 of sound")
        await driver.press("G")

        await driver.until_text("▸ Maya Ortiz", "person", "Last name")


async def test_enter_shows_the_recordings_of_an_identity(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("enter")

        await driver.until_text("[1 Library]", 'voice:"Aria"', "6 of 12")


async def test_typing_filters_the_list(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("slash", *"may")
        await driver.until_gone("Bryn")
        await driver.press("escape")
        assert driver.app.screen.query_one("IdentityList").has_focus
        await driver.until_text("▸ Maya Ortiz")
        await driver.press("slash", "enter")
        assert driver.app.screen.query_one("IdentityList").has_focus
        await driver.press("escape")

        await driver.until_text("Bryn")


@SIZES
async def test_a_voice_is_registered_and_the_registration_undone(manager: AudioManager, size: tuple[int, int]) -> None:
    async with driven(manager, size=size) as driver:
        await open_identities(driver)
        await driver.press("n")
        await driver.until_text("an AI voice")
        await driver.press("a")
        await driver.until_text("New AI voice", "1 problem")
        await driver.press("ctrl+s")
        await driver.until_text("A voice needs a model.")
        await fill(driver, "model", "tts-2")
        await fill(driver, "voice", "Nova")
        await driver.until_gone("A voice needs a model.")
        await driver.press("ctrl+s")
        await driver.until_text("▸ Nova", "tts-2")
        assert [one.label for one in manager.list_identities("ai")] == ["Aria", "Bryn", "Nova"]
        await driver.press("u")
        await driver.until_gone("▸ Nova")

        assert [one.label for one in manager.list_identities("ai")] == ["Aria", "Bryn"]


async def test_a_form_says_what_is_wrong_while_it_is_typed(manager: AudioManager) -> None:
    async with driven(manager, size=LARGE) as driver:
        await open_identities(driver)
        await driver.press("e")
        await driver.until_text("Edit Aria")
        await fill(driver, "settings", "{1")
        await driver.until_text("This is no JSON", "1 change not saved: settings")
        await driver.press("ctrl+s")
        assert driver.app.screen.query_one("#field-settings").has_focus
        assert manager.list_identities("ai")[0].settings == {}

        await driver.until_text("1 problem")


async def test_an_edit_is_saved_and_undone(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("e")
        await fill(driver, "version", "2.1")
        await driver.press("ctrl+s")
        await driver.until_text("saved; u undoes", "2.1")
        await driver.press("u")
        await driver.until_gone("Version       2.1")
        assert [getattr(one, "version", None) for one in manager.list_identities("ai")] == ["", ""]
        await driver.press("ctrl+r")

        await driver.until_text("Version       2.1")


async def test_a_duplicate_must_differ_before_it_can_be_saved(manager: AudioManager) -> None:
    async with driven(manager, size=LARGE) as driver:
        await open_identities(driver)
        await driver.press("y")
        await driver.until_text("New AI voice like Aria", "is the same already")
        await fill(driver, "voice", "-2")
        await driver.until_gone("is the same already")
        await driver.press("ctrl+s")
        await driver.until_text("▸ Aria-2")

        assert [one.label for one in manager.list_identities("ai")] == ["Aria", "Aria-2", "Bryn"]


async def test_leaving_a_changed_form_asks_first(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("e")
        await fill(driver, "notes", "soft")
        await driver.press("escape")
        await driver.until_text("Leave the form?", "1 change not saved: notes.")
        await driver.press("enter")
        await driver.until_gone("Leave the form?")
        assert "Edit Aria" in driver.text
        await driver.press("escape")
        await driver.until_text("Leave the form?")
        await driver.press("y")
        await driver.until_gone("Edit Aria")

        assert manager.list_identities("ai")[0].notes == ""


@SIZES
async def test_a_merge_shows_what_moves_and_can_be_undone(manager: AudioManager, size: tuple[int, int]) -> None:
    async with driven(manager, size=size) as driver:
        await open_identities(driver)
        await driver.press("M")
        await driver.until_text("Merge Aria into", "▸ Bryn", "6 recordings get the identity Bryn", "“Aria” goes")
        await driver.press("enter")
        await driver.until_text("6 recordings moved; u brings Aria back", "▸ Bryn")
        assert [one.label for one in manager.list_identities("ai")] == ["Bryn"]
        await driver.press("u")
        await driver.until_text("Aria  ")

        assert {one.label: one.recording_count for one in manager.list_identities("ai")} == {"Aria": 6, "Bryn": 0}


async def test_what_is_in_use_is_not_deleted_and_the_ways_out_are_named(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("d")
        await driver.until_text("Still in use", "6 recordings use it", "Merge into…", "Show recordings")
        await driver.press("y")
        await driver.until_text("Merge Aria into")
        await driver.press("escape", "d")
        await driver.until_text("Still in use")
        await driver.press("tab", "tab", "enter")

        await driver.until_text("[1 Library]", "6 of 12")


async def test_what_nothing_uses_is_deleted_and_comes_back(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("j")
        await driver.until_text("▸ Bryn")
        await driver.press("d")
        await driver.until_text("Bryn is gone; u brings it back")
        await driver.press("u")

        await driver.until_text("Bryn   ")


async def test_an_empty_library_says_how_to_begin(tmp_path: Path) -> None:
    from tests.tui.small_library import write_config

    with AudioManager(write_config(tmp_path)) as manager:
        async with driven(manager) as driver:
            await driver.press("2")
            await driver.until_text("Nobody is registered yet.")
            await driver.press("n", "p")
            await driver.until_text("New person", "1 problem")
            await fill(driver, "first_name", "Maya")
            await driver.press("ctrl+s")

            await driver.until_text("▸ Maya", "PEOPLE")


async def test_a_sample_of_an_identity_is_heard(manager: AudioManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOTUI_PLAYER", "silent")
    manager.reload_config()
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("space")
        await driver.until(lambda: driver.app.listening.take is not None, "the sample")
        assert driver.app.listening.take is not None
        assert driver.app.listening.take.label == "The end"
        await driver.press("j", "space")

        await driver.until_text("nothing of Bryn can be heard on this disk")


async def test_where_nothing_can_be_heard_the_screen_says_why(
    manager: AudioManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOTUI_PLAYER", "none")
    manager.reload_config()
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("space")

        await driver.until(lambda: bool(driver.app.listening.why_silent), "the reason")
        await driver.until_text(f"\n {driver.app.listening.why_silent}")


async def test_what_is_not_saved_is_called_as_the_form_calls_it(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await open_identities(driver)
        await driver.press("G", "e")
        await fill(driver, "first_name", "Mayra")

        await driver.until_text("1 change not saved: first name")
