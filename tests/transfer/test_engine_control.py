"""A job can be stopped, held, slowed down and resumed at any time, and goes on where it was."""

from __future__ import annotations

import threading
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AccessDenied
from audiotui.events import Cancelled, Finished, Progressed, Started
from audiotui.model import PART_BYTES
from audiotui.transfer.jobs import ItemState, JobState
from tests.faults import Fail, FaultyBackend, Hold
from tests.transfer.library import END_EVENTS, Heard, Library
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.events import JobEvent
    from audiotui.transfer.jobs import JobInfo

BIG = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the short last part"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


class Trigger(Heard):
    """Does something when it has heard a number of events of a kind."""

    def __init__(self, kind: type[JobEvent], count: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._kind = kind
        self._count = count
        self._act = act

    def __call__(self, event: JobEvent) -> None:
        super().__call__(event)
        if isinstance(event, self._kind) and len(self.of(self._kind)) == self._count:
            self._act()


class OnceThere(Heard):
    """Does something when more of a file went out than so many bytes."""

    def __init__(self, byte_count: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._byte_count = byte_count
        self._act = act

    def __call__(self, event: JobEvent) -> None:
        super().__call__(event)
        if isinstance(event, Progressed) and event.done_bytes > self._byte_count:
            self._act()


def test_a_cancelled_job_ends_every_item_and_goes_on_by_a_retry(library: Library) -> None:
    ids = library.add_many(200)
    cancel = threading.Event()
    heard = Trigger(Finished, 20, cancel.set)
    job_id = library.queue("push", ids)
    job = library.run(job_id, heard, cancel)

    assert job.state is JobState.CANCELLED
    assert job.done_items >= 20
    assert job.open_items == 0
    assert job.done_items + job.cancelled_items == 200
    assert len(heard.of(*END_EVENTS)) == 200
    assert len(heard.of(Cancelled)) == job.cancelled_items

    library.journal.retry(job_id)
    again = library.run(job_id)
    assert (again.state, again.done_items + again.skipped_items) == (JobState.DONE, 200)
    assert library.untruths("archive") == []


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.matrix) for seed in range(4, 8))])
def test_a_push_that_is_cancelled_at_any_time_stops_soon_and_is_resumable(library: Library, seed: int) -> None:
    ids = library.add_many(150, size_bytes=20_000)
    cancel = threading.Event()
    job_id = library.queue("push", ids)
    timer = threading.Timer(Random(seed).uniform(0.0, 0.3), cancel.set)
    timer.start()
    job = library.run(job_id, cancel=cancel)
    timer.join()

    if job.state is JobState.CANCELLED:
        library.journal.retry(job_id)
        job = library.run(job_id)
    assert job.state is JobState.DONE
    assert library.untruths("archive") == []


def test_cancelling_takes_at_most_two_seconds_also_when_the_storage_hangs(library: Library) -> None:
    hold = Hold(verb="put_small")
    library.backends["archive"] = FaultyBackend(library.backends["archive"], hold)
    cancel = threading.Event()
    job_id = library.queue("push", library.add_many(5))
    jobs: list[JobInfo] = []
    run = threading.Thread(target=lambda: jobs.append(library.run(job_id, cancel=cancel)))
    run.start()
    assert hold.reached.wait(PATIENCE_S)
    cancelled_s = time.monotonic()
    cancel.set()
    run.join(PATIENCE_S)
    took_s = time.monotonic() - cancelled_s
    hold.release.set()

    assert jobs[0].state is JobState.CANCELLED
    assert took_s < 2.5  # two seconds, and room for a busy machine


def test_another_process_can_cancel_a_running_job(library: Library, tmp_path: Path) -> None:
    with Library(tmp_path) as other:
        job_id = library.queue("push", library.add_many(1_000))  # more than is moved between two looks
        job = library.run(job_id, Trigger(Finished, 5, lambda: other.journal.cancel(job_id)))

    assert job.state is JobState.CANCELLED
    assert job.wish is None


def test_a_held_job_keeps_its_items_and_is_resumed(library: Library) -> None:
    job_id = library.queue("push", library.add_many(300))
    library.journal.set_limits(job_id, parallel=None, bytes_per_s=20_000)  # far from done at the next look
    heard = Trigger(Finished, 5, lambda: library.journal.hold(job_id))
    job = library.run(job_id, heard)

    assert job.state is JobState.HELD
    assert job.open_items > 0
    assert job.cancelled_items == 0
    assert heard.of(Cancelled) == []
    assert library.journal.items(job_id, states=[ItemState.ACTIVE]) == []

    library.journal.set_limits(job_id, parallel=None, bytes_per_s=None)
    library.journal.resume(job_id)
    assert library.run(job_id).state is JobState.DONE
    assert library.untruths("archive") == []


def test_what_failed_is_retried_while_the_job_still_runs(library: Library) -> None:
    denied = AccessDenied("archive refuses to write.", "Check the rights.", location="archive")
    library.backends["archive"] = FaultyBackend(library.backends["archive"], Fail(verb="put_small", error=denied))
    job_id = library.queue("push", library.add_many(200))
    retried: list[int] = []
    heard = Trigger(Finished, 50, lambda: retried.append(library.journal.retry(job_id)))
    job = library.run(job_id, heard)

    assert retried == [1]
    assert (job.state, job.done_items, job.failed_items) == (JobState.DONE, 200, 0)


