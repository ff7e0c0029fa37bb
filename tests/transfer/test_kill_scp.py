"""kill -9 at any instant of a push to or a pull from an SSH host leaves nothing wrong, and a second run finishes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.options.scp import OPENSSH, PARAMIKO
from tests.servers.openssh import OpenSsh
from tests.transfer.killing import KILLED, check_that_it_heals, drive, kill_among_files
from tests.transfer.library import copy_library
from tests.transfer.scp_library import ScpLibrary, put_beside
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNNER = "tests.transfer.scp_library"

FEW_FILES = 20
SOME_FILES = 100
MANY_FILES = 1_000
"""Of 300 bytes each, and big ones: in the runs of crash points, of some instants, and of many."""

BIG_BYTES = {FEW_FILES: (17_000_000,), SOME_FILES: (17_000_000,), MANY_FILES: (17_000_000, 34_000_000)}
"""Files of two parts and of three, which are resumed."""

KILLS = 10
"""Random instants of each verb in the default run; fifteen times as many in the long one."""

CRASH_POINTS = (
    ("push", "scp.after_claim:1"),
    ("push", "scp.after_temp:2"),
    ("push", "scp.after_seal:2"),
    ("push", "scp.after_link:2"),
    ("push", "engine.after_token:1"),
    ("push", "engine.after_commit:2"),
    ("push", "engine.after_catalog:1"),
    ("pull", "local.before_commit:2"),
    ("pull", "engine.after_catalog:1"),
)


class Templates:
    """Libraries with a job that waits, made once and then copied."""

    def __init__(self, folder: Path, server: OpenSsh) -> None:
        self._folder = folder
        self._server = server
        self._made: dict[tuple[str, int], Path] = {}

    def prepared(
        self, verb: str, files: int, folder: Path, *, transport: str = PARAMIKO, measured: bool = True
    ) -> Path:
        """A library of so many small files and two big ones, in which a push or a pull of all of them waits."""
        if (verb, files) not in self._made:
            self._made[verb, files] = self._make(verb, files)
        copy_library(self._made[verb, files], folder)
        put_beside(folder, self._server, transport, measured=measured)
        return folder

    def _make(self, verb: str, files: int) -> Path:
        folder = self._folder / f"{verb} {files}"
        folder.mkdir()
        put_beside(folder, self._server, PARAMIKO, measured=False)
        with ScpLibrary(folder) as library:
            ids = library.add_many(files) + library.add(*(Random(size).randbytes(size) for size in BIG_BYTES[files]))
            if verb == "pull":
                library.push(ids)
                library.lose("local", ids)
            library.queue(verb, ids)
        return folder


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    server = OpenSsh(tmp_path_factory.mktemp("openssh"))
    server.prepare()
    with server.running():
        yield Templates(tmp_path_factory.mktemp("templates"), server)


@pytest.mark.matrix
@pytest.mark.parametrize(("verb", "place"), CRASH_POINTS)
def test_a_process_that_dies_at_a_crash_point_leaves_nothing_wrong(
    verb: str, place: str, templates: Templates, tmp_path: Path
) -> None:
    folder = templates.prepared(verb, FEW_FILES, tmp_path / "library")

    assert drive(RUNNER, folder, AUDIOTUI_CRASHPOINT=place).wait(PATIENCE_S) == KILLED
    check_that_it_heals(ScpLibrary, folder, verb, FEW_FILES + len(BIG_BYTES[FEW_FILES]))


def kill_at_random(templates: Templates, verb: str, files: int, seed: int, folder: Path) -> None:
    random = Random(seed)
    transport = random.choice((PARAMIKO, OPENSSH))
    templates.prepared(verb, files, folder, transport=transport, measured=random.random() < 0.5)
    process = drive(RUNNER, folder)
    with ScpLibrary(folder) as library:
        kill_among_files(process, library, files, random)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_process_that_dies_at_any_instant_leaves_nothing_wrong(
    verb: str, seed: int, templates: Templates, tmp_path: Path
) -> None:
    kill_at_random(templates, verb, SOME_FILES, seed, tmp_path / "library")

    check_that_it_heals(ScpLibrary, tmp_path / "library", verb, SOME_FILES + len(BIG_BYTES[SOME_FILES]))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(KILLS, 15 * KILLS))
@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_process_that_dies_at_one_of_many_instants_leaves_nothing_wrong(
    verb: str, seed: int, templates: Templates, tmp_path: Path
) -> None:
    kill_at_random(templates, verb, MANY_FILES, seed, tmp_path / "library")

    check_that_it_heals(ScpLibrary, tmp_path / "library", verb, MANY_FILES + len(BIG_BYTES[MANY_FILES]))
