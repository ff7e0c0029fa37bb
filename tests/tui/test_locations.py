"""The Locations mode: live states, forms that end in the YAML file, tests, scans, and what lies there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.tui.driving import LARGE, SIZES, Driver, driven
from tests.tui.small_library import make_small_library, write_wav
from tests.tui.test_identities import fill

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui import AudioManager


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = make_small_library(tmp_path)
    path.write_text(path.read_text() + "  # the end of my file\n")
    return path


def read(path: Path) -> str:
    return path.read_text()


def write(path: Path, text: str) -> None:
    path.write_text(text)


async def open_locations(driver: Driver) -> None:
    await driver.press("4")
    await driver.until_text("▸   local", "* archive")
    await driver.until(lambda: driver.text.count(" ok  ") > 1, "both answers")


@SIZES
async def test_locations_show_whether_they_answer_and_what_lies_there(
    manager: AudioManager, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await open_locations(driver)
        await driver.until_text("folder", str(tmp_path / "audio")[:20], "Last check", "never; T tries everything out")
        await asyncio.to_thread(manager.push_recordings, [1], "archive")
        await asyncio.to_thread((tmp_path / "archive").rename, tmp_path / "unplugged")
        await driver.press("R", "j")

        await driver.until_text("✗ unreachable")


@SIZES
async def test_a_location_is_added_and_stands_in_the_file_with_its_comments(
    manager: AudioManager, config: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await open_locations(driver)
        await driver.press("n")
        await driver.until_text("a folder of this machine", "by SSH")
        await driver.press("f")
        await driver.until_text("New folder", "2 problems")
        await fill(driver, "name", "Nas")
        await driver.until_text("Use up to 32 of a-z")
        await driver.press("home", "delete", "n")
        await driver.until_gone("Use up to 32 of a-z")
        await fill(driver, "path", str(tmp_path / "nas"))
        await driver.until_gone("problem")
        await driver.press("ctrl+s")
        await driver.until_text("▸   nas")

        assert read(config).endswith(
            f'    nas:\n      type: "local"\n      path: "{tmp_path}/nas"\n  # the end of my file\n'
        )
        assert [place.name for place in manager.locations()] == ["local", "archive", "nas"]


async def test_a_secret_is_asked_for_by_the_name_of_its_variable(
    manager: AudioManager, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SECRET", "hunter2")
    async with driven(manager, size=LARGE) as driver:
        await open_locations(driver)
        await driver.press("n", "m")
        await driver.until_text("the NAME of the environment variable")
        for field, text in (("name", "lab"), ("endpoint", "127.0.0.1:1"), ("bucket", "takes"), ("access_key", "me")):
            await fill(driver, field, text)
        await fill(driver, "secret_key", "hunter2")
        await driver.until_text("There is no environment variable of this name")
        driver.app.screen.query_one("#field-secret_key").value = "LAB_SECRET"  # type: ignore[attr-defined]
        await driver.until_gone("There is no environment variable of this name")
        await driver.press("ctrl+s")
        await driver.until_text("▸   lab")

        assert 'secret_key: "${LAB_SECRET}"' in read(config)


async def test_a_location_is_changed_made_the_default_and_removed(
    manager: AudioManager, config: Path, tmp_path: Path
) -> None:
    before = read(config)
    async with driven(manager) as driver:
        await open_locations(driver)
        await driver.press("j", "e")
        await driver.until_text("Edit archive")
        await fill(driver, "path", "-2")
        await driver.press("ctrl+s")
        await driver.until(lambda: 'path: "archive-2"' in config.read_text(), "the new path in the file")
        await driver.press("asterisk")
        await driver.until_text("pushes go to archive now")
        assert manager.config.default_destination == "archive"
        await driver.press("d")
        await driver.until_text("Remove archive?", "is taken out of the configuration")
        await driver.press("y")
        await driver.until_text("archive is out of the configuration")

        assert [place.name for place in manager.locations()] == ["local"]
        assert read(config) == before.replace('    archive:\n      type: local\n      path: "archive"\n', "")


async def test_local_is_neither_removed_nor_made_the_default(manager: AudioManager, config: Path) -> None:
    before = read(config)
    async with driven(manager) as driver:
        await open_locations(driver)
        assert "d remove" not in driver.text
        await driver.press("d", "asterisk")

        assert "Remove" not in driver.text
        assert read(config) == before


@SIZES
async def test_a_location_is_tried_out_step_by_step(manager: AudioManager, size: tuple[int, int]) -> None:
    async with driven(manager, size=size) as driver:
        await open_locations(driver)
        await driver.press("j", "T")
        await driver.until_text("Test of archive", "Files can be kept here.", "✓ clean up")
        await driver.press("escape")

        await driver.until_text("all is well")


@SIZES
async def test_what_the_library_does_not_know_is_found_and_imported_from_there(
    manager: AudioManager, tmp_path: Path, size: tuple[int, int]
) -> None:
    folder = tmp_path / "archive" / "foreign"
    folder.mkdir()
    write_wav(folder / "take [red].wav", pitch_hz=2_000)
    async with driven(manager, size=size) as driver:
        await open_locations(driver)
        await driver.press("j", "S")
        await driver.until_text("Scan of archive", "not in the library; enter")
        await driver.press("escape")
        await driver.until_text("1 file not in the library")
        await driver.press("enter")
        await driver.until_text("foreign/")
        await driver.press("enter")
        await driver.until_text("take [red].wav", "not in the library", "/foreign/")
        await driver.press("i")
        await driver.until_text("1 recording imported.")
        await driver.press("escape")
        await driver.until_gone("1 recording imported.")
        await driver.press("enter", "enter")
        await driver.until_text("take [red].wav", "0 not in the library")

        assert [row.title for row in manager.find("where:archive")] == ["take [red]"]


@SIZES
async def test_the_browser_says_of_which_files_the_recording_is_in_the_trash(
    manager: AudioManager, size: tuple[int, int]
) -> None:
    await asyncio.to_thread(manager.push_recordings, [1], "archive")
    [held] = manager.get_recordings([1])
    manager.delete_recordings([1])
    async with driven(manager, size=size) as driver:
        await open_locations(driver)
        await driver.press("j", "enter")
        await driver.until_text(f"{held.uid[:2]}/")
        await driver.press("enter")
        await driver.until_text(f"{held.uid}/")
        await driver.press("enter")

        await driver.until_text(f"#{held.uid[:8]} in trash")


@SIZES
async def test_what_is_in_the_trash_is_shown_with_what_is_not_known_but_not_imported(
    manager: AudioManager, tmp_path: Path, size: tuple[int, int]
) -> None:
    for title, pitch_hz in (("kept", 2_000), ("trashed", 2_100), ("foreign", 2_200)):
        write_wav(tmp_path / "archive" / f"{title}.wav", pitch_hz=pitch_hz)
    await asyncio.to_thread(manager.import_from_location, "archive", ["kept.wav", "trashed.wav"])
    manager.delete_recordings("trashed")
    async with driven(manager, size=size) as driver:
        await open_locations(driver)
        await driver.press("j", "enter")
        await driver.until_text("kept.wav", "3 here, 1 not in the library, 1 in its trash")
        await driver.press("U")
        await driver.until_gone("kept.wav")
        await driver.until_text("foreign.wav", "trashed.wav", "in trash")
        await driver.press("j", "i")

        [trashed] = manager.list_trash()
        await driver.until_text(f"audiotui restore-recording {trashed.uid[:8]} takes it out of the trash.")


async def test_the_browser_goes_up_again_and_hides_what_is_known(manager: AudioManager, tmp_path: Path) -> None:
    async with driven(manager) as driver:
        await open_locations(driver)
        await driver.press("enter")
        await driver.until_text("/  ")
        top = driver.text
        await driver.press("j", "enter")
        await driver.until(lambda: driver.text != top)
        await driver.press("h")
        await driver.until_text("0 not in the library")
        await driver.press("escape")

        await driver.until_text("[4 Locations]")


async def test_a_file_that_an_editor_broke_meanwhile_is_told_and_changes_nothing(
    manager: AudioManager, config: Path
) -> None:
    async with driven(manager) as driver:
        await open_locations(driver)
        write(config, "audio_manager: [")
        await driver.press("R")

        await driver.until(lambda: "audiotui.yaml:1" in driver.text.replace("\n", ""), "the mistake told")
        assert [place.name for place in manager.locations()] == ["local", "archive"]
