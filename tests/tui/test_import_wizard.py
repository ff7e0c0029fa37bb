"""The import in four steps: nothing is written before the last one, and what cannot be used is told beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from tests.tui.driving import LARGE, SIZES, Driver, driven
from tests.tui.small_library import write_config, write_wav
from tests.tui.test_identities import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AudioManager]:
    with AudioManager(write_config(tmp_path), actor="app") as manager:
        manager.register_ai_identity("tts-1", "Aria")
        manager.register_ai_identity("tts-1", "Aria (old)")
        yield manager


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three takes, of which two sound the same, and something that is no sound."""
    folder = tmp_path / "session"
    folder.mkdir()
    write_wav(folder / "one.wav", pitch_hz=300)
    (folder / "one.txt").write_text("Hello there.")
    write_wav(folder / "two [red].wav", pitch_hz=400)
    write_wav(folder / "two again.wav", pitch_hz=400)
    (folder / "broken.wav").write_text("no sound at all")
    return folder


async def open_wizard(driver: Driver, folder: Path) -> None:
    await driver.press("i")
    await driver.until_text("[1 Source]", "What shall be imported?")
    await fill(driver, "path", str(folder))
    await driver.press("enter")
    await driver.until_text("✓ 1 Source", "[2 Check]", "broken.wav")


@SIZES
async def test_a_folder_is_imported_in_four_steps(manager: AudioManager, folder: Path, size: tuple[int, int]) -> None:
    async with driven(manager, size=size) as driver:
        await open_wizard(driver, folder)
        await driver.until_text("2 new", "1 in the library already", "1 cannot be used", "nothing is written yet")
        assert manager.count() == 0
        await driver.press("enter")
        await driver.until_text("[3 Who & where]")
        await fill(driver, "voice", "Aria (o")
        await fill(driver, "tags", "session, raw")
        await driver.press("enter")
        await driver.until_text("[4 Run]", "2 recordings added", "broken.wav")
        await driver.press("escape")
        await driver.until_text("two [red]")

        rows = sorted(manager.find(), key=lambda row: row.title)
        assert [row.identity for row in rows] == ["Aria (old)", "Aria (old)"]
        assert {row.text for row in rows} == {"Hello there.", ""}
        assert manager.list_tags() == [("raw", 2), ("session", 2)]
        manager.undo()
        assert manager.count() == 0


async def test_why_a_file_cannot_be_used_stands_beside_it(manager: AudioManager, folder: Path) -> None:
    async with driven(manager, size=LARGE) as driver:
        await open_wizard(driver, folder)

        await driver.until_text("failed     broken.wav", "   is no sound file: its ", "the same as two ")


async def test_files_can_be_left_out(manager: AudioManager, folder: Path) -> None:
    async with driven(manager) as driver:
        await open_wizard(driver, folder)
        await driver.press("j")
        await driver.until_text("▸  new        one.wav")
        await driver.press("space")
        await driver.until_text("1 left out", "left out   one.wav")
        await driver.press("enter")
        await driver.until_text("[3 Who & where]")
        await driver.press("enter")
        await driver.until_text("1 recording added")

        assert "Hello" not in {row.text for row in manager.find()}


async def test_originals_of_lost_files_are_given_back(manager: AudioManager, folder: Path) -> None:
    manager.import_paths([folder])
    path = manager.local_path(next(manager.find("Hello")).uid)
    assert path is not None
    path.unlink()
    async with driven(manager) as driver:
        await open_wizard(driver, folder)
        await driver.until_text("1 lost by the library", "lost       one.wav")
        await driver.press("enter")
        await driver.until_text("[3 Who & where]")
        await driver.press("enter")
        await driver.until_text("[4 Run]", "0 recordings added", "1 file given back")

        assert path.exists()


async def test_a_name_that_fits_several_or_nobody_is_told(manager: AudioManager, folder: Path) -> None:
    async with driven(manager, size=LARGE) as driver:
        await open_wizard(driver, folder)
        await driver.press("enter")
        await driver.until_text("[3 Who & where]")
        await fill(driver, "voice", "Ari")
        await driver.until_text("Several fit: Aria (old), Aria")
        await fill(driver, "person", "Nobody")
        await driver.until_text("Nobody of this name is registered")
        await driver.press("enter")

        await driver.until_text("[3 Who & where]")
        assert manager.count() == 0


async def test_a_source_that_is_not_there_is_told_while_it_is_typed(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("i")
        await fill(driver, "path", "/nowhere/at/all")
        await driver.until_text("There is nothing of this name.")
        await driver.press("enter", "escape")

        await driver.until_gone("What shall be imported?")


async def test_leaving_before_the_last_step_writes_nothing(manager: AudioManager, folder: Path) -> None:
    async with driven(manager) as driver:
        await open_wizard(driver, folder)
        await driver.press("left")
        await driver.until_text("[1 Source]")
        await driver.press("enter")
        await driver.until_text("[2 Check]", "2 new")
        await driver.press("escape")
        await driver.until_gone("[2 Check]")

        assert manager.count() == 0
        assert manager.history() == manager.history(limit=2)


async def test_what_was_typed_and_left_out_is_not_lost_by_one_key(manager: AudioManager, folder: Path) -> None:
    async with driven(manager) as driver:
        await open_wizard(driver, folder)
        await driver.press("j", "space", "enter")
        await driver.until_text("[3 Who & where]")
        await fill(driver, "session", "monday")
        await driver.press("escape")
        await driver.until_text("Leave the import?", "Filled in: session. Left out: 1 file.")
        await driver.press("escape")
        await driver.until_text("[3 Who & where]", "monday")
        await driver.press("escape")
        await driver.until_text("Leave the import?")
        await driver.press("y")

        await driver.until_gone("What do they have in common?")
        assert manager.count() == 0


async def test_an_empty_library_says_in_three_lines_what_to_do(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("i   import", "4   add a place", "?   all keys")
