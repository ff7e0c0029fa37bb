"""The engine: it takes a job from the journal and carries it out.

Push and pull are one verb, copy from one location to another; nothing else moves bytes between locations.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from audiotui.cleanup import on_failure
from audiotui.core.garbage import collected_seldom
from audiotui.crashpoints import crashpoint
from audiotui.errors import AudiotuiError, InvalidInput, NotSupported, TransferError
from audiotui.events import ignore
from audiotui.transfer.evidence import for_others
from audiotui.transfer.job_run import JobRun
from audiotui.transfer.jobs import JobKind, JobState
from audiotui.transfer.recorder import Recorder
from audiotui.transfer.reindexing import reindexing
from audiotui.transfer.route import Requests, suitable_requests
from audiotui.transfer.steering import Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.events import Listener
    from audiotui.transfer.jobs import JobInfo
    from audiotui.transfer.journal import Journal
    from audiotui.transfer.leased_job import LeasedJob, OpenItem


class Engine:
    """Runs jobs one at a time in the calling thread.

    ``backends`` gives the open backend of a location by its name, ``fingerprint`` what that name points at ('' if that
    does not matter). ``requests`` is how many files or parts are in flight where a job does not say; None for what
    suits its locations. The engine closes nothing that it was given.
    """

    def __init__(
        self,
        catalog: Catalog,
        journal: Journal,
        backends: Callable[[str], Backend],
        *,
        listener: Listener = ignore,
        fingerprint: Callable[[str], str] = lambda _name: "",
        requests: int | None = None,
    ) -> None:
        self._catalog = catalog
        self._journal = journal
        self._backends = backends
        self._listener = listener
        self._fingerprint = fingerprint
        self._requests = requests

    def run(self, job_id: str, cancel: threading.Event | None = None) -> JobInfo:
        """Carry out a job until each of its items is done or failed, or ``cancel`` is set; how it stands then.

        Failed items are no exception: they are in the journal, with their reasons. A finished job is returned as it is.

        Raises:
            JobNotFound, AmbiguousId: no such job.
            TransferError: another process works on it, or has taken it over.
        """
        job = self._journal.lease(job_id)
        if job is None:
            return self._as_it_stands(job_id)
        crashpoint("engine.after_lease")
        # What breaks a run off is not the items' fault: the job waits for the next run.
        with on_failure(partial(job.release, JobState.QUEUED)), reindexing(self._catalog), collected_seldom():
            self._carry_out(job, cancel or threading.Event())
        return self._journal.job(job.info.id)

    def _carry_out(self, job: LeasedJob, cancel: threading.Event) -> None:
        recorder = Recorder(job, self._catalog, self._listener)
        error: AudiotuiError | None = None
        while sources := job.waiting_sources():  # again, if somebody asks to retry what failed while the job runs
            for source in sources:
                ending, begun_items = self._run_leg(job, source, recorder, cancel)
                if ending is None:
                    continue
                if ending.error is None:
                    _give_back(job, recorder, ending, begun_items)
                    return
                error = for_others(ending.error)
                _fail(recorder, begun_items, error)
                _fail(recorder, job.waiting_items(source), error)
            if job.finish(error):
                return
        job.finish(error)

    def _run_leg(
        self, job: LeasedJob, source: str, recorder: Recorder, cancel: threading.Event
    ) -> tuple[Ending | None, Iterable[OpenItem]]:
        """Copy what comes from one location; why that ended early, None if it did not, and what was left undone."""
        try:
            ends = self._backend(job, source), self._backend(job, job.info.destination)
        except AudiotuiError as error:
            return Ending(JobState.FAILED, error), ()
        requests = Requests(self._requests, self._requests) if self._requests else suitable_requests(*ends)
        return JobRun(job, *ends, self._catalog, self._journal, recorder, cancel=cancel, requests=requests).run()

    def _backend(self, job: LeasedJob, name: str) -> Backend:
        """The backend of one end, if its name still means what it meant when the job was made."""
        info = job.info
        if info.kind not in (JobKind.PUSH, JobKind.PULL):
            raise NotSupported(f"Job {info.id} is of a kind that the engine does not run: {info.kind}.")
        planned, now = job.fingerprints.get(name, ""), self._fingerprint(name)
        if planned and now and planned != now:
            raise InvalidInput(
                f"Location {name!r} points at another place than when job {info.id} was made.",
                "Restore its configuration, or cancel the job and plan the transfer again.",
            )
        return self._backends(name)

    def _as_it_stands(self, job_id: str) -> JobInfo:
        info = self._journal.job(job_id)
        if info.is_live:
            raise TransferError(
                f"Another process works on job {info.id}.", "list-jobs shows how far it is; cancel-job stops it."
            )
        return info


def _fail(recorder: Recorder, open_items: Iterable[OpenItem], error: AudiotuiError) -> None:
    for open_item in open_items:
        recorder.failed(open_item, error, keep_token=True)
        if recorder.is_due:
            recorder.write({})
    recorder.write({})


def _give_back(job: LeasedJob, recorder: Recorder, ending: Ending, begun_items: Iterable[OpenItem]) -> None:
    """End a job before its time as people wish it; items that it did not come to end without an event."""
    if ending.state is JobState.CANCELLED:
        for open_item in begun_items:
            recorder.cancelled(open_item)
        recorder.write({})
    job.release(ending.state)
