"""Marking among a million generated recordings: every one that was meant, on the screen or not, and no other."""

from __future__ import annotations

from tests.tui.driving import SIZES, driven
from tests.tui.generated import MILLION, GeneratedManager, ids_of


@SIZES
async def test_marks_survive_another_search_and_are_cleared_only_by_capital_a(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager().as_manager, size=size) as driver:
        await driver.press("space", "space")
        await driver.type("nothing")
        await driver.until_text("Nothing found", "✓ 2 marked")
        await driver.press("escape", "escape")
        await driver.until_text("✓ Take 1000000", "✓ Take 999999", "✓ 2 marked")
        await driver.press("A")

        await driver.until_gone("✓")
        assert len(driver.table.marks) == 0


async def test_mark_and_unmark_moves_on() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("space", "space", "k", "space")

        assert set(driver.table.marks) == {MILLION}
        assert driver.title == "Take 999998"


async def test_a_row_that_is_still_being_fetched_is_marked_by_a_key_pressed_at_once() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        driver.burst("G", "space")
        await driver.until_text("✓ 1 marked")
        assert set(driver.table.marks) == {1}
        driver.burst("g", "G", "space")

        await driver.until_gone("✓ 1 marked")


async def test_a_million_are_marked_by_one_key_and_inverted_by_another() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("a")
        await driver.until_text("✓ 1,000,000 marked")
        await driver.type("100")
        await driver.until_text("10,000 of 1,000,000")
        await driver.press("enter", "asterisk")

        await driver.until_text("✓ 990,000 marked")
        assert set(driver.table.marks) == set(ids_of("1")) - set(ids_of("100"))


async def test_mark_all_means_what_the_query_finds() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.type("1000")
        await driver.press("enter", "a")

        await driver.until_text("✓ 1,000 marked")
        assert set(driver.table.marks) == set(ids_of("1000"))


async def test_an_act_waits_for_marks_that_were_asked_for_before_it() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        await driver.press("a", "d")

        await driver.until(lambda: bool(manager.done), "the act")
        assert [(name, len(ids)) for name, ids in manager.done] == [("trash", MILLION)]


async def test_an_act_waits_for_the_mark_of_a_row_that_is_still_being_fetched() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        driver.burst("G", "k", "space", "d")

        await driver.until(lambda: bool(manager.trash), "the trash")
        assert manager.trash == {2}


async def test_a_range_marks_rows_that_were_never_on_the_screen() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.until_text("1,000,000  newest")
        await driver.press("v", "G")
        await driver.until_text("range: move, then v or space marks it")
        await driver.press("v")

        await driver.until_text("✓ 1,000,000 marked")


async def test_a_range_can_be_left_and_then_marks_nothing() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("v", "j", "j")
        await driver.until_text("+ Take 1000000", "▸+ Take 999998")
        await driver.press("escape")

        await driver.until_gone("+ Take")
        assert len(driver.table.marks) == 0


async def test_shift_and_an_arrow_mark_on_the_way() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("shift+down", "shift+down")

        await driver.until_text("✓ 3 marked")
        assert set(driver.table.marks) == {MILLION, MILLION - 1, MILLION - 2}


async def test_what_is_put_into_the_trash_is_not_marked_any_more() -> None:
    manager = GeneratedManager()
    async with driven(manager.as_manager) as driver:
        await driver.press("space", "space", "d")
        await driver.until_text("2 recordings in the trash; u takes them back")

        assert manager.done == [("trash", [MILLION - 1, MILLION])]
        assert len(driver.table.marks) == 0


async def test_as_many_other_marks_have_a_size_of_their_own() -> None:
    async with driven(GeneratedManager(size=2).as_manager) as driver:
        await driver.press("space")
        await driver.until_text("✓ 1 marked, 2.0 kB")
        await driver.press("asterisk")

        await driver.until_text("✓ 1 marked, 1.0 kB")


async def test_the_status_line_says_how_many_are_marked_and_how_big_they_are() -> None:
    async with driven(GeneratedManager().as_manager) as driver:
        await driver.press("space", "space")
        await driver.until_text("✓ 2 marked, 2.0 MB")
        await driver.press("a")

        await driver.until_text("✓ 1,000,000 marked, 1.5 TB")
