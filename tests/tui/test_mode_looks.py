"""How Identities, Locations, Transfers and their dialogs look, in two sizes; see ``test_looks``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.transfer.jobs import JobState
from tests.tui.driving import SIZES, driven
from tests.tui.generated import job
from tests.tui.generated_modes import ModesManager
from tests.tui.snapshotting import assert_snapshot
from tests.tui.test_identities import fill
from tests.tui.test_looks import assert_looks

if TYPE_CHECKING:
    from pathlib import Path


@SIZES
async def test_identities(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria", "trailers")

        assert_looks("identities", size, driver.text)


@SIZES
async def test_the_form_of_an_identity(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria", "trailers")
        await driver.press("e")
        await fill(driver, "voice", " Nova")
        await driver.until_text("1 change not saved: voice", "1 problem", "f1 keys")

        assert_looks("identity-form", size, driver.text)


@SIZES
async def test_a_merge(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria")
        await driver.press("M")
        await driver.until_text("get the identity Aria (old)")

        assert_looks("merge", size, driver.text)


@SIZES
async def test_locations(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("4")
        await driver.until_text("✗ denied", "41 ms", "2 ms")
        await driver.press("j")
        await driver.until_text("12 files not in the library")

        assert_looks("locations", size, driver.text)


@SIZES
async def test_the_form_of_a_location(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("4")
        await driver.until_text("✗ denied", "41 ms", "2 ms")
        await driver.press("j", "e")
        await driver.until_text("Edit s3-main", "stands in the file", "the bucket's name", "f1 keys")

        assert_looks("location-form", size, driver.text)


@SIZES
async def test_a_browser(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("4")
        await driver.until_text("✗ denied", "41 ms", "2 ms")
        await driver.press("enter")
        await driver.until_text("3 here, 1 not in the library")

        assert_looks("browser", size, driver.text)


@SIZES
async def test_a_test_of_a_location(size: tuple[int, int]) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("4")
        await driver.until_text("✗ denied", "41 ms", "2 ms")
        await driver.press("T")
        await driver.until_text("Files cannot be kept here safely")

        assert_looks("location-test", size, driver.text)


@SIZES
async def test_limits_of_a_job(size: tuple[int, int]) -> None:
    manager = ModesManager()
    manager.jobs = [job("j1"), job("j2", JobState.HELD, title="Push ambience")]
    async with driven(manager.as_manager, size=size) as driver:
        await driver.press("3")
        await driver.until_text("Push ambience")
        await driver.press("L")
        await driver.until_text("enter sets")

        assert_looks("limits", size, driver.text)


@SIZES
async def test_the_first_step_of_an_import(size: tuple[int, int], tmp_path: Path) -> None:
    async with driven(ModesManager().as_manager, size=size) as driver:
        await driver.press("i")
        await driver.until_text("What shall be imported?")

        assert_looks("import", size, driver.text)


@pytest.mark.parametrize("theme", [pytest.param("textual-light", marks=pytest.mark.matrix), "ansi-dark", "no-color"])
async def test_modes_in_other_colours(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if theme == "no-color":
        monkeypatch.setenv("NO_COLOR", "1")
    manager = ModesManager()
    manager.jobs = [job("j1", failed_items=1), job("j2", JobState.HELD, title="Push ambience")]
    async with driven(manager.as_manager) as driver:
        if theme != "no-color":
            driver.app.theme = theme
        for key, mode, words in (
            ("2", "identities", ("▸ Aria", "trailers")),
            ("3", "transfers", ("Push ambience", "1 failed")),
            ("4", "locations", ("✗ denied", "41 ms", "2 ms")),
        ):
            await driver.press(key)
            await driver.until_text(*words)
            await assert_snapshot(f"{mode}-{theme}", driver)


async def test_narrow_and_low_terminals_keep_what_matters() -> None:
    async with driven(ModesManager().as_manager) as driver:
        await driver.pilot.resize_terminal(56, 14)
        await driver.press("2")
        await driver.until_text("AI VOICES", "▸ Aria", "1,204")
        await driver.press("4")
        await driver.until_text("local", "folder", "✗ denied")
        await driver.press("n", "f")

        await driver.until_text("New folder", "^s save")
