"""What people ask of jobs: to stop, to wait, to go on, to be tried again, to come before others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.transfer.jobs import ItemState, JobState
from audiotui.transfer.leased_job import Mark
from tests.transfer.journals import PUSH, item, leased

if TYPE_CHECKING:
    from audiotui.transfer.journal import Journal


def test_a_job_that_runs_is_asked_to_stop(journal: Journal, elsewhere: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    job = leased(journal, job_id)
    elsewhere.cancel(job_id)

    assert job.orders().wish is JobState.CANCELLED
    assert elsewhere.job(job_id).wish is JobState.CANCELLED
    job.release(JobState.CANCELLED)
    assert journal.job(job_id).state is JobState.CANCELLED
    assert journal.items(job_id)[0].state is ItemState.CANCELLED


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.HELD])
def test_what_arrived_of_an_unfinished_file_counts_when_its_job_is_stopped(journal: Journal, state: JobState) -> None:
    job_id = journal.create_job(PUSH, [item(1), item(2), item(3)])
    job = leased(journal, job_id)
    job.save_token(2, "upload-2")
    job.write([Mark(1, ItemState.DONE, 100)], {2: (60, 1)}, None)
    if state is JobState.CANCELLED:
        job.write([Mark(2, ItemState.CANCELLED, 100, keep_token=True)], {}, None)
    job.release(state)

    assert journal.job(job_id).done_bytes == 160


def test_a_queued_job_is_cancelled_at_once(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1), item(2)])
    journal.cancel(job_id)

    info = journal.job(job_id)
    assert (info.state, info.cancelled_items, info.open_items) == (JobState.CANCELLED, 2, 0)
    assert info.finished_at is not None
    assert journal.lease(job_id) is None


def test_the_job_of_a_dead_process_is_cancelled_at_once(journal: Journal, crashed: Journal) -> None:
    job_id = crashed.create_job(PUSH, [item(1)])
    leased(crashed, job_id)
    journal.cancel(job_id)

    assert journal.job(job_id).state is JobState.CANCELLED


def test_a_held_job_waits_until_it_is_resumed(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    journal.hold(job_id)
    assert journal.next_job() is None
    assert journal.lease(job_id) is None

    journal.resume(job_id)
    assert journal.next_job() == job_id


def test_a_wish_to_hold_can_be_taken_back(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    job = leased(journal, job_id)
    journal.hold(job_id)
    journal.resume(job_id)

    assert job.orders().wish is None


def test_a_finished_job_is_neither_held_nor_cancelled(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [])
    leased(journal, job_id).finish()
    journal.hold(job_id)
    journal.cancel(job_id)

    assert journal.job(job_id).state is JobState.DONE


def test_retry_lets_failed_and_cancelled_items_wait_again(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1), item(2), item(3)])
    job = leased(journal, job_id)
    job.write([Mark(1, ItemState.DONE, 100), Mark(2, ItemState.FAILED, 100, error="no")], {}, None)
    job.release(JobState.CANCELLED)

    assert journal.retry(job_id) == 2
    info = journal.job(job_id)
    assert (info.state, info.done_items, info.failed_items, info.cancelled_items) == (JobState.QUEUED, 1, 0, 0)
    assert [one.number for one in leased(journal, job_id).waiting_items("local")] == [2, 3]


def test_retry_of_a_job_without_failures_changes_nothing(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [])
    leased(journal, job_id).finish()

    assert journal.retry(job_id) == 0
    assert journal.job(job_id).state is JobState.DONE


def test_a_retry_takes_back_a_cancellation_that_nobody_heard_of_yet(journal: Journal, elsewhere: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    assert journal.lease(job_id) is not None
    elsewhere.cancel(job_id)
    assert journal.job(job_id).wish is JobState.CANCELLED

    elsewhere.retry(job_id)

    assert journal.job(job_id).wish is None


def test_a_retry_while_the_job_runs_keeps_it_running(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    job = leased(journal, job_id)
    job.write([Mark(1, ItemState.FAILED, 100, error="no")], {}, None)
    journal.retry(job_id)

    assert job.finish() is False
    assert [one.number for one in job.waiting_items("local")] == [1]


def test_jobs_can_be_put_in_another_order(journal: Journal) -> None:
    first, second, third = (journal.create_job(replace(PUSH, title=name), []) for name in "abc")
    journal.move(third, -1)
    assert [job.id for job in journal.jobs()] == [first, third, second]

    journal.move(first, 99)
    assert [job.id for job in journal.jobs()] == [third, second, first]
    assert journal.next_job() == third
