"""How the tests of the command line run it: in this process (fast), as a real program, or in a terminal."""

from __future__ import annotations

import fcntl
import io
import math
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
import wave
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pyte
import pytest

from audiotui.cli.app import main
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path


class Result(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs one command line."""

    def __call__(self, *arguments: str, stdin: str = "") -> Result: ...


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a fresh library with a second folder ``archive``."""
    path = tmp_path / "audiotui.yaml"
    path.write_text(
        f"""audio_manager:
  db_path: "{tmp_path}/library/registry.db"
  locations:
    local:
      type: local
      path: "{tmp_path}/library/audio"
    archive:
      type: local
      path: "{tmp_path}/archive"
"""
    )
    path.chmod(0o600)
    (tmp_path / "archive").mkdir()
    return path


def write_wav(path: Path, *, seconds: float = 0.1, pitch_hz: int = 440) -> Path:
    """A short sound; different pitches make different bytes."""
    rate = 8000
    samples = [int(9000 * math.sin(2 * math.pi * pitch_hz * n / rate)) for n in range(int(rate * seconds))]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(samples), "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """A sound file outside the library."""
    return write_wav(tmp_path / "hello.wav")


@pytest.fixture
def run(config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in this process, without a terminal, on the library of ``config``."""
    monkeypatch.setenv("AUDIOTUI_CONFIG", str(config))

    def run(*arguments: str, stdin: str = "") -> Result:
        capfd.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(os.fsencode(stdin))))
        code = main(arguments)
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture
def program(config: Path) -> Run:
    """Runs the real program in a process of its own, on the library of ``config``."""
    environment = {**os.environ, "AUDIOTUI_CONFIG": str(config)}

    def run(*arguments: str, stdin: str = "") -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "audiotui", *arguments],
            input=os.fsencode(stdin),
            capture_output=True,
            check=False,
            env=environment,
            timeout=60,
        )
        return Result(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))

    return run


class Screen(NamedTuple):
    """What a person saw: how the program ended, every byte it drew, and the lines of the screen in the end."""

    code: int
    raw: bytes
    lines: list[str]


class InTerminal(Protocol):
    """Runs one command line in a terminal; ``typed`` is typed when ``prompt`` appears."""

    def __call__(
        self, *arguments: str, prompt: bytes = b"", typed: bytes = b"", columns: int = 80, **environment: str
    ) -> Screen: ...


@pytest.fixture
def in_terminal(config: Path) -> InTerminal:
    """Runs the real program in a terminal of 24 lines, on the library of ``config``."""

    def run(*arguments: str, prompt: bytes = b"", typed: bytes = b"", columns: int = 80, **environment: str) -> Screen:
        terminal, program_side = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "audiotui", *arguments],
            stdin=program_side,
            stdout=program_side,
            stderr=program_side,
            env={**os.environ, "AUDIOTUI_CONFIG": str(config), "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(program_side)
        raw = b""
        deadline = time.monotonic() + PATIENCE_S
        while select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            try:
                read = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            raw += read
            if typed and prompt in raw:
                os.write(terminal, typed)
                typed = b""
            if not read:
                break
        os.close(terminal)
        screen = pyte.Screen(columns, 24)
        pyte.ByteStream(screen).feed(raw)
        return Screen(process.wait(PATIENCE_S), raw, [line.rstrip() for line in screen.display])

    return run
