"""kill -9 at any instant of a push or pull leaves nothing wrong, and a second run finishes."""

from __future__ import annotations

import subprocess
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.faults import crashpoint_names
from tests.transfer.killing import KILLED, check_that_it_heals, drive
from tests.transfer.library import Library, copy_library
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = "tests.transfer.driver"

FILES = 1_000
FEW_FILES = 60
"""For the crash points, which are reached with the first files."""

BIG_BYTES = 17_000_000
"""Two parts: its upload can be resumed."""

VERBS = ("push", "pull")
KILLS = 10
"""Random instants of each verb in the check of a release; nine times as many more in the long run."""

CRASH_POINTS = [
    name
    for name in crashpoint_names("transfer", "backends")
    if name.startswith(("engine.", "local."))
    and name not in {"local.after_delete", "local.after_move", "engine.after_commit"}
]
"""Those that a transfer between folders comes by; they prove what they store at once, and not after the commit."""


class Templates:
    """Libraries with a job that waits, made once and then copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, int], Path] = {}

    def prepared(self, verb: str, files: int, folder: Path) -> Path:
        """A library of so many small files and a big one, in which a push or a pull of all of them waits."""
        if (verb, files) not in self._made:
            self._made[verb, files] = self._make(verb, files)
        return copy_library(self._made[verb, files], folder)

    def _make(self, verb: str, files: int) -> Path:
        folder = self._folder / f"{verb} {files}"
        folder.mkdir()
        with Library(folder) as library:
            ids = library.add_many(files) + library.add(Random(0).randbytes(BIG_BYTES))
            if verb == "pull":
                library.push(ids)
                library.lose("local", ids)
            library.queue(verb, ids)
        return folder


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="module")
def duration_s(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """How long each verb takes when nobody kills it."""
    durations = {}
    for verb in VERBS:
        folder = templates.prepared(verb, FILES, tmp_path_factory.mktemp(verb) / "library")
        started_s = time.monotonic()
        assert drive(RUNNER, folder).wait(PATIENCE_S) == 0
        durations[verb] = time.monotonic() - started_s
    return durations


def kill_at_random(folder: Path, duration_s: float, seed: int) -> None:
    process = drive(RUNNER, folder)
    try:
        process.wait(Random(seed).uniform(0.1, 1.0) * duration_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE_S)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", CRASH_POINTS)
def test_a_process_that_dies_at_a_crash_point_leaves_nothing_wrong(
    verb: str, name: str, templates: Templates, tmp_path: Path
) -> None:
    folder = templates.prepared(verb, FEW_FILES, tmp_path / "library")
    visit = 1 if name in {"engine.after_lease", "engine.after_token"} else 2

    assert drive(RUNNER, folder, AUDIOTUI_CRASHPOINT=f"{name}:{visit}").wait(PATIENCE_S) == KILLED
    check_that_it_heals(Library, folder, verb, FEW_FILES + 1)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("verb", VERBS)
def test_a_process_that_dies_at_any_instant_leaves_nothing_wrong(
    verb: str, seed: int, templates: Templates, duration_s: dict[str, float], tmp_path: Path
) -> None:
    folder = templates.prepared(verb, FILES, tmp_path / "library")
    kill_at_random(folder, duration_s[verb], seed)

    check_that_it_heals(Library, folder, verb, FILES + 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(KILLS, 10 * KILLS))
@pytest.mark.parametrize("verb", VERBS)
def test_a_process_that_dies_at_one_of_many_instants_leaves_nothing_wrong(
    verb: str, seed: int, templates: Templates, duration_s: dict[str, float], tmp_path: Path
) -> None:
    folder = templates.prepared(verb, FILES, tmp_path / "library")
    kill_at_random(folder, duration_s[verb], seed)

    check_that_it_heals(Library, folder, verb, FILES + 1)
