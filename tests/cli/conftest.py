"""How the tests of the command line run it: in this process (fast), as a real program, or in a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest

from audiotui.cli.app import main

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
