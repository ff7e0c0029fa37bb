"""The app as a person meets it: the real program in a real pseudo-terminal, every byte of it looked at."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from audiotui.core.database import sqlite3
from tests.terminal import Terminal
from tests.tui.small_library import make_small_library
from tests.tui.ugly_library import UGLY, make_ugly_library

AUDIOTUI = [sys.executable, "-m", "audiotui"]
BROKEN_APP = [sys.executable, str(Path(__file__).with_name("broken_app.py"))]

LEFT_SCREEN = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l")
"""Back from the alternate screen, with a cursor, without mouse reports, without bracketed paste."""

ACTING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Characters that no text may bring to a terminal; ESC is looked at apart, because the app itself needs it."""

OWN_SEQUENCES = re.compile(r"\x1b(?:\[[0-9;?<>=]*[a-zA-Z]|\[\?2026\$p|\[\?2048\$p|\]22;[a-z]*\x07)")
"""The forms of sequences that Textual itself sends; the last is the mouse pointer's shape."""


EDITOR = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
text = path.read_text().replace("North wind", "South wind").replace("tts-1", "model of the south")
path.write_text(text.replace("first_name: Maya", "first_name: [Maya"))
"""


def tui(config: Path, *arguments: str) -> list[str]:
    return [*AUDIOTUI, "--config", str(config), "tui", *arguments]


def editing_by(folder: Path) -> dict[str, str]:
    """The environment of somebody whose editor is ``EDITOR``."""
    editor = folder / "editor"
    editor.write_text(f"#!{sys.executable}\n{EDITOR}")
    editor.chmod(0o755)
    return {"EDITOR": str(editor), "VISUAL": ""}


def assert_harmless(raw: bytes) -> None:
    """Nothing but what Textual itself sends is in the bytes."""
    text = raw.decode("utf-8", "replace")
    foreign = OWN_SEQUENCES.sub("", text)
    at = foreign.find("\x1b")
    assert at < 0, repr(foreign[max(0, at - 80) : at + 80])
    assert not ACTING.findall(foreign), set(ACTING.findall(foreign))
    assert "\x1b[6n" not in text
    assert "\x1b[31m" not in text


def test_it_starts_searches_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with Terminal(tui(make_small_library(tmp_path))) as terminal:
        before = terminal.modes
        terminal.until_text("The end")
        assert terminal.modes != before
        terminal.send("/wind")
        terminal.until_text("2 of 12")
        terminal.send("\rq")

        assert terminal.until_end() == 0
        assert terminal.modes == before
        assert all(terminal.raw.rfind(sequence) > terminal.raw.rfind(b"2 of 12") for sequence in LEFT_SCREEN)


def test_a_query_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    with Terminal(tui(make_small_library(tmp_path), "wind")) as terminal:
        terminal.until_text("2  newest first")
        terminal.send("q")

        assert terminal.until_end() == 0


def test_it_is_resized_while_it_runs(tmp_path: Path) -> None:
    with Terminal(tui(make_small_library(tmp_path)), columns=200, lines=60) as terminal:
        terminal.until_text("VERDICT")
        terminal.resize(45, 11)
        terminal.until_text("needs at least 50 x 12")
        terminal.resize(80, 24)
        terminal.until_text("Mind the gap")
        terminal.send("\x11")

        assert terminal.until_end() == 0


def test_no_color_sends_no_colour(tmp_path: Path) -> None:
    with Terminal(tui(make_small_library(tmp_path)), env={"NO_COLOR": "1"}) as terminal:
        terminal.until_text("The end")
        terminal.send("  P")
        terminal.until_text("Push 2 files")
        terminal.send("\x1b")
        terminal.until(lambda: "Push 2 files" not in terminal.text, what="the sheet gone")
        terminal.send("q")
        terminal.until_end()

        styles = set(re.findall(rb"\x1b\[([0-9;]*)m", bytes(terminal.raw)))
        colours = {style for style in styles if re.search(rb"(?:^|;)(?:[349][0-7]|10[0-7]|38|48)(?:;|$)", style)}
        assert colours == set()


@pytest.mark.parametrize(("where", "keys"), [("reader", ""), ("screen", ""), ("worker", "d")])
def test_a_fault_of_the_program_is_one_line_without_values(tmp_path: Path, where: str, keys: str) -> None:
    with Terminal([*BROKEN_APP, where], env={"HOME": str(tmp_path)}) as terminal:
        before = terminal.modes
        if keys:
            terminal.until_text("Take 9")
            terminal.send(keys)

        assert terminal.until_end() == 1
        told = bytes(terminal.raw).rpartition(b"\x1b[?1049l")[2].decode()
        assert re.search(r"error: Something unexpected happened \(KeyError, number [0-9a-f]{8}\)\.", told)
        assert len([line for line in told.splitlines() if line.strip()]) == 2
        assert "s3cr3t" not in terminal.raw.decode("utf-8", "replace")
        assert "Traceback" not in terminal.raw.decode("utf-8", "replace")
        assert terminal.modes == before
        (log,) = tmp_path.rglob("errors.log")
        assert "Traceback" in log.read_text()


def test_without_a_configuration_the_screen_is_not_touched(tmp_path: Path) -> None:
    with Terminal(tui(tmp_path / "nowhere.yaml")) as terminal:
        assert terminal.until_end() == 9
        assert "error: " in terminal.text
        assert b"\x1b" not in terminal.raw


def test_a_library_that_cannot_be_used_is_refused_on_the_terminal_as_it_was(tmp_path: Path) -> None:
    config = make_small_library(tmp_path)
    for leftover in tmp_path.glob("registry.db-*"):
        leftover.unlink()
    (tmp_path / "registry.db").write_bytes(b"this is no database" * 100)
    with Terminal(tui(config)) as terminal:
        before = terminal.modes
        assert terminal.until_end() == 3
        assert b"error: " in terminal.raw.rpartition(b"\x1b[?1049l")[2]
        assert b"Traceback" not in terminal.raw
        assert terminal.modes == before


def test_warnings_for_the_terminal_wait_until_the_screen_is_left(tmp_path: Path) -> None:
    config = make_small_library(tmp_path)
    with Terminal([*AUDIOTUI, "-vv", "--config", str(config), "tui"]) as terminal:
        terminal.until_text("The end")
        jobs = tmp_path / "registry.jobs.db"
        terminal.until(jobs.exists, what="the journal")
        connection = sqlite3.connect(jobs)
        connection.execute("DROP TABLE jobs")
        connection.close()
        terminal.send("3")
        terminal.until_text("[3 Transfers]")
        terminal.send("q")
        terminal.until_end()

        screen, _, after = bytes(terminal.raw).rpartition(b"\x1b[?1049l")
        assert b"warning: " not in screen
        assert b"warning: cannot look at the library" in after


@pytest.mark.matrix
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40)])
def test_ugly_texts_reach_the_terminal_as_harmless_text_in_rows_details_and_queries(
    tmp_path: Path, columns: int, lines: int
) -> None:
    with Terminal(tui(make_ugly_library(tmp_path)), columns=columns, lines=lines) as terminal:
        terminal.until_text(f"{len(UGLY)}  newest first")
        for _ in UGLY:
            press(terminal, "j")
        press(terminal, "\tG")
        leave(terminal, "scroll")
        walk_queries(terminal)
        terminal.send("q")

        assert terminal.until_end() == 0
        assert_harmless(bytes(terminal.raw))


@pytest.mark.matrix
def test_ugly_texts_reach_the_terminal_as_harmless_text_in_dialogs_messages_and_jobs(tmp_path: Path) -> None:
    with Terminal(tui(make_ugly_library(tmp_path))) as terminal:
        terminal.until_text(f"{len(UGLY)}  newest first")
        open_lists(terminal)
        open_dialogs(terminal)
        open_palette(terminal)
        push_all(terminal)
        terminal.send("q")

        assert terminal.until_end() == 0
        assert_harmless(bytes(terminal.raw))


def press(terminal: Terminal, keys: str) -> None:
    """Press keys, and see what the app has to say to them."""
    terminal.send(keys)
    terminal.read(1.0)
    # An escape is known to be one only after 0.1 s: with a key that comes sooner it would be that key with alt.
    terminal.settle(quiet_s=0.25 if keys.endswith("\x1b") else 0.05)


def leave(terminal: Terminal, title: str) -> None:
    """Escape, and see that what was there is gone: a key that follows at once would make another one of the two."""
    terminal.send("\x1b")
    terminal.until(lambda: title not in terminal.text, what=f"{title} gone")


def walk_queries(terminal: Terminal) -> None:
    """Queries of such texts, typed and pasted."""
    for query in ("[/]", "[@click=app.quit]x[/]", "voice:[", "tag:[", "\x1b[200~\x1b]0;owned\x07[/\x1b[201~"):
        press(terminal, f"/{query}")
        press(terminal, "\t\x1b")
        press(terminal, "\x1b")


def open_lists(terminal: Terminal) -> None:
    """The orders, the keys, the palette."""
    terminal.send("s")
    terminal.until_text("letter or enter")
    press(terminal, "i")
    for key, title in (("?", "type to filter"), (":", "Search for commands")):
        terminal.send(key)
        terminal.until_text(title)
        press(terminal, "[/]")
        leave(terminal, "│" if key == "?" else "▁▁▁▁")


def push_all(terminal: Terminal) -> None:
    """The trash and back, the plan sheet, and the job with its files."""
    terminal.send("gd")
    terminal.until_text("in the trash")
    terminal.send("u")
    terminal.until_text("undone")
    terminal.send("aP")
    terminal.until_text("to send")
    terminal.send("\r")
    terminal.until(lambda: "Every file is compared" not in terminal.text, what="the sheet gone")
    terminal.send("3")
    terminal.until_text("Push ")
    terminal.settle()
    terminal.send("1A")
    terminal.until_text("[1 Library]")


def test_an_editor_that_fails_leaves_the_app_as_it_was(tmp_path: Path) -> None:
    env = {"EDITOR": "/nowhere/at/all", "VISUAL": ""}
    with Terminal(tui(make_small_library(tmp_path)), env=env) as terminal:
        terminal.until_text("The end")
        terminal.send("E")
        terminal.until_text("The editor '/nowhere/at/all' could not be used.")
        terminal.send("j")
        terminal.until_text("▸  Mind the gap")
        terminal.send("q")

        assert terminal.until_end() == 0


def test_an_identity_is_edited_in_the_users_own_editor_and_what_makes_no_sense_is_told(tmp_path: Path) -> None:
    with Terminal(tui(make_small_library(tmp_path)), env=editing_by(tmp_path)) as terminal:
        terminal.until_text("The end")
        terminal.send("2")
        terminal.until_text("▸ Aria")
        terminal.send("E")
        terminal.until_text("saved; u undoes")
        terminal.until_text("model of the south")
        terminal.send("E")
        terminal.until_text("nothing was changed")
        terminal.send("G")
        terminal.until_text("▸ Maya")
        terminal.send("E")
        terminal.until_text("no valid YAML in line 3")
        terminal.until_text("What you wrote")
        terminal.send("k")
        terminal.until_text("▸ Aria")
        terminal.send("q")

        assert terminal.until_end() == 0


def open_dialogs(terminal: Terminal) -> None:
    """Facets, and every dialog that shows texts of recordings, for some of them."""
    terminal.send("f")
    terminal.until_text("space switch")
    for key in ("\x1b[B", "\x1b[B", " ", " ", "[", "\x7f", *["\x1b[6~"] * 8):
        press(terminal, key)
    leave(terminal, "space switch")
    for key, title in (
        ("e", "ctrl+s saves"),
        ("t", "known tags"),
        ("m", "↓ ↑ enter"),
        ("r", "Rename"),
        ("y", "its id"),
    ):
        for _ in range(3):
            terminal.send(key)
            terminal.until_text(title)
            terminal.settle(quiet_s=0.05)
            leave(terminal, title)
            terminal.send("jjjj")


def open_palette(terminal: Terminal) -> None:
    """A saved search of such a name, found again among other things."""
    terminal.send("/[red]\r@")
    terminal.until_text("saves this query")
    terminal.send("n")
    terminal.until_text("a name, then enter")
    terminal.send("[@click=app.quit]x[/]\r")
    terminal.until_text("@[@click=app.quit]x[/]")
    leave(terminal, "n saves this query")
    for typed, kind in (("click", "saved search"), ("stop", "recording")):
        terminal.send(":")
        terminal.until_text("Search for commands")
        terminal.send(typed)
        terminal.until_text(kind)
        leave(terminal, "▁▁▁▁")
    leave(terminal, f" of {len(UGLY)} ")


def test_several_recordings_are_edited_in_the_users_own_editor_after_a_look_at_the_changes(tmp_path: Path) -> None:
    with Terminal(tui(make_small_library(tmp_path), "wind"), env=editing_by(tmp_path)) as terminal:
        terminal.until_text("2  newest first")
        terminal.send("aE")
        terminal.until_text("Change 2 recordings?")
        terminal.until_text("+ title: South wind, take 1")
        terminal.send("\r")
        terminal.until_text("2 recordings changed; u takes it back")
        terminal.send("q")

        assert terminal.until_end() == 0
