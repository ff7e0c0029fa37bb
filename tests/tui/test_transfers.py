"""The Transfers mode: live bars, failures with their reasons, and steering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audiotui.transfer.jobs import ItemState, JobState
from tests.tui.driving import LARGE, SMALL, driven
from tests.tui.generated import GeneratedManager, item, job

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


@pytest.fixture
def manager() -> GeneratedManager:
    """One job that runs, with a file under way and a failed one, and one that is over."""
    manager = GeneratedManager(size=500)
    manager.jobs = [
        job("j1", failed_items=1),
        job("j0", JobState.DONE, title="Pull 3 recordings", done_items=1204, done_bytes=4_000_000_000),
    ]
    manager.files["j1"] = [
        item(1, ItemState.ACTIVE, done_bytes=500_000),
        item(2, ItemState.FAILED, error="archive is full: no space left on device.", hint="Make room, then press R."),
        item(3, ItemState.DONE, done_bytes=2_000_000),
    ]
    return manager


@SIZES
async def test_jobs_and_files_have_live_bars_and_failures_their_reason(
    manager: GeneratedManager, size: tuple[int, int]
) -> None:
    async with driven(manager.as_manager, size=size) as driver:
        await driver.until_text("⇅ 1 50%")
        await driver.press("3")
        await driver.until_text("1 job running   50%", "10.0 MB/s   3m 20s", "take-1.flac", "25%", "1 failed")
        await driver.until_text("archive is full: no space left on device. Make room, then press R.")
        manager.jobs = [replace(manager.jobs[0], done_bytes=3_000_000_000), manager.jobs[1]]
        manager.files["j1"][0] = item(1, ItemState.ACTIVE, done_bytes=1_500_000)

        await driver.until_text("1 job running   75%", "75%", "⇅ 1 75%")


async def test_without_jobs_it_says_how_to_begin() -> None:
    async with driven(GeneratedManager(size=5).as_manager) as driver:
        await driver.press("w")

        await driver.until_text("Nothing has been moved yet.", "Nothing is running.")


async def test_the_files_are_those_of_the_job_under_the_cursor(manager: GeneratedManager) -> None:
    manager.files["j0"] = [item(9, ItemState.SKIPPED)]
    async with driven(manager.as_manager) as driver:
        await driver.press("3", "j")
        await driver.until_text("↷ take-9.flac")
        await driver.press("k")

        await driver.until_text("▶ take-1.flac")


async def test_the_cursor_stays_on_its_job_when_another_comes(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.press("3", "G")
        await driver.until_text("▸ ✓ ↑ Pull 3 recordings")
        manager.jobs = [job("j2", JobState.QUEUED, title="Push it all"), *manager.jobs]

        await driver.until_text("Push it all", "▸ ✓ ↑ Pull 3 recordings")


async def test_jobs_are_held_resumed_cancelled_and_tried_again(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.press("3")
        await driver.until_text("Push 1,204")
        await driver.press("H")
        await driver.until_text("held")
        await driver.press("H")
        await driver.until(lambda: ("resume", "j1") in manager.done, "the resume")
        await driver.press("x")
        await driver.until_text("cancelled")
        await driver.press("R")
        await driver.until(lambda: manager.done[-2:] == [("retry", "j1"), ("worker", None)], "the retry")

        assert manager.done == [
            ("hold", "j1"), ("resume", "j1"), ("worker", None), ("cancel", "j1"), ("retry", "j1"), ("worker", None),
        ]  # fmt: skip


async def test_the_end_of_a_job_is_told_wherever_the_person_is(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.until_text("⇅ 1 50%")
        failed = job("j1", JobState.FAILED, failed_items=2)
        manager.jobs = [failed, manager.jobs[1]]

        await driver.until_text("Push 1,204 recordings: 2 of 1,204 files failed.")


async def test_jobs_that_were_over_before_are_no_news(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.until_text("⇅ 1 50%")

        assert "Pull 3 recordings" not in driver.text


async def test_the_files_scroll_and_esc_leads_back_step_by_step(manager: GeneratedManager) -> None:
    manager.files["j1"] = [item(number, ItemState.WAITING) for number in range(1, 60)]
    async with driven(manager.as_manager) as driver:
        await driver.press("3")
        await driver.until_text("take-1.flac", "take-2.flac")
        await driver.press("tab", "G")
        await driver.until_text("take-59.flac")
        await driver.press("escape")
        assert driver.app.screen.query_one("JobTable").has_focus
        await driver.press("escape")

        await driver.until_text("[1 Library]")
