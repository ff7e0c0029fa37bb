"""Every mode and dialog on a library of texts that act on careless programs, with every byte looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from tests.terminal import Terminal
from tests.tui.small_library import write_wav
from tests.tui.test_terminal import assert_harmless, tui
from tests.tui.ugly_library import UGLY, make_ugly_library

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 12
"""Lines between two that are looked at closely; opening a form for each text would take minutes."""


@pytest.mark.matrix
def test_identities_forms_and_merges_show_ugly_names_harmlessly(tmp_path: Path) -> None:
    config = make_ugly_library(tmp_path)
    with AudioManager(config) as manager:
        for ugly in UGLY[:20]:
            manager.register_user_identity(ugly[:200], ugly[:200], notes=ugly[:5_000], settings={ugly[:50]: ugly[:50]})
    with Terminal(tui(config), columns=120, lines=40) as terminal:
        terminal.until_text("30")
        terminal.send("2")
        terminal.until_text("USED FOR")
        for number in range(48):
            terminal.send("j")
            if number % STEPS == 0:
                terminal.settle()
                terminal.send("e")
                terminal.until_text("revert")
                terminal.send("\x1b")
                terminal.until_text("show recordings")
                terminal.send("M")
                terminal.until_text("enter merges")
                terminal.send("jjjjj")
                terminal.settle()
                terminal.send("\x1b")
                terminal.until_text("show recordings")
                terminal.send("d")
                terminal.settle()
                terminal.send("\x1b")
                terminal.settle()
        terminal.send("q")

        assert terminal.until_end() == 0
        assert_harmless(bytes(terminal.raw))


@pytest.mark.matrix
def test_files_at_a_location_with_ugly_names_are_browsed_and_imported_harmlessly(tmp_path: Path) -> None:
    config = make_ugly_library(tmp_path)
    for number, ugly in enumerate(UGLY):
        name = ugly.replace("/", "").replace("\x00", "").encode("utf-8", "ignore")[:60].decode("utf-8", "ignore")
        if name not in {"", "."}:
            write_wav(tmp_path / "archive" / f"{name}.wav", pitch_hz=3_000 + number)
    with Terminal(tui(config), columns=100, lines=30) as terminal:
        terminal.until_text("30")
        terminal.send("4")
        terminal.until_text("ok  ")
        terminal.send("jS")
        terminal.until_text("not in the library; enter")
        terminal.send("\x1b")
        terminal.until(lambda: "Scan of" not in terminal.text, what="the scan closed")
        terminal.send("\r")
        terminal.until_text("not in the library")
        for _ in range(30):
            terminal.send(" ")
        terminal.settle()
        terminal.send("i")
        terminal.until_text("imported.")
        terminal.settle()
        terminal.send("\x1b")
        terminal.until(lambda: "imported." not in terminal.text, what="the report closed")
        terminal.send("q")

        assert terminal.until_end() == 0
        assert_harmless(bytes(terminal.raw))


@pytest.mark.matrix
def test_an_import_of_ugly_files_is_checked_and_run_harmlessly(tmp_path: Path) -> None:
    config = make_ugly_library(tmp_path)
    folder = tmp_path / "[red] session"
    folder.mkdir()
    for number, ugly in enumerate(UGLY):
        name = ugly.replace("/", "").replace("\x00", "").encode("utf-8", "ignore")[:60].decode("utf-8", "ignore")
        path = folder / f"{number}{name}.wav"
        if number % 4:
            write_wav(path, pitch_hz=3_000 + number)
        else:
            path.write_text("no sound")
    with Terminal(tui(config), columns=100, lines=30) as terminal:
        terminal.until_text("30")
        terminal.send("i")
        terminal.until_text("What shall be imported?")
        terminal.send(f"{folder}\r")
        terminal.until_text("cannot be used")
        for _ in range(30):
            terminal.send("j")
        terminal.settle()
        terminal.send("\r")
        terminal.until_text("What do they have in common?")
        terminal.send("e")
        terminal.settle()
        terminal.send("\x7f\r")
        terminal.until_text("recordings added")
        terminal.settle()
        terminal.send("\x1b")
        terminal.settle()
        terminal.send("q")

        assert terminal.until_end() == 0
        assert_harmless(bytes(terminal.raw))
