"""Damage is found whole, without a false alarm, and made good again from copies that are right."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Limits
from audiotui.errors import IntegrityError, LocationError, TransferCancelled
from audiotui.model import PART_BYTES, CopyState, CopyUpdate, VerifyLevel
from audiotui.transfer.removal import Removal
from audiotui.transfer.repair import Repaired, Repairer
from audiotui.transfer.verify import VerifyReport, verify
from tests.faults import Fail, FaultyBackend, Meanwhile, flip_byte
from tests.transfer.library import Library
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def look(library: Library) -> VerifyReport:
    """Read every copy."""
    return verify(library.catalog, library.backends.__getitem__, locations=("local", "archive"))


def bad_copies(library: Library) -> list[Removal]:
    """What a repair is given: the copies that the catalog calls damaged or missing."""
    return [
        Removal(recording.uid, file, copy)
        for recording in library.catalog.recordings_by_ids(library.all_ids())
        for file in recording.files
        for copy in file.copies
        if copy.state in (CopyState.DAMAGED, CopyState.MISSING)
    ]


def repair(library: Library) -> list[Repaired]:
    """Repair all of them."""
    return list(Repairer(library.catalog, library.backends.__getitem__).repair(bad_copies(library)))


def in_trash(library: Library, location: str) -> list[Path]:
    """Files that were set aside."""
    return [path for path in (library.folder / location / ".trash").rglob("*") if path.is_file()]


@pytest.mark.parametrize("flips", [100, pytest.param(1_000, marks=pytest.mark.matrix)])
def test_flipped_bits_and_twenty_lost_and_twenty_cut_files_are_found_and_healed(library: Library, flips: int) -> None:
    chance = random.Random(7)
    ids = library.add_many(flips + 100)
    library.push(ids)
    paths = {row: library.path("archive", row) for row in ids}
    flipped, lost, cut = ids[:flips], ids[flips : flips + 20], ids[flips + 20 : flips + 40]
    for row in flipped:
        data = bytearray(paths[row].read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        paths[row].write_bytes(data)
    for row in lost:
        paths[row].unlink()
    for row in cut:
        os.truncate(paths[row], chance.randrange(300))

    found = look(library)
    outcomes = repair(library)
    after = look(library)

    assert {bad.key for bad in found.damaged} == {key_of(library, row) for row in (*flipped, *cut)}
    assert {bad.key for bad in found.missing} == {key_of(library, row) for row in lost}
    assert found.right == len(ids) + 60
    assert [outcome.error for outcome in outcomes] == [None] * (flips + 40)
    assert (after.right, after.is_clean) == (2 * len(ids), True)
    assert library.states("archive", ids) == [CopyState.PRESENT] * len(ids)
    assert len(in_trash(library, "archive")) == flips + 20


def key_of(library: Library, row: int) -> str:
    """The key of a recording's copy in the archive."""
    return library.path("archive", row).relative_to(library.folder / "archive").as_posix()


def test_a_big_file_is_repaired_part_by_part(library: Library) -> None:
    ids = library.add(os.urandom(PART_BYTES) + b"short last part")
    library.push(ids)
    flip_byte(library.path("archive", ids[0]), at=PART_BYTES + 3)
    look(library)

    [outcome] = repair(library)

    assert outcome.error is None
    assert outcome.level >= VerifyLevel.STORAGE_SUM
    assert look(library).is_clean


def test_the_local_copy_is_repaired_from_elsewhere_too(library: Library) -> None:
    ids = library.add(b"one", b"two")
    library.push(ids)
    flip_byte(library.path("local", ids[0]))
    library.lose("local", ids[1:])
    look(library)

    assert [outcome.source for outcome in repair(library)] == ["archive", "archive"]
    assert look(library).is_clean


