"""Marks follow their recordings into the trash and out of it, on a real library."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from audiotui import AudioManager
from tests.tui.driving import driven

if TYPE_CHECKING:
    from pathlib import Path


async def test_what_comes_back_from_the_trash_is_marked_again_and_not_after_redo(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space", "space", "d")
        await driver.until_text("3 recordings in the trash; u takes them back")
        await driver.until_gone("marked")
        await driver.press("u")
        await driver.until_text("✓ 3 marked", "12  newest first")
        await driver.press("ctrl+r")
        await driver.until_text("9  newest first")
        await driver.until_gone("✓ 3 marked")
        await driver.press("u")
        await driver.until_text("✓ 3 marked")
        await driver.press("d")
        await driver.until(lambda: manager.count() == 9, "the three in the trash")

        assert {row.title for row in manager.list_trash()} == {"The end", "Mind the gap", "One more time"}


async def test_a_search_for_what_is_marked_finds_what_came_back_from_the_trash(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space")
        await driver.type("is:marked")
        await driver.until_text("2 of 12")
        await driver.press("enter", "d")
        await driver.until_text("Nothing found.")
        await driver.press("u")

        await driver.until_text("✓ 2 marked", "2 of 12", "Mind the gap")


async def test_what_was_unmarked_meanwhile_stays_so_when_it_comes_back(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space", "d")
        await driver.until_text("2 recordings in the trash")
        await driver.press("space")
        await driver.until_text("✓ 1 marked")
        await driver.press("A", "u")
        await driver.until_text("12  newest first")
        await driver.until_still()

        assert list(driver.table.marks) == []


async def test_what_is_purged_by_another_program_does_not_come_back_as_a_mark(
    manager: AudioManager, config: Path
) -> None:
    manager.push_recordings("", "archive")
    async with driven(manager) as driver:
        await driver.press("space", "space", "d")
        await driver.until_text("2 recordings in the trash")
        with AudioManager(config, actor="cli") as other:
            uids = [row.uid for row in other.list_trash()]
            await asyncio.to_thread(other.delete_recordings, uids[:1], purge=True)
        await driver.press("u")

        await driver.until_text("✓ 1 marked")


async def test_what_another_program_puts_into_the_trash_is_not_marked_until_it_comes_back(
    manager: AudioManager, config: Path
) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space", "space")
        await driver.until_text("✓ 3 marked")
        with AudioManager(config, actor="cli") as other:
            await asyncio.to_thread(other.delete_recordings, "end")
            await driver.until_text("✓ 2 marked")
            await asyncio.to_thread(other.undo)

        await driver.until_text("✓ 3 marked")


async def test_what_a_review_puts_into_the_trash_is_not_marked_any_more(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space", "space", "L")
        await driver.until_text("1 of 3   The end")
        await driver.press("d")
        await driver.until_text("1 of 2   Mind the gap")
        await driver.press("escape")

        await driver.until_text("✓ 2 marked")


async def test_what_a_review_put_into_the_trash_has_its_place_again_when_it_comes_back(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space", "space", "L")
        await driver.until_text("1 of 3   The end")
        await driver.press("n")
        await driver.until_text("2 of 3   Mind the gap")
        await driver.press("d")
        await driver.until_text("2 of 2   One more time")
        await driver.press("u")
        await driver.until_text("2 of 3   Mind the gap")
        await driver.press("ctrl+r")
        await driver.until_text("2 of 2   One more time")
        await driver.press("u")
        await driver.until_text("2 of 3   Mind the gap")
        await driver.press("escape")

        await driver.until_text("✓ 3 marked")
