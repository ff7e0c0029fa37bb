"""How the dialogs look that ask, warn, and wait for something long, each in two sizes; see ``snapshotting.py``."""

from __future__ import annotations

import pytest

from audiotui.backends.hostkeys import KeyState
from audiotui.tui.editor_text import FieldChange
from audiotui.tui.modals.review import ReviewModal
from tests.tui.driving import SIZES, Driver, driven
from tests.tui.generated import job
from tests.tui.generated_acts import ActsManager
from tests.tui.snapshotting import assert_snapshot
from tests.tui.test_identities import fill

LOG = (
    "2026-05-17 11:58:02 INFO worker 4711: begins",
    "2026-05-17 11:58:02 INFO job j1: Push 1,204 recordings, local → archive",
    "2026-05-17 11:59:40 WARNING job j1: take-17.flac: archive does not answer; tried again in 4 s",
    "2026-05-17 11:59:58 ERROR job j1: take-1.flac: archive is full: no space left on device. Make room there [red].",
)

CHANGES = [
    FieldChange("Good morning [b]", "1" * 36, "title", "Good morning", "Good morning, all"),
    FieldChange("Good morning [b]", "1" * 36, "rating", None, 4),
    FieldChange(
        "末班车九点开往里斯本", "2" * 36, "text", "The last train to Lisbon leaves at nine.", "末班车九点开往里斯本"
    ),
]


async def in_locations(driver: Driver) -> None:
    await driver.press("4")
    await driver.until_text("✗ denied", "41 ms", "2 ms")


@SIZES
async def test_the_log_of_the_worker(size: tuple[int, int]) -> None:
    manager = ActsManager()
    manager.jobs, manager.log = [job("j1")], list(LOG)
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("3")
        await driver.until_text("Push 1,204 recordings")
        await driver.press("l")
        await driver.until_text("archive is full")

        await assert_snapshot("log", driver)


@SIZES
async def test_a_scan_under_way_and_its_end(size: tuple[int, int]) -> None:
    manager = ActsManager()
    async with driven(manager.as_manager, size=size) as driver:
        await in_locations(driver)
        await driver.press("S")
        await driver.until_text("1,204 of 8,000 files")
        await assert_snapshot("scan-running", driver)
        manager.goes_on.set()
        await driver.until_text("esc closes")

        await assert_snapshot("scan", driver)


@SIZES
@pytest.mark.parametrize("state", [KeyState.UNKNOWN, KeyState.CHANGED])
async def test_the_key_of_a_host(size: tuple[int, int], state: KeyState) -> None:
    manager = ActsManager()
    manager.key_state = state
    async with driven(manager.as_manager, size=size) as driver:
        await in_locations(driver)
        await driver.press("G", "t")
        await driver.until_text("Host key of studio")

        await assert_snapshot(f"host-key-{state}", driver)


@SIZES
async def test_what_an_edit_of_several_would_change(size: tuple[int, int]) -> None:
    async with driven(ActsManager().as_manager, size=size) as driver:
        driver.app.push_screen(ReviewModal(CHANGES))
        await driver.until_text("Change 2 recordings?")

        await assert_snapshot("changes", driver)


@SIZES
async def test_an_import_from_its_check_to_its_end(size: tuple[int, int]) -> None:
    manager = ActsManager()
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("i")
        await driver.until_text("What shall be imported?")
        await fill(driver, "path", "/")
        await driver.press("enter")
        await driver.until_text("cannot be used")
        await driver.press("j", "j", "space")
        await assert_snapshot("import-check", driver)
        await driver.press("enter")
        await driver.until_text("What do they have in common?")
        await fill(driver, "voice", "ar")
        await driver.until_text("Several fit")
        await assert_snapshot("import-who", driver)
        await fill(driver, "voice", "ia")
        await driver.press("enter")
        await driver.until_text("1,204 of 8,000 files")
        await assert_snapshot("import-running", driver)
        manager.goes_on.set()
        await driver.until_text("18 recordings added")

        await assert_snapshot("import-done", driver)


@SIZES
@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("rename", ["r"], "Title"),
        ("delete-many", ["a", "D", *"99", "enter"], "That is not"),
        ("identity-in-use", ["2", "d"], "cannot be deleted"),
        ("location-remove", ["4", "j", "d"], "is taken out of the configuration"),
        ("location-kind", ["4", "n"], "a host, by SSH"),
        ("identity-kind", ["2", "n"], "a person who speaks"),
    ],
)
async def test_questions(name: str, keys: list[str], words: str, size: tuple[int, int]) -> None:
    async with driven(ActsManager().as_manager, size=size) as driver:
        for key in keys:
            await driver.press(key)
            if key == "4":
                await driver.until_text("✗ denied", "41 ms", "2 ms")
            if key == "2":
                await driver.until_text("▸ Aria", "trailers")
            if key == "a":
                await driver.until_text("1,000,000 marked")
            if key == "D":
                await driver.until_text("Delete for good?")
        await driver.until_text(words)

        await assert_snapshot(name, driver)


@SIZES
async def test_leaving_with_something_unsaved(size: tuple[int, int]) -> None:
    async with driven(ActsManager().as_manager, size=size) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria", "trailers")
        await driver.press("e")
        await fill(driver, "voice", "other")
        await driver.until_text("1 change not saved: voice")
        await driver.press("escape")
        await driver.until_text("Leave the form?")

        await assert_snapshot("leave", driver)
