"""The Transfers mode: live bars, failures with their reasons, and steering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audiotui.transfer.jobs import ItemState, JobState
from audiotui.tui.job_words import Speeds, history
from tests.tui.driving import LARGE, SIZES, driven
from tests.tui.generated import GeneratedManager, item, job


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


@SIZES
async def test_a_job_that_waits_for_a_location_says_so_and_promises_no_end(
    manager: GeneratedManager, size: tuple[int, int]
) -> None:
    manager.jobs = [job("j1", waits_for="archive"), *manager.jobs[1:]]
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("3")

        await driver.until_text("waiting for archive", "waits for archive", "archive does not answer: it is tried")
        assert "3m 20s" not in driver.text


@SIZES
async def test_jobs_that_a_restart_left_lying_are_told_and_a_key_lets_them_go_on(size: tuple[int, int]) -> None:
    manager = GeneratedManager(size=5)
    manager.jobs = [job("j1", is_live=False, rate_bytes_s=None), job("j2", JobState.QUEUED)]
    async with driven(manager.as_manager, size=size) as driver:
        await driver.until_text("⇅ 2 wait", "2 jobs wait and nothing runs: 3, then R goes on.")
        await driver.press("3")
        await driver.until_text("2 jobs wait and nothing runs: R goes on.", "R go on")
        await driver.press("R")

        await driver.until(lambda: manager.done == [("retry", "j1"), ("worker", None)], "a worker")


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


async def test_the_files_of_the_first_job_of_all_have_their_whole_names() -> None:
    manager = GeneratedManager(size=500)
    manager.files["j1"] = [replace(item(1, ItemState.DONE), name="a-take-of-a-long-name.flac")]
    async with driven(manager.as_manager) as driver:
        await driver.press("3")
        await driver.until_text("Nothing has been moved yet.")
        manager.jobs = [job("j1")]

        await driver.until_text("a-take-of-a-long-name.flac")


async def test_the_cursor_stays_on_its_job_when_another_comes(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.press("3", "G")
        await driver.until_text("▸  ✓ ↑ Pull 3 recordings")
        manager.jobs = [job("j2", JobState.QUEUED, title="Push it all"), *manager.jobs]

        await driver.until_text("Push it all", "▸  ✓ ↑ Pull 3 recordings")


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


STEERING = "H hold", "x cancel", "K earlier", "J later"


async def test_keys_are_offered_that_do_something_to_the_job_under_the_cursor(manager: GeneratedManager) -> None:
    manager.jobs.append(job("j9", JobState.CANCELLED, title="Push some"))
    async with driven(manager.as_manager, size=LARGE) as driver:
        await driver.press("3")
        await driver.until_text("R retry failed", "c clear done", *STEERING)
        await driver.press("j")
        await driver.until_gone("R retry failed")
        assert not any(words in driver.text for words in STEERING)
        await driver.press("j")
        await driver.until_text("R go on")
        assert not any(words in driver.text for words in STEERING)
        manager.jobs = [replace(manager.jobs[0], failed_items=0)]

        await driver.until_text(*STEERING)
        assert not any(words in driver.text for words in ("R retry", "R go on", "c clear done"))


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


@SIZES
async def test_marked_jobs_are_steered_together(manager: GeneratedManager, size: tuple[int, int]) -> None:
    manager.jobs = [job("j3"), job("j2"), job("j1")]
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("3")
        await driver.until_text("Push 1,204")
        await driver.press("space", "space")
        await driver.until_text("cancel 2")
        await driver.press("H")
        await driver.until(lambda: len(manager.done) == 2, "both held")

        assert manager.done == [("hold", "j3"), ("hold", "j2")]


async def test_jobs_are_put_in_another_order(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.press("3")
        await driver.until_text("Push 1,204")
        await driver.press("J", "K")
        await driver.until(lambda: len(manager.done) == 2, "both moves")

        assert manager.done == [("move", ("j1", False)), ("move", ("j1", True))]


async def test_plus_and_minus_double_and_halve_what_moves_at_a_time(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.press("3")
        await driver.until_text("any number at a time")
        await driver.press("plus")
        await driver.until_text("16 at a time")
        await driver.press("minus", "minus")

        await driver.until_text("4 at a time")


@SIZES
async def test_limits_are_asked_for_and_checked(manager: GeneratedManager, size: tuple[int, int]) -> None:
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("3")
        await driver.until_text("any number at a time")
        await driver.press("L")
        await driver.until_text("Limits of Push 1,204")
        await driver.press("9", "9", "tab", *"2.5M", "enter")
        await driver.until_text("Give a number from 1 to 64")
        await driver.press("shift+tab", "backspace", "enter")

        await driver.until_text("9 at a time, at most 2.5 MB/s")


async def test_what_is_over_is_cleared(manager: GeneratedManager) -> None:
    async with driven(manager.as_manager) as driver:
        await driver.press("3")
        await driver.until_text("Pull 3 recordings")
        await driver.press("c")
        await driver.until_gone("Pull 3 recordings")

        await driver.until_text("1 job cleared", "Push 1,204")


async def test_a_reason_that_many_files_share_is_said_once_at_the_top(manager: GeneratedManager) -> None:
    manager.files["j1"] = [
        item(n, ItemState.FAILED, error=f"take-{n}.flac: archive is full.", hint="Make room there.") for n in (1, 2, 3)
    ]
    async with driven(manager.as_manager, size=LARGE) as driver:
        await driver.press("3")

        await driver.until_text("✗ 3 files: …: archive is full. Make room there.")


async def test_the_log_of_the_worker_is_shown_harmlessly(manager: GeneratedManager) -> None:
    manager.log = ["2026-05-17 12:00 INFO job j1 starts", "2026-05-17 12:01 ERROR \x1b]0;owned\x07 [/] is full"]
    async with driven(manager.as_manager) as driver:
        await driver.press("3", "l")

        await driver.until_text("Log of the worker", "job j1 starts", "␛]0;owned␇ [/] is full")


def test_the_speed_of_a_file_is_told_after_a_second() -> None:
    speeds = Speeds()
    first = item(1, ItemState.ACTIVE, done_bytes=0)
    speeds.look([first], 0)
    assert speeds.of(first) is None
    speeds.look([item(1, ItemState.ACTIVE, done_bytes=400_000)], 500)
    assert speeds.of(first) is None

    speeds.look([item(1, ItemState.ACTIVE, done_bytes=1_000_000)], 1_000)

    assert speeds.of(first) == 1_000_000


def test_past_speeds_are_bars_of_which_the_highest_is_full() -> None:
    assert history([0, 1, 2, 4, 8], 10) == " ▁▂▄█"
    assert history([1, 2], 10) == ""
    assert history([0.0] * 9, 10) == ""
