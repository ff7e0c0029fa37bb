"""Whatever a disk, a line or a storage does, no wrong byte is ever called right, and the others go on."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import (
    AccessDenied,
    HostKeyChanged,
    IntegrityError,
    LocationFull,
    SourceChanged,
    Throttled,
    Unreachable,
)
from audiotui.events import Failed, Retrying
from audiotui.model import PART_BYTES, CopyState
from audiotui.transfer.jobs import ItemState, JobState
from tests.faults import (
    Cut,
    Fail,
    FaultyBackend,
    Flip,
    Lie,
    LoseAnswer,
    SpoiledSource,
    read_only,
    small_disk,
)
from tests.transfer.library import Heard, Library, spoil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.backends.base import Source
    from audiotui.events import JobEvent
    from tests.faults import Fault

BIG = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the short last part"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.mark.parametrize(
    "fault",
    [
        Flip(verb="put_small", at=7),
        Cut(verb="put_small", to=10),
        Lie(verb="put_small"),
        LoseAnswer(verb="put_small", error=Unreachable("No answer.", location="archive")),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_storage_that_lies_once_is_found_out_and_the_file_is_stored_again(library: Library, fault: Fault) -> None:
    spoil(library, "archive", fault)
    heard = Heard()
    job = library.push(library.add_many(3), heard)

    assert (job.state, job.done_items + job.skipped_items) == (JobState.DONE, 3)
    assert len(heard.of(Retrying)) == 1
    assert library.untruths("archive") == []


@pytest.mark.parametrize(
    "fault",
    [Flip(verb="write_part", on=2, at=3), Lie(verb="commit")],
    ids=lambda fault: f"{type(fault).__name__} {fault.verb}",
)
def test_a_big_file_that_is_damaged_on_the_way_is_stored_again(library: Library, fault: Fault) -> None:
    spoil(library, "archive", fault)
    job = library.push(library.add(BIG))

    assert (job.state, job.done_items) == (JobState.DONE, 1)
    assert library.untruths("archive") == []


def test_a_big_file_whose_commit_was_not_heard_of_is_not_sent_again(library: Library) -> None:
    fault = LoseAnswer(verb="commit", error=Unreachable("No answer.", location="archive"))
    archive = spoil(library, "archive", fault)
    job = library.push(library.add(BIG))

    assert (job.state, job.done_items + job.skipped_items) == (JobState.DONE, 1)
    assert (archive.calls["write_part"], archive.calls["commit"]) == (3, 1)
    assert library.untruths("archive") == []


def test_a_storage_that_always_lies_never_has_success(library: Library) -> None:
    spoil(library, "archive", Flip(verb="put_small", times=1_000))
    heard = Heard()
    ids = library.add_many(4)
    job = library.push(ids, heard)

    assert (job.state, job.failed_items) == (JobState.FAILED, 4)
    assert all(isinstance(event.error, IntegrityError) for event in heard.of(Failed))
    assert library.states("archive", ids) == [None] * 4
    assert library.untruths("archive") == []


def test_a_storage_that_changes_everything_is_not_pressed_on(library: Library) -> None:
    archive = spoil(library, "archive", Flip(verb="put_small", times=1_000))
    job = library.push(library.add_many(100))

    assert (job.state, job.failed_items) == (JobState.FAILED, 100)
    assert archive.calls["put_small"] < 50
    assert library.untruths("archive") == []


def test_a_flipped_byte_on_the_way_from_the_source_is_read_again(library: Library) -> None:
    ids = library.add(b"take one", b"take two")
    library.push(ids)
    library.lose("local", ids)
    job_id = library.queue("pull", ids)
    flaky = spoil(library, "archive", Flip(verb="read"))
    flaky.capabilities = frozenset()  # as a storage with a network: the engine lets it do the work
    job = library.run(job_id)

    assert (job.state, job.done_items) == (JobState.DONE, 2)
    assert library.untruths("local") == []


def test_a_location_that_asks_for_a_pause_gets_it(library: Library) -> None:
    slow = Throttled("Slow down.", location="archive", retry_after=0.2)
    spoil(library, "archive", Fail(verb="put_small", error=slow))
    heard = Heard()
    job = library.push(library.add_many(3), heard)

    assert job.state is JobState.DONE
    (retrying,) = heard.of(Retrying)
    assert retrying.wait_s >= 0.15


def test_a_refused_file_fails_at_once_and_the_others_go_on(library: Library) -> None:
    denied = AccessDenied("archive refuses to write.", "Check the rights.", location="archive")
    spoil(library, "archive", Fail(verb="put_small", on=2, error=denied))
    heard = Heard()
    job = library.push(library.add_many(5), heard)

    assert (job.state, job.done_items, job.failed_items) == (JobState.FAILED, 4, 1)
    assert heard.of(Retrying) == []


def test_a_changed_host_key_stops_everything(library: Library) -> None:
    changed = HostKeyChanged("The host shows another key.", "Ask its owner.", location="archive")
    archive = spoil(library, "archive", Fail(verb="put_small", times=1_000, error=changed))
    library.requests = 1
    job = library.push(library.add_many(30))

    assert (job.state, job.failed_items, job.error) == (JobState.FAILED, 30, "The host shows another key.")
    assert archive.calls["put_small"] <= 10


def test_errors_that_nobody_foresaw_stop_the_job_after_twenty_in_a_row(library: Library) -> None:
    archive = spoil(library, "archive", Fail(verb="put_small", times=1_000, error=ZeroDivisionError("bug")))
    job = library.push(library.add_many(200))

    assert (job.state, job.failed_items) == (JobState.FAILED, 200)
    assert "ZeroDivisionError" in job.error
    assert archive.calls["put_small"] < 60


def test_a_source_that_changes_once_is_read_again(library: Library) -> None:
    (number,) = library.add(b"take one")
    path = library.path("local", number)
    touch = _Spoils(library, lambda: path.touch(), times=1)
    library.backends["local"] = touch
    job = library.push([number])

    assert (job.state, job.done_items) == (JobState.DONE, 1)


def test_a_source_that_keeps_changing_fails_and_leaves_nothing_behind(library: Library) -> None:
    steady, restless = library.add(b"take one", b"take two")
    path = library.path("local", restless)
    library.backends["local"] = _Spoils(library, lambda: path.write_bytes(b"take 2!!"), key=path.name)
    heard = Heard()
    job = library.push([steady, restless], heard)

    assert (job.done_items, job.failed_items) == (1, 1)
    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, SourceChanged)
    assert library.states("archive", [steady, restless]) == [CopyState.PRESENT, None]
    assert library.untruths("archive") == []


class _Spoils(FaultyBackend):
    """Does something to a source while it is read."""

    def __init__(self, library: Library, act: Callable[[], object], *, times: int = 1_000, key: str = "") -> None:
        super().__init__(library.backends["local"])
        self._act = act
        self._times = times
        self._key = key

    def _open_source(self, key: str) -> Source:
        source = super()._open_source(key)
        if self._key in key and self._times > 0:
            self._times -= 1
            return SpoiledSource(source, self._act)
        return source


def test_a_full_disk_fails_what_does_not_fit_and_nothing_else(library: Library, tmp_path: Path) -> None:
    ids = library.add(b"small", b"L" * 3_000_000, b"little")
    with small_disk(tmp_path / "stick", 1_000_000) as stick:
        library.use("stick", stick)
        job_id = library.queue("push", ids, destination="stick")
        heard = Heard()
        job = library.run(job_id, heard)

        (failed,) = heard.of(Failed)
        assert isinstance(failed.error, LocationFull)
        assert failed.error.hint
        assert (job.done_items, job.failed_items) == (2, 1)
        assert library.untruths("stick") == []
        library.backends.pop("stick").close()


def test_a_file_that_fits_is_stored_although_a_bigger_one_had_taken_all_room(library: Library, tmp_path: Path) -> None:
    ids = library.add(b"little" * 10_000)
    with small_disk(tmp_path / "stick", 1_000_000) as stick:
        library.use("stick", stick)
        job_id = library.queue("push", ids, destination="stick")
        taken = stick / "taken"
        with suppress(OSError):
            taken.write_bytes(bytes(2_000_000))

        class GivesBack(Heard):
            def __call__(self, event: JobEvent) -> None:
                super().__call__(event)
                if isinstance(event, Retrying):
                    taken.unlink()

        heard = GivesBack()
        job = library.run(job_id, heard)

        assert len(heard.of(Retrying)) == 1
        assert (job.done_items, job.failed_items) == (1, 0)
        assert library.untruths("stick") == []
        library.backends.pop("stick").close()


def test_a_disk_that_stays_full_stops_the_job(library: Library, tmp_path: Path) -> None:
    ids = library.add_many(60, size_bytes=100_000)
    with small_disk(tmp_path / "stick", 1_000_000) as stick:
        library.use("stick", stick)
        job = library.run(library.queue("push", ids, destination="stick"))

        assert job.state is JobState.FAILED
        assert job.error
        assert 0 < job.done_items < 10
        assert job.done_items + job.failed_items == 60
        failed = library.journal.items(job.id, [ItemState.FAILED])
        assert all(item.key == other.key or repr(other.key) not in item.error for item in failed for other in failed)
        assert "stick" in failed[-1].error
        library.backends.pop("stick").close()


def test_a_folder_that_cannot_be_written_is_told_and_left_alone(library: Library, tmp_path: Path) -> None:
    ids = library.add_many(3)
    job_id = library.queue("push", ids)
    with read_only(tmp_path / "archive"):
        heard = Heard()
        job = library.run(job_id, heard)

    assert (job.state, job.failed_items) == (JobState.FAILED, 3)
    assert all(isinstance(event.error, AccessDenied) for event in heard.of(Failed))
    assert library.states("archive", ids) == [None] * 3


def test_a_folder_that_was_never_there_is_unreachable_and_not_made(library: Library, tmp_path: Path) -> None:
    ids = library.add_many(3)
    library.push(ids)
    library.lose("local", ids)
    job_id = library.queue("pull", ids)
    library.backends["archive"].close()
    shutil.move(tmp_path / "archive", tmp_path / "unmounted")
    job = library.run(job_id)

    assert (job.state, job.failed_items) == (JobState.FAILED, 3)
    assert "archive" in job.error
    assert not (tmp_path / "archive").exists()
    assert library.states("archive", ids) == [CopyState.PRESENT] * 3


def test_failed_items_are_done_by_a_retry_once_the_cause_is_gone(library: Library) -> None:
    denied = AccessDenied("archive refuses to write.", "Check the rights.", location="archive")
    faulty = spoil(library, "archive", Fail(verb="put_small", times=3, error=denied))
    job = library.push(library.add_many(8))
    assert job.failed_items == 3

    faulty.clear()
    assert library.journal.retry(job.id) == 3
    again = library.run(job.id)
    assert (again.state, again.done_items, again.failed_items) == (JobState.DONE, 8, 0)
    assert again.done_bytes == again.total_bytes
    assert library.untruths("archive") == []
