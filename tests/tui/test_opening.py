"""Opening a recording in the desktop's program, which is a script here that writes down what it was asked."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.tui.opening import open_outside, why_not_opened
from tests.tui.driving import SIZES, driven
from tests.tui.generated import GeneratedManager
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from audiotui import AudioManager

SCRIPT = """#!/bin/sh
printf '%s\\n' "$#" "$1" > "$ASKED.new"
mv "$ASKED.new" "$ASKED"
exit "${OPENER_ENDS_WITH:-0}"
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the program writes how many arguments it got, and the first of them."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("xdg-open", "open"):
        (programs / name).write_text(SCRIPT)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    return tmp_path / "asked"


def told(asked: Path) -> list[str]:
    return asked.read_text().splitlines()


@SIZES
async def test_a_key_opens_the_recording_in_the_desktops_program(
    manager: AudioManager, asked: Path, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await driver.press("o")
        await driver.until_text("is being opened")
        await driver.until(asked.exists, "the program")
        recording = driver.table.recording

        assert recording is not None
        assert told(asked) == ["1", str(manager.local_path(recording.uid))]


async def test_a_program_that_fails_is_told(
    manager: AudioManager, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENER_ENDS_WITH", "3")
    async with driven(manager) as driver:
        await driver.press("o")

        await driver.until_text("was not opened", "ended with 3")
        assert told(asked)[0] == "1"


async def test_where_there_is_no_desktop_the_key_is_dim_and_says_why(
    manager: AudioManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    async with driven(manager) as driver:
        await driver.press("question_mark", *"open in")
        await driver.until_text("(not now)")
        await driver.press("escape", "o")

        await driver.until_text("There is no desktop here")


@pytest.mark.usefixtures("asked")
async def test_a_recording_without_a_file_here_is_not_opened_and_the_key_says_why() -> None:
    async with driven(GeneratedManager(size=9).as_manager) as driver:
        await driver.until_text("It has no audio file.")
        await driver.press("o")

        await driver.until(lambda: driver.text.count("no audio file") > 1, "the reason")


def test_no_name_of_a_file_is_an_option(tmp_path: Path, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "--help; $(id).wav").touch()
    monkeypatch.chdir(tmp_path)
    said: list[str] = []

    open_outside(Path("--help; $(id).wav"), said.append)

    eventually(asked.exists, what="the program")
    assert told(asked) == ["1", f"{tmp_path}/--help; $(id).wav"]
    for thread in threading.enumerate():
        if thread.name == "open":
            thread.join(PATIENCE_S)
    assert said == []


def test_it_is_known_beforehand_whether_anything_can_be_opened(tmp_path: Path, asked: Path) -> None:
    programs = str(asked.parent / "programs")

    assert why_not_opened("linux", {"DISPLAY": ":0", "PATH": programs}) == ""
    assert why_not_opened("linux", {"WAYLAND_DISPLAY": "wayland-0", "PATH": programs}) == ""
    assert why_not_opened("linux", {"PATH": programs}) == "There is no desktop here to open it on."
    assert why_not_opened("linux", {"DISPLAY": ":0", "PATH": str(tmp_path)}) == "There is no program xdg-open here."
    assert why_not_opened("darwin", {"PATH": programs}) == ""
    assert why_not_opened("darwin", {"PATH": str(tmp_path)}) == "There is no program open here."
    assert why_not_opened("win32", {}) == ""