def test_a_big_file_goes_on_from_the_bytes_that_are_there(library: Library) -> None:
    ids = library.add(BIG)
    real = library.backends["archive"]
    hold = Hold(verb="write_part", on=2)
    library.backends["archive"] = FaultyBackend(real, hold)
    library.requests = 1
    cancel = threading.Event()
    job_id = library.queue("push", ids)
    run = threading.Thread(target=library.run, args=(job_id,), kwargs={"cancel": cancel})
    run.start()
    assert hold.reached.wait(PATIENCE_S)
    cancel.set()
    run.join(PATIENCE_S)
    hold.release.set()
    eventually(lambda: not any(thread.name == "audiotui-mover" for thread in threading.enumerate()))

    library.backends["archive"] = counting = FaultyBackend(real)
    library.journal.retry(job_id)
    heard = Heard()
    job = library.run(job_id, heard)
    assert job.state is JobState.DONE
    (started,) = heard.of(Started)
    assert started.resumed_bytes >= PART_BYTES
    assert counting.calls["write_part"] < 3
    assert library.untruths("archive") == []


def test_a_new_job_of_a_file_that_was_cancelled_goes_on_from_the_bytes_that_are_there(library: Library) -> None:
    ids = library.add(BIG)
    job_id = library.queue("push", ids)
    library.journal.set_limits(job_id, parallel=1, bytes_per_s=20_000_000)
    cancel = threading.Event()
    library.run(job_id, OnceThere(PART_BYTES, cancel.set), cancel)
    heard = Heard()
    job = library.run(library.queue("push", ids), heard)

    (started,) = heard.of(Started)
    assert started.resumed_bytes >= PART_BYTES
    assert job.state is JobState.DONE
    assert library.untruths("archive") == []
    assert list(library.backends["archive"].list_unfinished()) == []


def test_the_bar_of_a_resumed_file_begins_at_what_is_there(library: Library) -> None:
    ids = library.add(BIG)
    job_id = library.queue("push", ids)
    library.journal.set_limits(job_id, parallel=1, bytes_per_s=20_000_000)
    cancel = threading.Event()
    library.run(job_id, OnceThere(PART_BYTES, cancel.set), cancel)
    library.journal.retry(job_id)
    library.journal.set_limits(job_id, parallel=1, bytes_per_s=None)
    heard = Heard()
    library.run(job_id, heard)

    (started,) = heard.of(Started)
    assert all(event.done_bytes > started.resumed_bytes for event in heard.of(Progressed))
    assert library.untruths("archive") == []


def test_the_bandwidth_limit_is_kept(library: Library) -> None:
    job_id = library.queue("push", library.add_many(20, size_bytes=50_000))
    library.journal.set_limits(job_id, parallel=None, bytes_per_s=1_000_000)
    started_s = time.monotonic()
    library.run(job_id)

    assert time.monotonic() - started_s >= 0.8  # 1 MB at 1 MB/s, with a burst of 0.1 s


def test_the_number_in_parallel_is_kept(library: Library) -> None:
    most = 0
    at_once = 0
    lock = threading.Lock()

    class Counting(FaultyBackend):
        def _put_small(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal most, at_once
            with lock:
                at_once += 1
                most = max(most, at_once)
            try:
                return super()._put_small(*args, **kwargs)
            finally:
                with lock:
                    at_once -= 1

    library.backends["archive"] = Counting(library.backends["archive"])
    job_id = library.queue("push", library.add_many(50))
    library.journal.set_limits(job_id, parallel=2, bytes_per_s=None)
    library.run(job_id)

    assert 1 <= most <= 2


def test_progress_is_in_the_journal_while_the_job_runs(library: Library, tmp_path: Path) -> None:
    hold = Hold(verb="put_small", on=30)
    library.backends["archive"] = FaultyBackend(library.backends["archive"], hold)
    library.requests = 1
    job_id = library.queue("push", library.add_many(40))
    run = threading.Thread(target=library.run, args=(job_id,))
    run.start()
    assert hold.reached.wait(PATIENCE_S)
    try:
        with Library(tmp_path) as other:
            eventually(lambda: other.journal.job(job_id).done_items == 29)
            job = other.journal.job(job_id)
            (active,) = other.journal.items(job_id, states=[ItemState.ACTIVE])
    finally:
        hold.release.set()
        run.join(PATIENCE_S)

    assert (job.state, job.is_live) == (JobState.RUNNING, True)
    assert job.done_bytes == 29 * 300
    assert active.id == 30


def test_an_exception_in_the_running_thread_gives_the_job_back(library: Library) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    job_id = library.queue("push", library.add_many(600))
    with pytest.raises(KeyboardInterrupt):
        library.run(job_id, Trigger(Finished, 10, interrupt))

    assert library.journal.job(job_id).state is JobState.QUEUED
    assert library.run(job_id).state is JobState.DONE
    assert library.untruths("archive") == []
