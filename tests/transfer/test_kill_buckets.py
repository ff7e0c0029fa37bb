"""kill -9 at any instant of a push to or a pull from a bucket leaves nothing wrong, and a second run finishes."""

from __future__ import annotations

import secrets
from random import Random
from typing import TYPE_CHECKING, Literal

import pytest

from tests.transfer.bucket_library import BucketLibrary, put_beside
from tests.transfer.killing import KILLED, check_that_it_heals, drive, kill_among_files
from tests.transfer.library import copy_library
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.buckets import BucketServer

RUNNER = "tests.transfer.bucket_library"

FEW_FILES = 20
SOME_FILES = 100
MANY_FILES = 1_000
"""Of 300 bytes each, and two big ones: in the runs of crash points, of some instants, and of many."""

BIG_BYTES = (17_000_000, 34_000_000)
"""Two parts, and three: both are resumed."""

KILLS = 10
"""Random instants of each verb in the default run; fifteen times as many in the long one."""

CRASH_POINTS = (
    ("push", "objects.after_claim:1"),
    ("push", "objects.after_put:2"),
    ("push", "objects.after_start:1"),
    ("push", "objects.after_start:2"),
    ("push", "objects.after_part:1"),
    ("push", "objects.after_part:3"),
    ("push", "objects.after_commit:1"),
    ("push", "objects.after_commit:2"),
    ("push", "engine.after_lease:1"),
    ("push", "engine.after_token:1"),
    ("push", "engine.after_commit:2"),
    ("push", "engine.after_catalog:1"),
    ("push", "engine.after_journal:1"),
    ("pull", "local.after_temp:2"),
    ("pull", "local.after_write:2"),
    ("pull", "local.before_commit:2"),
    ("pull", "local.after_commit:2"),
    ("pull", "engine.after_token:1"),
    ("pull", "engine.after_catalog:1"),
    ("pull", "engine.after_journal:1"),
)

Kind = Literal["s3", "minio"]


class Templates:
    """Libraries with a job that waits, made once and then copied; each push gets a prefix of its own."""

    def __init__(self, folder: Path, server: BucketServer) -> None:
        self._folder = folder
        self._server = server
        self._bucket = server.new_bucket()
        self._made: dict[tuple[str, int, str], Path] = {}

    def prepared(self, verb: str, files: int, kind: Kind, folder: Path) -> Path:
        """A library of so many small files and two big ones, in which a push or a pull of all of them waits."""
        if (verb, files, kind) not in self._made:
            self._made[verb, files, kind] = self._make(verb, files, kind)
        copy_library(self._made[verb, files, kind], folder)
        if verb == "push":
            self.give_bucket(folder, kind)
        return folder

    def give_bucket(self, folder: Path, kind: Kind, *, checksums: str = "auto") -> None:
        """Let a library have an archive that nobody wrote to."""
        put_beside(folder, self._server, kind, self._bucket, secrets.token_hex(6), checksums)

    def _make(self, verb: str, files: int, kind: Kind) -> Path:
        folder = self._folder / f"{verb} {files} {kind}"
        folder.mkdir()
        self.give_bucket(folder, kind)
        with BucketLibrary(folder) as library:
            ids = library.add_many(files) + library.add(*(Random(size).randbytes(size) for size in BIG_BYTES))
            if verb == "pull":
                library.push(ids)
                library.lose("local", ids)
            library.queue(verb, ids)
        return folder


@pytest.fixture(scope="module", params=["minio", pytest.param("seaweed", marks=pytest.mark.long)])
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"), request.getfixturevalue(request.param))


@pytest.mark.matrix
@pytest.mark.parametrize(("verb", "place"), CRASH_POINTS)
def test_a_process_that_dies_at_a_crash_point_leaves_nothing_wrong(
    verb: str, place: str, templates: Templates, tmp_path: Path
) -> None:
    kind: Kind = "minio" if len(place) % 2 else "s3"
    folder = templates.prepared(verb, FEW_FILES, kind, tmp_path / "library")
    if place.startswith("engine.after_commit"):  # where a copy is proven by reading it back
        templates.give_bucket(folder, kind, checksums="off")

    assert drive(RUNNER, folder, AUDIOTUI_CRASHPOINT=place).wait(PATIENCE_S) == KILLED
    check_that_it_heals(BucketLibrary, folder, verb, FEW_FILES + len(BIG_BYTES))


def kill_at_random(templates: Templates, verb: str, files: int, seed: int, folder: Path) -> None:
    random = Random(seed)
    kind: Kind = random.choice(("s3", "minio"))
    templates.prepared(verb, files, kind, folder)
    process = drive(RUNNER, folder)
    with BucketLibrary(folder) as library:
        kill_among_files(process, library, files, random)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_process_that_dies_at_any_instant_leaves_nothing_wrong(
    verb: str, seed: int, templates: Templates, tmp_path: Path
) -> None:
    kill_at_random(templates, verb, SOME_FILES, seed, tmp_path / "library")

    check_that_it_heals(BucketLibrary, tmp_path / "library", verb, SOME_FILES + len(BIG_BYTES))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(KILLS, 15 * KILLS))
@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_process_that_dies_at_one_of_many_instants_leaves_nothing_wrong(
    verb: str, seed: int, templates: Templates, tmp_path: Path
) -> None:
    kill_at_random(templates, verb, MANY_FILES, seed, tmp_path / "library")

    check_that_it_heals(BucketLibrary, tmp_path / "library", verb, MANY_FILES + len(BIG_BYTES))
