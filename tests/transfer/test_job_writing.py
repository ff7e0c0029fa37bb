"""A big job is written in several steps, and nobody takes it for a job before the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.transfer import job_writing
from audiotui.transfer.jobs import ItemState, JobState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.transfer.jobs import JobItem
    from tests.transfer.library import Library


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_writing, "CHUNK_ITEMS", 4)


@pytest.mark.parametrize("count", [0, 3, 4, 5, 8, 11])
def test_all_items_are_there_and_numbered_through(library: Library, count: int) -> None:
    plan = library.plan("push", library.add_many(count))
    job_id = library.journal.create_job(plan.new_job(), plan.items())
    job = library.journal.job(job_id)

    assert (job.state, job.total_items, job.total_bytes) == (JobState.QUEUED, count, count * 300)
    assert [item.id for item in library.journal.items(job_id)] == list(range(1, count + 1))
    each = library.journal.each_item(job_id, [ItemState.WAITING])
    assert [item.id for item in each] == list(range(1, count + 1))
    assert library.journal.next_job() == job_id


def test_nobody_runs_a_job_that_is_only_half_written(library: Library) -> None:
    plan = library.plan("push", library.add_many(10))
    next_jobs: list[str | None] = []

    def items() -> Iterator[JobItem]:
        for item in plan.items():
            next_jobs.append(library.journal.next_job())
            yield item

    job_id = library.journal.create_job(plan.new_job(), items())

    assert set(next_jobs) == {None}
    assert library.journal.next_job() == job_id


def test_a_job_whose_writer_failed_stays_cancelled(library: Library) -> None:
    plan = library.plan("push", library.add_many(10))

    def items() -> Iterator[JobItem]:
        yield from plan.items()[:9]
        raise RuntimeError("the writer died")

    with pytest.raises(RuntimeError, match="the writer died"):
        library.journal.create_job(plan.new_job(), items())

    (job,) = library.journal.jobs()
    assert job.state is JobState.CANCELLED
    assert library.journal.next_job() is None


def test_a_reserved_job_is_left_to_its_writer(library: Library) -> None:
    plan = library.plan("push", library.add_many(10))
    job_id = library.journal.create_job(plan.new_job(), plan.items(), reserve=True)

    assert library.journal.next_job() is None
    assert library.run(job_id).done_items == 10
