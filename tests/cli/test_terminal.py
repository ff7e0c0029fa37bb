"""What a person sees in a terminal: tables, questions, bars, and no control codes from data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import InTerminal, Run

HOSTILE = "\x1b]0;owned\x07 [red]x[/] \x1b[2J 日本語"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_listing_is_a_table_that_fits(run: Run, in_terminal: InTerminal, columns: int) -> None:
    uid = run("register-recording", "--text", "Hello " + "word " * 100, "--language", "en-GB").out.strip()
    run("register-recording", "--text", HOSTILE * 5, "--model", "m", "--voice", "a very long name of a voice")

    screen = in_terminal("list-recordings", columns=columns)

    assert screen.code == 0
    header, *rows = [line for line in screen.lines if line]
    assert header.split()[0] == "ID"
    assert header.split()[-1] == "RECORDING"
    assert len(rows) == 2
    assert rows[1].startswith(uid[:13])
    assert all(row.endswith("…") for row in rows) or columns == 200


def test_nothing_from_data_reaches_the_terminal_as_a_control_code(run: Run, in_terminal: InTerminal) -> None:
    uid = run("register-recording", "--text", HOSTILE, "--title", HOSTILE, "--tag", HOSTILE).out.strip()

    for command in (("list-recordings",), ("show-recording", uid), ("list-tags",), ("history",)):
        screen = in_terminal(*command)
        assert screen.code == 0
        assert b"\x1b" not in screen.raw, command
        assert b"\x07" not in screen.raw


@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 130, 1), (b"\n", 130, 1), (b"y\n", 0, 0)])
def test_a_purge_waits_for_a_yes(run: Run, in_terminal: InTerminal, answer: bytes, code: int, left: int) -> None:
    uid = run("register-recording", "--text", "Hello").out.strip()

    screen = in_terminal("delete-recording", uid, "--purge", prompt=b"[y/N]", typed=answer)

    assert screen.code == code
    assert "'Hello'" in " ".join(screen.lines)
    assert len(run("list-recordings").out.splitlines()) == left


def test_ctrl_c_at_a_question_ends_it_with_a_word(run: Run, in_terminal: InTerminal) -> None:
    uid = run("register-recording", "--text", "Hello").out.strip()

    screen = in_terminal("delete-recording", uid, "--purge", prompt=b"[y/N]", typed=b"\x04")

    assert screen.code == 130
    assert "Nothing was removed" in " ".join(screen.lines)


def test_a_push_shows_a_bar_and_leaves_a_sentence(run: Run, in_terminal: InTerminal, tmp_path: Path) -> None:
    for number in range(3):
        path = write_wav(tmp_path / f"{number}.wav", seconds=2, pitch_hz=300 + number)
        run("register-recording", "--audio-file", str(path))

    screen = in_terminal("push-recordings", "", columns=120)

    assert screen.code == 0
    assert b"3/3" in screen.raw
    assert screen.lines[1] == "Copied 3 of 3 files to archive. Proven now: 3 read back."


def test_a_failure_is_told_beside_the_bar_as_it_is(run: Run, in_terminal: InTerminal, tmp_path: Path) -> None:
    for number, name in enumerate(("[red]x.wav", "good.wav")):
        run("register-recording", "--audio-file", str(write_wav(tmp_path / name, pitch_hz=300 + number)))
    damaged = min((tmp_path / "library" / "audio").rglob("*.wav"), key=lambda path: path.stat().st_mtime_ns)
    data = bytearray(damaged.read_bytes())
    data[60] ^= 1
    damaged.chmod(0o600)
    damaged.write_bytes(data)

    screen = in_terminal("push-recordings", "", columns=150)

    assert screen.code == 8
    assert re.search(r"error: \[red\]x\.wav: ", " ".join(screen.lines))


def test_no_color_is_respected(run: Run, in_terminal: InTerminal, tmp_path: Path) -> None:
    run("register-recording", "--audio-file", str(write_wav(tmp_path / "a.wav", seconds=2)))

    screen = in_terminal("push-recordings", "", columns=120, NO_COLOR="1")

    assert screen.code == 0
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]", screen.raw)


def test_quiet_says_nothing(run: Run, in_terminal: InTerminal, wav: Path) -> None:
    run("register-recording", "--audio-file", str(wav))

    assert in_terminal("push-recordings", "", "--quiet").raw == b""


def test_without_a_command_the_app_opens(in_terminal: InTerminal) -> None:
    screen = in_terminal(prompt=b"1 Library", typed=b"\x11")  # its first frame: earlier keys may be lost

    assert b"\x1b[?1049h" in screen.raw
    assert b"\x1b[?1049l" in screen.raw
    assert screen.code == 0
