"""Looking around in a million generated recordings: what is searched, where the cursor is, what the panes show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import CatalogDamaged
from audiotui.text import format_count
from audiotui.tui.screens.library import LibraryScreen
from tests.tui.driving import LARGE, SIZES, driven
from tests.tui.generated import MILLION, GeneratedManager
from tests.tui.small_library import make_small_library

if TYPE_CHECKING:
    from pathlib import Path


@SIZES
async def test_it_opens_with_the_newest_recordings_and_their_number(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager().as_manager, size=size) as driver:
        await driver.until_text("1,000,000  newest first", "Take 1000000", "Take 999990", "the text of take 1000000")

        assert driver.title == "Take 1000000"
        assert driver.table.has_focus


@SIZES
async def test_every_key_in_the_search_box_searches(size: tuple[int, int]) -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager, size=size) as driver:
        await driver.type("70")
        await driver.until_text("14,285 of 1,000,000", "Take 999950")

        assert manager.searches == ["", "7", "70"]
        assert driver.title == "Take 999950"


async def test_it_can_open_with_a_query() -> None:
    async with driven(GeneratedManager().as_manager, query="1000") as driver:
        await driver.until_text("/ 1000", "1,000  newest first", "Take 999000")


async def test_enter_leads_to_the_list_and_keeps_the_query_and_a_slash_leads_back() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("7")
        await driver.press("enter", "j")
        await driver.until(lambda: driver.title == "Take 999992", "the second row")
        await driver.press("slash", "0")

        await driver.until_text("14,285 of 1,000,000")
        assert driver.box.value == "70"


async def test_letters_typed_right_after_a_slash_are_no_commands() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press(*"/dAa/?q")

        await driver.until(lambda: driver.box.value == "dAa/?q", "the query")
        assert len(driver.table.marks) == 0


async def test_what_was_not_understood_is_said_in_one_line() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("[red]odd")

        await driver.until_text("“[red]odd” is searched as text")


async def test_a_search_without_hits_says_so_and_esc_clears_it() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("nothing")
        await driver.until_text("Nothing found. esc clears the search.", "0 of 1,000,000")
        await driver.press("escape", "escape")

        await driver.until_text("Take 1000000")
        assert driver.box.value == ""


async def test_a_suggestion_is_shown_and_tab_takes_it() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("voi")
        await driver.until(lambda: driver.box.offer == "voice:Aria", "the offer")
        await driver.until_text("voice:Aria")
        await driver.press("tab")

        assert driver.box.value == "voice:Aria"
        assert driver.box.has_focus


async def test_a_suggestion_that_is_no_longer_form_of_the_query_stands_in_the_status_line() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("voice:M")

        await driver.until_text('tab   voice:"Maya Ortiz"')


async def test_esc_leaves_the_search_box_then_the_range_then_the_query_one_at_a_time() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("10")
        await driver.press("escape")
        assert (driver.table.has_focus, driver.box.value) == (True, "10")
        await driver.press("v", "escape")
        assert (driver.table.in_range, driver.box.value) == (False, "10")
        await driver.press("escape")

        assert driver.box.value == ""


async def test_the_detail_follows_the_cursor() -> None:
    async with driven(GeneratedManager().as_manager, size=LARGE) as driver:
        await driver.press("j", "j", "j")

        await driver.until(lambda: "the text of take 999997" in driver.detail.plain, "the detail")


async def test_tab_opens_the_detail_on_a_small_screen_and_esc_closes_it() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.until_text("the text of take 1000000")
        assert "session  monday" not in driver.text
        await driver.press("tab")
        await driver.until_text("session  monday", "▸  Take 1000000")
        await driver.press("G")
        await driver.until_text("seed: 7")
        await driver.press("escape")

        await driver.until_gone("seed: 7")
        assert driver.table.has_focus


async def test_the_order_is_chosen_by_its_letter() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("j", "s")
        await driver.until_text("Order", "oldest first")
        await driver.press("o")

        await driver.until_text("1,000,000  oldest first")
        assert driver.title == "Take 999999", "the cursor stays on its recording"


async def test_the_order_list_takes_arrows_and_vim_keys_and_q_leaves_it() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("s", "j", "k", "down", "enter")
        await driver.until_text("1,000,000  oldest first")
        await driver.press("s")
        await driver.until_text("shortest first")
        await driver.press("q")

        await driver.until_gone("shortest first")
        assert driver.app.return_code is None


async def test_the_cursor_stays_on_its_recording_and_its_line_when_others_come() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        await driver.press("G")
        await driver.until(lambda: driver.title == "Take 1", "the last row")
        await driver.press(*["k"] * 5)
        lines_before = driver.text.splitlines()
        manager.size += 3
        manager.version += 1

        await driver.until_text(format_count(MILLION + 3))
        assert driver.title == "Take 6"
        assert driver.text.splitlines()[2:18] == lines_before[2:18]


async def test_a_cursor_that_moves_while_rows_are_read_again_is_not_thrown_back() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        driver.burst("R", "j", "j", "j")
        await driver.until_still()

        assert driver.title == "Take 999997"
        assert driver.detail.plain.startswith("Take 999997")


async def test_the_cursor_goes_to_the_neighbour_when_its_recording_is_gone() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        manager.size -= 1
        manager.version += 1

        await driver.until_text("999,999  newest")
        assert driver.title == "Take 999999"


async def test_a_long_list_is_not_read_again_between_keys_but_some_time_it_is() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        library = driver.app.screen
        assert isinstance(library, LibraryScreen)
        await driver.press("j")
        manager.size -= 1
        library._catch_up(1)
        await driver.pilot.pause()
        before = driver.text
        library._catch_up(0)

        await driver.until_text("999,999  newest")
        assert "1,000,000  newest" in before


async def test_a_key_right_behind_a_move_plays_what_is_under_the_cursor_by_then() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        library = driver.app.screen
        assert isinstance(library, LibraryScreen)
        driver.table.action_move(5)

        recording = library.recording_to_play()
        assert recording is not None
        assert recording.title == driver.title == "Take 999995"


async def test_an_empty_library_says_what_to_do_and_shows_what_is_added() -> None:
    manager = GeneratedManager(size=0)
    async with driven(manager.as_manager) as driver:
        await driver.until_text("This library is empty.", "import a folder of recordings")
        await driver.press("space", "v", "j", "P", "d", "a", "G")
        manager.size = 2
        manager.version += 1

        await driver.until_text("Take 2", "Take 1")
        await driver.until(lambda: driver.table.has_focus, "the focus")


async def test_a_catalog_that_cannot_be_read_is_a_message_and_not_the_end() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        manager.unreadable = CatalogDamaged("The catalog is damaged: [/] malformed.", "Restore a backup.")
        await driver.type("7")
        await driver.until_text("The catalog is damaged: [/] malformed.")
        manager.unreadable = None
        await driver.press("enter", "R")

        await driver.until_text("142,857")


@pytest.mark.parametrize("keys", [["pagedown"], ["ctrl+d"], ["G", "pageup"], ["G", "ctrl+u"], ["end", "home", "down"]])
async def test_moving_far_shows_rows_and_never_leaves_the_table(keys: list[str]) -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.until_text("1,000,000  newest")
        await driver.press(*keys)

        await driver.until(lambda: f"▸  {driver.title} " in driver.text, "the cursor's row")


async def test_it_can_be_resized_down_to_nothing_and_back() -> None:
    async with driven(GeneratedManager().as_manager, size=(200, 60)) as driver:
        await driver.until_text("VERDICT", "Take 999960")
        await driver.press("G", "k")
        await driver.until(lambda: driver.title == "Take 2", "the end")
        for size, expected in (
            ((120, 40), "the text of take 2"),
            ((80, 24), "AGE"),
            ((60, 16), "▸  Take 2"),
            ((50, 12), " 1,000,000\n"),
            ((45, 11), "audiotui needs at least 50 x 12 cells"),
            ((1, 1), ""),
            ((80, 24), "▸  Take 2"),
        ):
            await driver.pilot.resize_terminal(*size)
            await driver.until_text(expected)


@pytest.mark.matrix
@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "ansi-light", "nord"])
async def test_every_kind_of_theme_shows_all_screens(theme: str) -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        driver.app.theme = theme
        await driver.press("space", "v", "j")
        await driver.until_text("✓ Take 1000000", "+ Take 999999")
        await driver.press("escape", "3")
        await driver.until_text("Nothing has been moved yet.")
        await driver.press("1", "s")
        await driver.until_text("oldest first")


async def test_the_mouse_moves_the_cursor() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.pilot.click("RecordingTable", offset=(10, 4))

        assert driver.title == "Take 999997"


async def test_what_is_unwise_about_the_library_is_said_at_the_start() -> None:
    manager = GeneratedManager()
    manager.warnings = ("audiotui.yaml holds secrets [/] and others can read it.",)
    async with driven(manager.as_manager) as driver:
        await driver.until_text("holds secrets [/]")


async def test_the_id_under_the_cursor_is_copied() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("y")
        await driver.until_text("its id")
        await driver.press("i")

        await driver.until_text("copied 000f4240-0000-4000-8000-000000000000")
        assert driver.app.clipboard == "000f4240-0000-4000-8000-000000000000"


@SIZES
async def test_a_pane_is_zoomed_and_everything_comes_back(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager().as_manager, size=size) as driver:
        await driver.press("z")
        await driver.until_gone("the text of take 1000000")
        assert "Take 999990" in driver.text
        await driver.press("z")
        await driver.until_text("the text of take 1000000")
        driver.detail.focus()
        await driver.press("z")
        await driver.until_gone("Take 999990")
        await driver.until_text("verdict  keep", "TEXT", "session  monday")
        await driver.press("z")

        await driver.until_text("Take 999998")


async def test_the_detail_tells_for_each_place_what_lies_there(tmp_path: Path) -> None:
    with AudioManager(make_small_library(tmp_path), actor="app") as library:
        library.push_recordings("end", "archive")
        async with driven(library, size=LARGE) as driver:
            await driver.until_text("FILES AND COPIES", "L local", "A archive", "✓ 20")
            await driver.press("j")
            await driver.until_text("A archive  · not there")
