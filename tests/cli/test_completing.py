"""What a shell offers when it completes a word: ids of the library that begin as typed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


class Offered(Protocol):
    """What bash would offer for the last word of a line."""

    def __call__(self, line: str) -> list[str]: ...


def words_of(line: str) -> dict[str, str]:
    """How bash asks for the end of a line."""
    return {"_AUDIOTUI_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}


def offered_by_program(config: Path, line: str) -> list[str]:
    """What the real program offers, in a process of its own."""
    environment = {**os.environ, "AUDIOTUI_CONFIG": str(config), **words_of(line)}
    done = subprocess.run(
        [sys.executable, "-m", "audiotui"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> Offered:
    """What is offered for a line, in this process."""

    def offered(line: str) -> list[str]:
        with monkeypatch.context() as asking:
            for name, value in words_of(line).items():
                asking.setenv(name, value)
            done = run()
        assert (done.code, done.err) == (0, "")
        return done.out.split()

    return offered


def test_ids_of_recordings_are_completed(run: Run, offered: Offered) -> None:
    first, second = (run("register-recording", "--text", text).out.strip() for text in ("one", "two"))

    assert offered("audiotui show-recording ") == [second, first]
    assert offered(f"audiotui edit-recording {first[:10].upper()}") == [first]
    assert offered("audiotui show-recording xyz") == []
    assert offered('audiotui show-recording a"b') == []


def test_ids_of_identities_and_of_the_trash_are_completed(run: Run, offered: Offered) -> None:
    voice = run("register-ai-identity", "--model", "m", "--voice", "v").out.strip()
    kept, trashed = (run("register-recording", "--text", text).out.strip() for text in ("kept", "trashed"))
    run("delete-recording", trashed, "--yes")

    assert offered("audiotui show-identity ") == [voice]
    assert offered("audiotui merge-identities ") == [voice]
    assert offered("audiotui restore-recording ") == [trashed]
    assert offered("audiotui show-recording ") == [kept]


@pytest.mark.parametrize(
    "line", ["audiotui push-recording --destination ", "audiotui drop --from ", "audiotui locations check "]
)
def test_names_of_locations_are_completed(offered: Offered, line: str) -> None:
    assert offered(line) == ["local", "archive"]
    assert offered(f"{line}arch") == ["archive"]


@pytest.mark.parametrize("line", ["audiotui show-recording ", "audiotui show-job ", "audiotui show-identity "])
def test_completing_makes_no_library_and_tells_no_error(config: Path, tmp_path: Path, line: str) -> None:
    before = sorted(tmp_path.rglob("*"))

    assert offered_by_program(config, line) == []
    assert offered_by_program(tmp_path / "missing.yaml", line) == []

    assert sorted(tmp_path.rglob("*")) == before