def test_a_copy_that_is_right_again_needs_nothing(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    path = library.path("archive", ids[0])
    flip_byte(path)
    look(library)
    flip_byte(path)

    [outcome] = repair(library)

    assert (outcome.error, outcome.source) == (None, "")
    assert library.states("archive", ids) == [CopyState.PRESENT]
    assert in_trash(library, "archive") == []


def test_without_a_good_copy_nothing_is_touched(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    for place in ("local", "archive"):
        flip_byte(library.path(place, ids[0]))
    before = {place: library.path(place, ids[0]).read_bytes() for place in ("local", "archive")}
    look(library)

    outcomes = repair(library)

    assert [type(outcome.error) for outcome in outcomes] == [IntegrityError, IntegrityError]
    assert {place: library.path(place, ids[0]).read_bytes() for place in before} == before


def test_a_source_that_only_the_catalog_believes_in_heals_nothing(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    flip_byte(library.path("archive", ids[0]))
    look(library)
    flip_byte(library.path("local", ids[0]))

    [outcome] = repair(library)

    assert isinstance(outcome.error, IntegrityError)
    assert library.states("local", ids) == [CopyState.DAMAGED]


def test_damaged_bytes_stay_until_the_good_ones_are_there(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    path = library.path("archive", ids[0])
    path.write_bytes(b"eno")
    look(library)
    full = LocationError("archive is full.", location="archive")
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"], Fail(verb="put_small", error=full, times=9)
    )

    [outcome] = repair(library)

    assert outcome.error is full
    assert path.read_bytes() == b"eno"


def test_a_file_of_the_users_own_that_changed_is_left_to_the_user(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    (file,) = library.files(ids)
    copy = next(copy for copy in file.copies if copy.location == "local")
    library.catalog.put_copies([CopyUpdate(file.id, "local", copy.key, 3, managed=False)])
    library.path("local", ids[0]).write_bytes(b"own")
    look(library)

    [outcome] = repair(library)

    assert isinstance(outcome.error, IntegrityError)
    assert "your own file" in outcome.error.message
    assert library.path("local", ids[0]).read_bytes() == b"own"


def own_file(library: Library) -> tuple[Path, str]:
    """A file of the user's own in ``archive``, which is missing there by now and good in ``local``; its key, too."""
    ids = library.add(b"one")
    library.push(ids)
    (file,) = library.files(ids)
    copy = next(copy for copy in file.copies if copy.location == "archive")
    library.catalog.put_copies([CopyUpdate(file.id, "archive", copy.key, 3, managed=False)])
    library.lose("archive", ids)
    look(library)
    return library.path("archive", ids[0]), copy.key


def test_nothing_is_begun_under_the_key_of_a_file_of_the_users_own(library: Library) -> None:
    path, key = own_file(library)
    library.backends["archive"] = FaultyBackend(library.backends["archive"], Fail(verb="put_small", key=key, times=9))

    [outcome] = repair(library)

    assert outcome.error is None
    assert path.read_bytes() == b"one"
    assert in_trash(library, "archive") == []


def test_what_the_user_puts_in_the_place_of_a_lost_file_meanwhile_stays_there(library: Library) -> None:
    path, _ = own_file(library)

    def put_back() -> None:
        path.write_bytes(b"own")

    library.backends["archive"] = FaultyBackend(library.backends["archive"], Meanwhile(verb="put_small", act=put_back))

    [outcome] = repair(library)

    assert outcome.error is not None
    assert path.read_bytes() == b"own"


@pytest.mark.parametrize("verb", ["stat", "put_small", "move"])
def test_a_repair_that_is_stopped_waits_for_no_host_that_keeps_silent(library: Library, verb: str) -> None:
    library.push(library.add_many(3))
    for path in (library.folder / "archive").rglob("*.wav"):
        flip_byte(path)
    look(library)
    cancel, answer = threading.Event(), threading.Event()

    def keep_silent() -> None:
        cancel.set()
        assert answer.wait(PATIENCE_S)

    silent = Meanwhile(verb=verb, act=keep_silent, times=99)
    library.backends["archive"] = FaultyBackend(library.backends["archive"], silent)
    repairer = Repairer(library.catalog, library.backends.__getitem__, limits=Limits(cancel=cancel))
    outcomes = list(repairer.repair(bad_copies(library)))
    answer.set()

    assert [type(outcome.error) for outcome in outcomes] == [TransferCancelled] * 3


def test_a_folder_in_the_place_of_a_copy_is_told_with_the_way_out(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    path = library.path("archive", ids[0])
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    look(library)

    [outcome] = repair(library)

    assert outcome.error is not None
    assert f"archive has a folder '{key_of(library, ids[0])}'" in outcome.error.message
    assert "Move that folder away" in outcome.error.hint
    path.rename(path.with_name("elsewhere"))
    [repaired] = repair(library)
    assert repaired.error is None


@pytest.mark.parametrize("place", ["repair.after_store", "repair.after_setting_aside"])
def test_a_repair_that_dies_goes_on_with_the_next_one(tmp_path: Path, place: str) -> None:
    with Library(tmp_path) as library:
        ids = library.add(b"one")
        library.push(ids)
        library.path("archive", ids[0]).write_bytes(b"eno")
        look(library)
    code = (
        "import sys; from pathlib import Path; from tests.transfer.library import Library\n"
        "from tests.transfer.test_repair import repair\n"
        "with Library(Path(sys.argv[1])) as library: repair(library)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "AUDIOTUI_CRASHPOINT": place}, check=False
    )
    assert done.returncode == -9

    with Library(tmp_path) as library:
        [outcome] = repair(library)

        assert outcome.error is None
        assert look(library).is_clean
        assert sorted(path.read_bytes() for path in in_trash(library, "archive"))[0] == b"eno"
