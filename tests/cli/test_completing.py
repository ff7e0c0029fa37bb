"""What a shell offers when it completes a word: ids of the library that begin as typed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def offered(config: Path, line: str) -> list[str]:
    """What bash would offer for the last word of a line."""
    environment = {
        **os.environ,
        "AUDIOTUI_CONFIG": str(config),
        "_AUDIOTUI_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-m", "audiotui"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_ids_of_recordings_are_completed(run: Run, config: Path) -> None:
    first, second = (run("register-recording", "--text", text).out.strip() for text in ("one", "two"))

    assert offered(config, "audiotui show-recording ") == [second, first]
    assert offered(config, f"audiotui edit-recording {first[:10].upper()}") == [first]
    assert offered(config, "audiotui show-recording xyz") == []
    assert offered(config, 'audiotui show-recording a"b') == []


def test_ids_of_identities_and_of_the_trash_are_completed(run: Run, config: Path) -> None:
    voice = run("register-ai-identity", "--model", "m", "--voice", "v").out.strip()
    kept, trashed = (run("register-recording", "--text", text).out.strip() for text in ("kept", "trashed"))
    run("delete-recording", trashed, "--yes")

    assert offered(config, "audiotui show-identity ") == [voice]
    assert offered(config, "audiotui merge-identities ") == [voice]
    assert offered(config, "audiotui restore-recording ") == [trashed]
    assert offered(config, "audiotui show-recording ") == [kept]


@pytest.mark.parametrize(
    "line", ["audiotui push-recording --destination ", "audiotui drop --from ", "audiotui locations check "]
)
def test_names_of_locations_are_completed(config: Path, line: str) -> None:
    assert offered(config, line) == ["local", "archive"]
    assert offered(config, f"{line}arch") == ["archive"]


@pytest.mark.parametrize("line", ["audiotui show-recording ", "audiotui show-job ", "audiotui show-identity "])
def test_completing_makes_no_library_and_tells_no_error(config: Path, tmp_path: Path, line: str) -> None:
    before = sorted(tmp_path.rglob("*"))

    assert offered(config, line) == []
    assert offered(tmp_path / "missing.yaml", line) == []

    assert sorted(tmp_path.rglob("*")) == before
