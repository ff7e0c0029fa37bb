"""Ctrl-C: work that can be gone on with is stopped in good order, anything else ends with a word."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from audiotui.cli.interrupts import stopping
from audiotui.cli.session import Session
from tests.waiting import PATIENCE_S

from .conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import InTerminal, Run


def states(run: Run) -> list[str]:
    """What the library says of every copy."""
    lines = [json.loads(line) for line in run("status", "--json").out.splitlines()]
    return [copy["state"] for line in lines for copy in line["copies"].values()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_stop_and_the_second_ends_at_once(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)

    with stopping(Session()) as wanted:
        assert not wanted.is_set()
        signal.raise_signal(number)
        assert wanted.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)

    assert signal.getsignal(number) is before
    assert capsys.readouterr().err.count("Stopping") == 1


def test_outside_the_main_thread_nothing_is_changed() -> None:
    seen: list[bool] = []

    def work() -> None:
        with stopping(Session()) as wanted:
            seen.append(wanted.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [False]


def test_ctrl_c_anywhere_is_130_and_a_word(config: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "audiotui", "-v", "register-recording", "--text-file", "-"],
        env={**os.environ, "AUDIOTUI_CONFIG": str(config)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "info: reading standard input\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        err = process.stderr.read()

    assert err == "interrupted\n"


@pytest.mark.parametrize("module", ["pathlib", "typer"], ids=["first of all", "its commands"])
def test_ctrl_c_while_the_program_loads_is_130_and_a_word(tmp_path: Path, module: str) -> None:
    # What Python does when the signal comes just while it loads that.
    (tmp_path / f"{module}.py").write_text("raise KeyboardInterrupt")

    ended = subprocess.run(
        [sys.executable, "-m", "audiotui", "list-recordings"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")


def test_a_thousand_files_are_not_sent_without_a_word(run: Run, in_terminal: InTerminal, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1_001):
        write_wav(folder / f"{number}.wav", seconds=0.005, pitch_hz=100 + number)
    run("import", str(folder), "--allow-duplicate")

    screen = in_terminal("push-recordings", "", prompt=b"[y/N]", typed=b"n\n")

    assert screen.code == 130
    assert "1,001 files to copy" in " ".join(screen.lines)
    assert not list((tmp_path / "archive").rglob("*.wav"))


@pytest.mark.parametrize(
    "command",
    [
        ["verify"],
        ["repair"],
        ["locations", "scan", "archive"],
        ["drop", "", "--from", "local", "--yes"],
        ["drop", "", "--from", "archive", "--yes"],
        ["restore-copies", "", "--from", "archive"],
    ],
    ids=["verify", "repair", "scan", "drop", "drop from it", "restore-copies"],
)
def test_ctrl_c_ends_work_that_waits_for_a_host_that_never_answers(
    command: list[str], run: Run, config: Path, tmp_path: Path
) -> None:
    for number in range(3):
        sound = write_wav(tmp_path / f"{number}.wav", pitch_hz=300 + number)
        run("register-recording", "--text", f"number {number}", "--audio-file", str(sound))
    run("push-recordings", "", "--yes")
    if command == ["repair"]:
        next((tmp_path / "archive").rglob("*.wav")).unlink()
        run("verify")
    before = states(run)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        silent.settimeout(PATIENCE_S)
        host = f"""type: scp
      host: 127.0.0.1
      port: {silent.getsockname()[1]}
      user: me
      connect_timeout: {PATIENCE_S:.0f}
      remote_path: /archive"""
        folder = f'type: local\n      path: "{tmp_path}/archive"'
        config.write_text(config.read_text().replace(folder, host))
        with subprocess.Popen(
            [sys.executable, "-m", "audiotui", *command],
            env={**os.environ, "AUDIOTUI_CONFIG": str(config)},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            stopped_s = time.monotonic()
            code = process.wait(PATIENCE_S)
            took_s = time.monotonic() - stopped_s
            connection.close()

    assert code == 130
    assert took_s < 5  # two, and what a loaded machine adds
    assert states(run) == before
