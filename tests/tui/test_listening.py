"""Listening in the app: what enter plays, where it stands, and why it cannot; the player is real and silent."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from textual.content import Content

from audiotui import AudioManager
from audiotui.manager.sounds import Playback
from audiotui.tui.widgets.hint_bar import HintBar
from audiotui.tui.widgets.player_line import PlayerLine
from audiotui.tui.widgets.sound_pane import SoundPane
from tests.tui.driving import LARGE, SIZES, SMALL, Driver, driven
from tests.tui.small_library import write_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def spoken(path: Path, seconds: float, hz: float) -> Path:
    """A tone that is loud in its second half."""
    times = np.arange(round(seconds * 8_000)) / 8_000
    level = np.where(times < seconds / 2, 0.05, 0.8)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes((level * np.sin(2 * np.pi * hz * times) * 32_767).astype("<i2").tobytes())
    return path


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDIOTUI_PLAYER", "silent")
    return write_config(tmp_path)


@pytest.fixture
def manager(config: Path, tmp_path: Path) -> Iterator[AudioManager]:
    """Two takes of 30 s, and a recording without sound."""
    with AudioManager(config, actor="app") as manager:
        manager.register_recording(text="words alone", title="No sound")
        for name, hz in (("Take one", 200.0), ("Take two", 900.0)):
            path = spoken(tmp_path / f"{name}.wav", 30, hz)
            manager.register_recording(text=name, title=name, file_paths={"audio": path})
        yield manager


def dim_words(driver: Driver) -> list[str]:
    """What the hint bar shows dim."""
    content = driver.app.screen.query_one(HintBar).content
    assert isinstance(content, Content)
    return [content.plain[span.start : span.end] for span in content.spans if span.style == "dim"]


def pane(driver: Driver) -> SoundPane:
    return driver.app.screen.query_one(SoundPane)


@SIZES
async def test_the_waveform_follows_the_cursor(manager: AudioManager, size: tuple[int, int]) -> None:
    async with driven(manager, size=size) as driver:
        await driver.until_text("00:30  peak -1.9 dB", "⣿")
        first = pane(driver).picture
        await driver.press("j")
        await driver.until(lambda: pane(driver).picture not in (None, first), "the other waveform")
        await driver.press("j")

        await driver.until_text("It has no audio file.")
        assert pane(driver).picture is None


@SIZES
async def test_enter_plays_and_pauses_and_the_place_is_on_the_screen(
    manager: AudioManager, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await driver.until_text("▸  Take two")
        await driver.press("enter")
        await driver.until_text("▶ 00:0", "00:30", "vol 80%")
        await driver.press("full_stop", "full_stop", "minus", "greater_than_sign")
        await driver.until_text("▶ 00:1", "vol 70%", "1.25x")
        await driver.press("enter")
        await driver.until_text("⏸ 00:1")
        await driver.press("comma", "comma", "comma", "enter")

        await driver.until_text("▶ 00:0")


async def test_what_plays_goes_on_while_the_cursor_moves_and_enter_there_switches(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  Take two")
        await driver.press("enter")
        await driver.until_text("▶ 00:0")
        await driver.press("j")
        await driver.until_text("▸  Take one", "vol 80%  Take two")
        await driver.press("enter")

        await driver.until(lambda: "Take two" not in driver.text.splitlines()[-4], "the other take")
        take = driver.app.listening.take
        assert take is not None
        assert take.label == "Take one"


async def test_two_takes_are_compared_at_the_same_place(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        listening = driver.app.listening
        await driver.until_text("▸  Take two")
        await driver.press("b", "enter", "full_stop", "full_stop")
        await driver.until(lambda: listening.playback.is_playing and listening.playback.position_s > 10, "ten seconds")
        await driver.press("j")
        await driver.until_text("▸  Take one")
        await driver.until(lambda: driver.app.screen.query_one(SoundPane).sound is not None, "the sound")
        await driver.press("b")
        await driver.until(lambda: listening.take is not None and listening.take.label == "Take one", "take B")
        await driver.until(lambda: listening.playback.is_playing and listening.playback.position_s > 10, "its place")
        await driver.press("b")
        await driver.until(lambda: listening.take is not None and listening.take.label == "Take two", "take A")

        assert listening.playback.position_s > 10


async def test_the_spectrogram_takes_the_waveforms_place_and_gives_it_back(manager: AudioManager) -> None:
    async with driven(manager, size=LARGE) as driver:
        await driver.until_text("peak -1.9 dB")
        await driver.press("S")
        await driver.until_text("0 to 4 kHz", "▀▀▀▀")
        await driver.press("S")

        await driver.until_text("peak -1.9 dB")


async def test_the_key_is_dim_and_the_reason_on_the_screen_where_nothing_can_be_heard(
    config: Path, manager: AudioManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOTUI_PLAYER", "none")
    with AudioManager(config) as mute:
        async with driven(mute) as driver:
            await driver.until_text("Playing is switched off by the configuration.", "⏎ play")
            await driver.until(lambda: " play  " in dim_words(driver), "a dim key")
            await driver.press("enter", "question_mark")

            await driver.until_text("Play, or pause (not now)")
            assert driver.app.listening.take is None


async def test_the_key_is_dim_on_a_recording_without_sound(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("peak -1.9 dB", "⏎ play")
        assert " play  " not in dim_words(driver)
        await driver.press("G")

        await driver.until_text("It has no audio file.")
        await driver.until(lambda: " play  " in dim_words(driver), "a dim key")


async def test_a_recording_that_is_only_elsewhere_is_pulled_and_played_if_one_wants_it(manager: AudioManager) -> None:
    uid = next(iter(manager.find("", limit=1))).uid
    manager.push_recording(uid, "archive")
    local = manager.local_path(uid)
    assert local is not None
    local.unlink()
    manager.verify("", location="local", level=1)
    for path in (manager.config.local_root.parent / "archive").rglob("*.wav"):
        assert path.stat().st_size  # it lies there, but a folder can be heard as it is

    async with driven(manager) as driver:
        await driver.until_text("peak -1.9 dB")
        await driver.press("enter")

        await driver.until_text("▶ 00:0")
        assert "archive" in str(driver.app.listening.playback.path)


async def test_a_review_plays_one_after_the_other_and_a_key_judges(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  Take two")
        await driver.press("L")
        await driver.until_text("1 of 3   Take two", "not judged yet", "▶ 00:0", "0 judged, goes on by itself")
        await driver.press("k")
        await driver.until_text("2 of 3   Take one", "▶ 00:0", "1 judged")
        await driver.press("4")
        await driver.until_text("★★★★")
        await driver.press("x")
        await driver.until_text("3 of 3   No sound", "It has no audio file.", "2 judged")
        await driver.press("N")
        await driver.until_text("2 of 3   Take one", "✗ reject   ★★★★")
        await driver.press("escape")
        await driver.until_text("▸  Take two", "newest first")

        assert not driver.app.listening.playback.is_playing
        assert {row.title: row.verdict for row in manager.find("verdict:keep OR verdict:reject")} == {
            "Take two": "keep",
            "Take one": "reject",
        }


async def test_a_review_of_marks_goes_on_by_itself_when_a_take_ends(manager: AudioManager, tmp_path: Path) -> None:
    path = spoken(tmp_path / "short.wav", 0.3, 500)
    manager.register_recording(text="short", title="Short one", file_paths={"audio": path})

    async with driven(manager) as driver:
        await driver.until_text("▸  Short one")
        await driver.press("space", "space", "L")

        await driver.until_text("2 of 2   Take two", "▶ 00:0")


async def test_a_verdict_is_taken_back_by_its_key_and_undone_by_u(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.until_text("▸  Take two")
        await driver.press("L")
        await driver.until_text("1 of 3   Take two")
        await driver.press("k")
        await driver.until_text("2 of 3")
        await driver.press("N")
        await driver.until_text("1 of 3", "✓ keep", "1 judged")
        await driver.press("k")
        await driver.until_text("not judged yet", "0 judged")
        await driver.press("u")

        await driver.until_text("✓ keep")


async def test_why_nothing_is_heard_can_be_read_whole_in_every_size(manager: AudioManager) -> None:
    reason = "there is no sound device, or another program holds it"
    async with driven(manager) as driver:
        await driver.until_text("00:30  peak -1.9 dB")
        driver.app.listening._heard(Playback(error=reason, no_device=True))
        await driver.press("j")
        for size in (SMALL, (100, 30), LARGE, (200, 60), SMALL):
            await driver.pilot.resize_terminal(*size)

            await driver.until(lambda: f"Nothing can be heard: {reason}." in said(driver), f"the reason at {size}")


def said(driver: Driver) -> str:
    """What the line of the player shows, its own lines joined."""
    region = driver.app.screen.query_one(PlayerLine).region
    lines = driver.text.splitlines()[region.y : region.bottom]
    return " ".join(line[region.x : region.right].strip() for line in lines)
