"""The sweep removes what broken-off work left behind, and nothing else."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Content, Unfinished
from audiotui.errors import AccessDenied, Unreachable
from audiotui.model import CopyUpdate
from audiotui.transfer.intents import IntendedFile
from audiotui.transfer.jobs import JobState
from audiotui.transfer.journal import Journal
from audiotui.transfer.leases import Owner
from audiotui.transfer.sweep import SweepReport, sweep
from tests.faults import Fail, FaultyBackend, Say
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMP = ".0123abcd-00000001.atpart"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def clean(library: Library, age_s: float = 0.0) -> SweepReport:
    return sweep(
        library.catalog, library.journal, library.backends.__getitem__, locations=("local", "archive"), age_s=age_s
    )


def leave(folder: Path, name: str = TEMP, *, age_s: float = 0.0) -> Path:
    """A file as a broken-off transfer leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"half of it")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


@contextmanager
def dead_process(library: Library) -> Iterator[Journal]:
    """The journal as a process used it that is dead now."""
    journal = Journal(
        library.journal.path,
        library_id=library.catalog.library_id,
        owner=replace(Owner.this_process(), started="1"),
    )
    yield journal
    journal.close()


def test_nothing_to_do_is_done_quietly(library: Library) -> None:
    library.push(library.add_many(3))

    assert clean(library) == SweepReport(0, 0, 0, 0, 0, 0, ())


def test_unfinished_files_that_are_old_enough_are_removed(library: Library, tmp_path: Path) -> None:
    old = leave(tmp_path / "archive/ab", age_s=90_000)
    young = leave(tmp_path / "local/cd", age_s=3_600)
    report = clean(library, age_s=86_400)

    assert (report.removed_temps, report.removed_bytes) == (1, 10)
    assert not old.exists()
    assert young.exists()


def test_with_age_zero_all_go_also_those_from_the_future(library: Library, tmp_path: Path) -> None:
    paths = [leave(tmp_path / "archive/ab"), leave(tmp_path / "local/cd", age_s=-90_000)]

    assert clean(library).removed_temps == 2
    assert not any(path.exists() for path in paths)


def test_what_another_library_left_unfinished_in_a_shared_folder_is_its_own(library: Library, tmp_path: Path) -> None:
    with Library(tmp_path / "other") as other:
        other.use("archive", tmp_path / "archive")
        ours, theirs = (
            one.backends["archive"].start_upload("ab/c.wav", Content(4, "0" * 64)) for one in (library, other)
        )
        for upload in (ours, theirs):
            upload.close()
            os.utime(tmp_path / "archive" / upload.token, (time.time() - 90 * 86_400,) * 2)

        assert clean(library).removed_temps == 1

        assert not (tmp_path / "archive" / ours.token).exists()
        assert (tmp_path / "archive" / theirs.token).exists()
        assert clean(other).removed_temps == 1


@pytest.mark.parametrize(("days", "removed"), [(29, 0), (31, 1)])
def test_unfinished_files_that_name_no_library_stay_for_long_where_several_store(
    library: Library, tmp_path: Path, days: int, removed: int
) -> None:
    leave(tmp_path / "archive/ab", age_s=days * 86_400)
    with Library(tmp_path / "other") as other:
        other.use("archive", tmp_path / "archive")
        for one in (library, other):
            one.backends["archive"].claim()

    assert clean(library).removed_temps == removed


@pytest.mark.parametrize(("managed", "removed"), [(True, 1), (False, 0)])
def test_an_upload_to_the_key_of_a_file_that_others_made_is_theirs(
    library: Library, managed: bool, removed: int
) -> None:
    ids = library.add(b"one")
    library.catalog.put_copies([CopyUpdate(library.files(ids)[0].id, "archive", "theirs.wav", 3, managed=managed)])
    begun = Unfinished("upload-1", "theirs.wav", modified_at=datetime(2020, 1, 1, tzinfo=UTC))
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"],
        Say(verb="list_unfinished", result=[begun]),
        Say(verb="discard", result=True),
    )

    assert clean(library).removed_temps == removed


@pytest.mark.parametrize("name", ["take.atpart", ".hidden", ".0123abcd-1.atpart", "x.0123abcd-00000001.atpart.wav"])
def test_files_that_only_look_like_ours_are_left_alone(library: Library, tmp_path: Path, name: str) -> None:
    path = leave(tmp_path / "archive", name, age_s=90_000)
    clean(library)

    assert path.exists()


def test_the_unfinished_files_of_a_job_that_may_go_on_stay(library: Library, tmp_path: Path) -> None:
    job_id = library.queue("push", library.add(b"one"))
    library.journal.hold(job_id)
    tag = next(iter(library.journal.unfinished_uploads().open_tags))
    path = leave(tmp_path / "archive/ab", f".{tag:08x}-00000001.atpart", age_s=90_000)
    clean(library)
    assert path.exists()

    library.journal.cancel(job_id)
    clean(library)
    assert not path.exists()


def test_a_file_that_another_process_writes_to_stays(library: Library, tmp_path: Path) -> None:
    data = b"ours"
    upload = library.backends["archive"].start_upload("ab/c.wav", Content(4, sha256(data).hexdigest()), temp=TEMP)
    report = clean(library)

    assert report.removed_temps == 0
    assert (tmp_path / "archive/ab" / TEMP).exists()
    upload.write_part(0, data)
    upload.commit()
    upload.close()


