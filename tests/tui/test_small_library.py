"""The app on a real library on disk: what is pushed, pulled, trashed and undone really is."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from audiotui import AudioManager
from audiotui.tui.app import AudiotuiApp
from tests.tui.driving import LARGE, SIZES, driven
from tests.tui.small_library import make_small_library, write_config

if TYPE_CHECKING:
    from pathlib import Path


@SIZES
async def test_push_and_pull_go_through_the_plan_sheet_until_the_letters_are_there(
    manager: AudioManager, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await driver.press("space", "space", "P")
        await driver.until_text("↑ PUSH 2 recordings   local → archive", "2 files", "to send", "Push 2 files")
        await driver.press("enter")
        await driver.until_text("✓ The end", "L A", "Push 2 recordings: done.")
        uid = next(iter(manager.find("", limit=1))).uid
        local = manager.local_path(uid)
        assert local is not None
        before = local.read_bytes()
        assert before in [path.read_bytes() for path in (tmp_path / "archive").rglob("*") if path.is_file()]
        local.unlink()
        manager.verify("", location="local", level=1)
        await driver.until_text("? A")
        await driver.press("A", "g", "p")
        await driver.until_text("↓ PULL 1 recording   the best copies → local", "Pull 1 file")
        await driver.press("enter")
        await driver.until_gone("? A")

        assert local.read_bytes() == before


async def test_a_plan_without_anything_to_send_says_so_and_cannot_be_queued(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("p")
        await driver.until_text("there already, same bytes", "Nothing to pull")
        await driver.press("enter")

        await driver.until_gone("Plan")
        assert manager.list_jobs() == []


async def test_what_differs_at_the_destination_is_skipped_or_repaired(manager: AudioManager, tmp_path: Path) -> None:
    uid = next(iter(manager.find("", limit=1))).uid
    manager.push_recording(uid, "archive")
    (copy,) = (tmp_path / "archive").rglob("*.wav")
    good = copy.read_bytes()
    copy.chmod(0o600)
    copy.write_bytes(b"other bytes")
    async with driven(manager) as driver:
        await driver.press("P")
        await driver.until_text("there, but damaged: SKIP; r: repair", "Nothing to push")
        await driver.press("r")
        await driver.until_text("there, but damaged: REPAIR; r: skip", "Repair 1 file")
        await driver.press("enter")
        await driver.until_text("Repair at archive", "✓ 1 copy repaired")
        await driver.press("escape")
        await driver.until_gone("Repair at archive")

        assert copy.read_bytes() == good


async def test_a_plan_can_be_left_by_esc_q_and_its_button(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        for keys in (["escape"], ["q"], ["left", "enter"], ["h", "enter"]):
            await driver.press("P")
            await driver.until_text("Push 1 file")
            await driver.press(*keys)
            await driver.until_gone("Plan")

        assert manager.list_jobs() == []


async def test_the_destination_can_be_changed_before_it_is_fixed(tmp_path: Path) -> None:
    config = make_small_library(tmp_path)
    config.write_text(config.read_text() + f'    attic:\n      type: local\n      path: "{tmp_path}/attic"\n')
    (tmp_path / "attic").mkdir()
    with AudioManager(config) as manager:
        async with driven(manager) as driver:
            await driver.press("P")
            await driver.until_text("local → archive   t: another location", "Push 1 file")
            await driver.press("t")
            await driver.until_text("local → attic", "Push 1 file")
            await driver.press("enter")

            await driver.until_text("L · T")


async def test_a_library_without_another_place_says_how_to_get_one(tmp_path: Path) -> None:
    config = write_config(
        tmp_path, "audio_manager:\n  db_path: a.db\n  locations:\n    local: {type: local, path: f}\n"
    )
    with AudioManager(config) as manager:
        manager.register_recording("Hello world")
        async with driven(manager) as driver:
            await driver.press("P")

            await driver.until_text("There is nowhere to push to", "Add one under locations:")


async def test_the_trash_is_undone_by_one_key(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("12  newest first", "The end")
        await driver.press("d")
        await driver.until_text("1 recording in the trash; u takes it back", "11  newest first")
        assert driver.title == "Mind the gap"
        await driver.press("u")

        await driver.until_text("12  newest first", "undone: ")
        await driver.press("g")
        await driver.until_text("▸  The end")
        assert manager.list_trash() == []


async def test_nothing_to_undo_is_said(tmp_path: Path) -> None:
    with AudioManager(write_config(tmp_path)) as manager:
        async with driven(manager) as driver:
            await driver.press("u")

            await driver.until(lambda: "undo" in driver.text.lower().replace("u undo", ""), "the message")


async def test_what_another_process_adds_shows_up_by_itself(manager: AudioManager, config: Path) -> None:
    async with driven(manager) as driver:
        await driver.until_text("12  newest first")
        command = [
            sys.executable,
            "-m",
            "audiotui",
            "--config",
            str(config),
            "register-recording",
            "--text",
            "Elsewhere",
        ]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        assert await process.wait() == 0

        await driver.until_text("13  newest first")
        assert driver.title == "The end", "the cursor stays on its recording"
        await driver.press("g")
        await driver.until_text("▸  Elsewhere")


async def test_search_knows_fields_marks_and_completes_voices(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space")
        await driver.type("is:marked")
        await driver.until_text("1 of 12", "The end")
        await driver.press("escape", "escape")
        await driver.type("voice:a")
        await driver.until(lambda: driver.box.offer == "voice:Aria", "the offer")
        await driver.press("tab")

        await driver.until_text("6 of 12", "Your code")


async def test_the_detail_tells_all_of_a_recording(manager: AudioManager) -> None:
    async with driven(manager, size=LARGE) as driver:
        await driver.until_text("The end", "This is the end.", "Aria (AI)", "8 kHz mono wav", "#demo")


async def test_an_empty_library_offers_the_first_commands(tmp_path: Path) -> None:
    with AudioManager(write_config(tmp_path)) as manager:
        async with driven(manager) as driver:
            await driver.until_text("This library is empty.", "import a folder of recordings")


async def test_a_text_field_may_begin_before_there_is_a_screen(manager: AudioManager) -> None:
    AudiotuiApp(lambda: manager).clear_selection()
