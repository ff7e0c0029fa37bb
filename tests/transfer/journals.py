"""Jobs and items for the tests of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.transfer.jobs import JobItem, JobKind, NewJob

if TYPE_CHECKING:
    from audiotui.transfer.journal import Journal
    from audiotui.transfer.leased_job import LeasedJob

PUSH = NewJob(JobKind.PUSH, "Push 3 recordings", source="local", destination="archive")
LIBRARY = "8d4f7a3e-0000-4000-8000-000000000001"


def item(number: int, size_bytes: int = 100) -> JobItem:
    """One file of a job."""
    return JobItem(
        file_id=number,
        recording_uid=f"uid-{number}",
        name=f"take {number}.wav",
        source="local",
        source_key=f"from/{number}.wav",
        key=f"to/{number}.wav",
        size_bytes=size_bytes,
        sha256=f"{number:064x}",
    )


def leased(journal: Journal, job_id: str) -> LeasedJob:
    """The job in the hands of the journal's process."""
    job = journal.lease(job_id)
    assert job is not None
    return job