def test_what_a_dead_process_was_adding_is_undone(library: Library, tmp_path: Path) -> None:
    data = b"never registered"
    library.backends["local"].put_small("aa/b.wav", data, sha256=sha256(data).hexdigest())
    temp = leave(tmp_path / "local/aa")
    with dead_process(library) as dead:
        dead.intents.intend(
            [
                IntendedFile("local", f"aa/{TEMP}", ""),
                IntendedFile("local", "", "aa/b.wav", sha256(data).hexdigest()),
                IntendedFile("local", "", "aa/never-made.wav", sha256(data).hexdigest()),
            ]
        )
    report = clean(library, age_s=86_400)

    assert report.undone_files == 1
    assert not temp.exists()
    assert not (tmp_path / "local/aa/b.wav").exists()
    assert library.journal.intents.abandoned() == []


def test_what_the_catalog_has_is_not_undone(library: Library) -> None:
    ids = library.add(b"registered")
    (copy,) = library.files(ids)[0].copies
    with dead_process(library) as dead:
        dead.intents.intend([IntendedFile("local", "", copy.key, library.files(ids)[0].sha256)])
    report = clean(library)

    assert report.undone_files == 0
    assert library.untruths("local") == []
    assert library.journal.intents.abandoned() == []


def test_other_bytes_under_an_intended_key_are_not_ours_to_remove(library: Library, tmp_path: Path) -> None:
    path = leave(tmp_path / "local/aa", "b.wav")
    with dead_process(library) as dead:
        dead.intents.intend([IntendedFile("local", "", "aa/b.wav", "ab" * 32)])
    clean(library)

    assert path.exists()


def test_what_a_live_process_is_adding_is_left_alone(library: Library, tmp_path: Path) -> None:
    path = leave(tmp_path / "local/aa", "b.wav")
    library.journal.intents.intend([IntendedFile("local", "", "aa/b.wav", sha256(b"half of it").hexdigest())])
    clean(library)

    assert path.exists()


@pytest.mark.parametrize("is_there_before", [False, True])
def test_what_a_dead_process_added_stays_while_a_live_one_adds_the_same(
    library: Library, tmp_path: Path, is_there_before: bool
) -> None:
    data = b"added again"
    sum_of_it = sha256(data).hexdigest()
    library.backends["local"].put_small("aa/b.wav", data, sha256=sum_of_it)
    with dead_process(library) as dead:
        dead.intents.intend([IntendedFile("local", "", "aa/b.wav", sum_of_it)])
    batch = library.journal.intents.intend(
        [IntendedFile("local", "", "aa/b.wav", "" if is_there_before else sum_of_it)]
    )
    clean(library)

    assert (tmp_path / "local/aa/b.wav").exists()
    library.journal.intents.settled(batch)
    assert clean(library).undone_files == 1
    assert library.journal.intents.abandoned() == []


def test_a_location_that_cannot_be_reached_is_told_and_the_others_are_swept(library: Library, tmp_path: Path) -> None:
    gone = Unreachable("Cannot reach archive.", "Mount it.", location="archive")
    library.backends["archive"] = FaultyBackend(
        library.backends["archive"], Fail(verb="list_unfinished", times=9, error=gone)
    )
    path = leave(tmp_path / "local/aa")
    report = clean(library)

    assert report.problems == ("Cannot reach archive. Mount it.",)
    assert not path.exists()


def test_an_unfinished_file_that_may_not_be_removed_keeps_no_other(library: Library, tmp_path: Path) -> None:
    paths = [leave(tmp_path / "archive" / name) for name in ("aa", "bb", "cc")]
    denied = AccessDenied("Cannot use archive: the rights do not allow it.", location="archive")
    library.backends["archive"] = FaultyBackend(library.backends["archive"], Fail(verb="discard", error=denied))

    report = clean(library)

    assert report.removed_temps == 2
    assert sum(path.exists() for path in paths) == 1
    assert report.problems == (str(denied),)


def test_an_addition_that_cannot_be_undone_now_is_undone_later(library: Library, tmp_path: Path) -> None:
    real = library.backends["local"]
    denied = Unreachable("Cannot reach local.", location="local")
    library.backends["local"] = FaultyBackend(real, Fail(verb="discard", error=denied))
    temp = leave(tmp_path / "local/aa", age_s=0)
    with dead_process(library) as dead:
        dead.intents.intend([IntendedFile("local", f"aa/{TEMP}", "")])
    clean(library, age_s=86_400)
    assert temp.exists()

    clean(library, age_s=86_400)
    assert not temp.exists()


def test_jobs_that_finished_long_ago_are_forgotten(library: Library) -> None:
    job = library.push(library.add_many(2))
    assert clean(library).forgotten_jobs == 0
    assert library.journal.job(job.id).state is JobState.DONE

    later = Journal(
        library.journal.path,
        library_id=library.catalog.library_id,
        clock=lambda: time.time_ns() // 1_000_000 + 31 * 86_400_000,
    )
    report = sweep(library.catalog, later, library.backends.__getitem__, locations=())
    later.close()
    assert report.forgotten_jobs == 1
    assert library.journal.jobs() == []


def test_a_temp_that_went_by_itself_is_not_counted(library: Library) -> None:
    gone = Unfinished(TEMP, size_bytes=10, modified_at=datetime(2020, 1, 1, tzinfo=UTC))
    listing = Say(verb="list_unfinished", result=[gone])
    library.backends["archive"] = FaultyBackend(library.backends["archive"], listing)

    assert clean(library).removed_temps == 0
