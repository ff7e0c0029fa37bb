"""Choosing under the prompt for a pipe, and the app in a browser: the real program, a real terminal, a real socket."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import aiohttp
import pytest
from pyte.modes import DECAWM

from audiotui import AudioManager
from tests.servers.process import answers, free_port, running
from tests.terminal import Terminal
from tests.tui.small_library import make_small_library
from tests.tui.ugly_library import make_ugly_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUDIOTUI = [sys.executable, "-m", "audiotui"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return make_small_library(tmp_path)


def piped(config: Path, out: Path) -> list[str]:
    """The chooser with its output in a file, as in a pipe."""
    command = shlex.join([*AUDIOTUI, "--config", str(config), "pick"])
    return ["/bin/sh", "-c", f"{command} > {shlex.quote(str(out))}"]


def test_marked_recordings_are_printed_by_their_ids_and_nothing_else(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "ids"
    with Terminal(piped(config, out)) as terminal:
        terminal.until_text("12 found")
        terminal.send("wind")
        terminal.until_text("\n 2 found")
        terminal.send("\t")
        terminal.until_text("1 marked")
        terminal.send("\t")
        terminal.until_text("2 marked")
        terminal.send("\r")
        assert terminal.until_end() == 0
    with AudioManager(config) as manager:
        wanted = [row.uid for row in manager.find("wind")]

    assert sorted(out.read_text().splitlines()) == sorted(wanted)


def test_without_marks_it_is_the_recording_under_the_cursor(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "ids"
    with Terminal(piped(config, out)) as terminal:
        terminal.until_text("12 found")
        terminal.send("\x1b[B")
        terminal.until_text("▸  Mind the gap")
        terminal.send("\r")
        assert terminal.until_end() == 0

    with AudioManager(config) as manager:
        assert manager.get_recording(out.read_text().strip()).title == "Mind the gap"


def test_a_line_that_is_longer_than_textual_thinks_moves_nothing(config: Path, tmp_path: Path) -> None:
    with Terminal(piped(config, tmp_path / "ids")) as terminal:
        terminal.until_text("12 found")
        wraps_meanwhile = DECAWM in terminal.screen.mode
        terminal.send("\x1b")
        terminal.until_end()

        assert not wraps_meanwhile
        assert DECAWM in terminal.screen.mode


def test_leaving_prints_nothing_and_says_so_by_the_exit_code(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "ids"
    with Terminal(piped(config, out)) as terminal:
        before = terminal.modes
        terminal.until_text("12 found")
        terminal.send("\x1b")

        assert terminal.until_end() == 130
        assert terminal.modes == before
    assert out.read_text() == ""


def test_texts_that_act_on_terminals_are_shown_harmlessly(tmp_path: Path) -> None:
    with Terminal(piped(make_ugly_library(tmp_path), tmp_path / "ids")) as terminal:
        terminal.until_text("30 found")
        for _ in range(30):
            terminal.send("\x1b[B")
        terminal.settle()
        terminal.send("\x1b")
        terminal.until_end()

        assert b"]0;owned" not in terminal.raw.replace("␛]0;owned".encode(), b"")
        assert b"\x1b]52" not in terminal.raw


def test_without_a_terminal_it_is_refused_in_words(config: Path) -> None:
    done = subprocess.run(
        [*AUDIOTUI, "--config", str(config), "pick"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )

    assert done.returncode == 2
    assert b"Choosing needs a terminal" in done.stderr
    assert done.stdout == b""


@pytest.fixture
def port(config: Path, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    command = [*AUDIOTUI, "--config", str(config), "serve", "--port", str(port)]
    with running(command, log=tmp_path / "serve.log", ready=lambda: answers(port)):
        yield port


async def test_the_app_comes_to_a_browser(port: int) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
        seen = b""
        async with session.ws_connect(f"http://127.0.0.1:{port}/ws?width=80&height=24") as socket:
            async with asyncio.timeout(30):
                while b"The end" not in seen:
                    message = await socket.receive()
                    assert message.type is not aiohttp.WSMsgType.CLOSE, seen
                    seen += message.data if isinstance(message.data, bytes) else str(message.data).encode()
            await socket.send_str(json.dumps(["stdin", "q"]))


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}], ids=["page", "name"])
async def test_other_pages_and_other_names_are_refused(port: int, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/", headers=headers) as page:
            assert page.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(f"http://127.0.0.1:{port}/ws", headers=headers)


def test_a_port_that_is_taken_is_told_in_words(port: int, config: Path) -> None:
    done = subprocess.run(
        [*AUDIOTUI, "--config", str(config), "serve", "--port", str(port)], capture_output=True, check=False
    )

    assert done.returncode == 2
    assert b"Name another port" in done.stderr
