"""The manager's part for transfers: planning, running and queueing pushes and pulls, and steering their jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError, IntegrityError, InvalidInput, KeyNotFound, TransferError
from audiotui.events import Failed, ItemEvent, Listener, ignore
from audiotui.manager.base import Library, Selection
from audiotui.model import LOCAL

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Sequence

    from audiotui.transfer.jobs import ItemInfo, JobInfo
    from audiotui.transfer.transfer_plan import TransferPlan


_LOOKED_AT_JOBS = 200
"""Among so many, the first of the journal, a transfer looks for interrupted ones to finish."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What came of a push or pull: its plan, its job, and all that went wrong."""

    plan: TransferPlan
    job: JobInfo | None
    """None if there was nothing to send."""
    resumed: tuple[JobInfo, ...]
    """Earlier jobs of the same files that had been interrupted and were finished first."""
    errors: tuple[AudiotuiError, ...]
    """One for each file that is not where it should be: failed, damaged at the destination, or without a source."""

    def check(self) -> None:
        """Raise the first error, if there is any."""
        if self.errors:
            raise self.errors[0]


class Transfers(Library):
    """Copying recordings between ``local`` and the other locations.

    A selection is a query (a string; '' is everything), or a list of uids, prefixes or row ids. ``kinds`` restricts a
    transfer to some kinds of files. Nothing is ever overwritten, and every byte is compared with its SHA-256.
    """

    def plan_push(
        self, selection: Selection, destination: str | None = None, *, kinds: Collection[str] | None = None
    ) -> TransferPlan:
        """What a push would do, file by file; changes nothing.

        Raises:
            InvalidInput: the destination is ``local`` or unknown, or there is none.
            Unreachable, AccessDenied: the destination cannot be used now.
        """
        destination = destination or self.default_destination()
        if destination == LOCAL:
            raise InvalidInput("A push goes from local to another location.", "Name another one, or pull instead.")
        return self._plan("push", selection, LOCAL, destination, kinds)

    def plan_pull(
        self, selection: Selection, source: str | None = None, *, kinds: Collection[str] | None = None
    ) -> TransferPlan:
        """What a pull would do, file by file; without a source each file comes from its best copy.

        Raises:
            InvalidInput: the source is ``local`` or unknown.
            Unreachable, AccessDenied: the source cannot be used now.
        """
        if source == LOCAL:
            raise InvalidInput("A pull comes from another location to local.", "Name another one, or push instead.")
        return self._plan("pull", selection, source or "", LOCAL, kinds)

    def push_recording(
        self,
        recording_id: str,
        destination: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> Transferred:
        """Copy a recording's files to another location, by default the default destination.

        Files that are there already, with the same bytes, are a success.

        Raises:
            KeyNotFound, IntegrityError, SourceChanged, LocationFull, ...: why a file is not there now.
        """
        done = self.transfer(self.plan_push([recording_id], destination, kinds=kinds), listener, cancel)
        done.check()
        return done

    def pull_recording(
        self,
        recording_id: str,
        source: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> Transferred:
        """Copy a recording's files to ``local``, from a location or from wherever the best copies are.

        Raises:
            KeyNotFound, IntegrityError, LocationFull, ...: why a file is not there now.
        """
        done = self.transfer(self.plan_pull([recording_id], source, kinds=kinds), listener, cancel)
        done.check()
        return done

    def push_recordings(
        self,
        selection: Selection,
        destination: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> Transferred:
        """Copy all recordings of a selection to another location; failures are in the result, the others go on."""
        return self.transfer(self.plan_push(selection, destination, kinds=kinds), listener, cancel)

    def pull_recordings(
        self,
        selection: Selection,
        source: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> Transferred:
        """Copy all recordings of a selection to ``local``; failures are in the result, the others go on."""
        return self.transfer(self.plan_pull(selection, source, kinds=kinds), listener, cancel)

    def transfer(
        self, plan: TransferPlan, listener: Listener = ignore, cancel: threading.Event | None = None
    ) -> Transferred:
        """Carry out a plan in this thread. Setting ``cancel`` stops it within two seconds; a retry goes on.

        Jobs of the same files that were interrupted go on first, so that what they had begun is neither sent twice nor
        left behind. ``listener`` is called from this and other threads, one call at a time.
        """
        resumed = self._finish_interrupted(plan, listener, cancel)
        settled = {item for job in resumed for item in self._settled_items(job)}
        left = [item for item in plan.items() if (item.recording_uid, item.key) not in settled]
        errors = list(_plan_errors(plan))
        if not left or (cancel is not None and cancel.is_set()):
            return Transferred(plan, None, resumed, tuple(errors))
        job_id = self.journal.create_job(plan.new_job(), left, reserve=True)
        job = self.run_job(job_id, _collecting(errors, listener), cancel)
        return Transferred(plan, job, resumed, tuple(errors))

    def queue(self, plan: TransferPlan) -> str:
        """Write a plan into the journal as a job for the worker process; returns the job's id.

        Raises:
            InvalidInput: there is nothing to send.
        """
        if not plan.send_count:
            raise InvalidInput("There is nothing to send: every file is there already, or has no copy to read from.")
        return self.journal.create_job(plan.new_job(), plan.items())

    def start_worker(self) -> None:
        """Start the process that runs queued jobs, if none runs; it goes on when this program ends."""
        from audiotui.transfer.spawn import start_worker

        start_worker(self.config.path, self.config.db_path)

    def run_job(self, job_id: str, listener: Listener = ignore, cancel: threading.Event | None = None) -> JobInfo:
        """Carry out a job of the journal in this thread, and tell how it stands then.

        Raises:
            JobNotFound, AmbiguousId: no such job.
            TransferError: another process works on it.
        """
        from audiotui.transfer.engine import Engine

        engine = Engine(self.catalog, self.journal, self.backend, listener=listener, fingerprint=self._fingerprint)
        return engine.run(job_id, cancel)

    def list_jobs(self, limit: int | None = None, offset: int = 0) -> list[JobInfo]:
        """Jobs: open ones in the order they run, then finished ones, newest first."""
        return self.journal.jobs(limit, offset=offset)

    def get_job(self, job_id: str) -> JobInfo:
        """A job by its id or an unambiguous prefix.

        Raises:
            JobNotFound, AmbiguousId: no such job.
        """
        return self.journal.job(job_id)

    def job_items(
        self, job_id: str, states: Sequence[str] | None = None, limit: int | None = None, offset: int = 0
    ) -> list[ItemInfo]:
        """A page of a job's files in their order, of all states or only of some."""
        from audiotui.transfer.jobs import ItemState

        wanted = [ItemState(state) for state in states] if states is not None else None
        return self.journal.items(job_id, wanted, limit, offset)

    def cancel_job(self, job_id: str) -> JobInfo:
        """End a job within two seconds; what arrived stays, and ``retry_job`` goes on where it stopped."""
        self.journal.cancel(job_id)
        return self.journal.job(job_id)

    def retry_job(self, job_id: str) -> int:
        """Queue a job's failed and cancelled files again, for a worker or ``run_job``; returns how many they are."""
        return self.journal.retry(job_id)

    def hold_job(self, job_id: str) -> JobInfo:
        """Let a job rest; one that runs stops within two seconds."""
        self.journal.hold(job_id)
        return self.journal.job(job_id)

    def resume_job(self, job_id: str) -> JobInfo:
        """Queue a held job again."""
        self.journal.resume(job_id)
        return self.journal.job(job_id)

    def _finish_interrupted(
        self, plan: TransferPlan, listener: Listener, cancel: threading.Event | None
    ) -> tuple[JobInfo, ...]:
        """Run the jobs that nobody works on and that have nothing to do but what the plan has too."""
        planned = {(file.item.recording_uid, file.item.key) for file in plan.files}
        finished = []
        for job in self.journal.jobs(_LOOKED_AT_JOBS):  # open ones come first
            if not _is_interrupted(job) or (job.kind, job.destination) != (plan.verb, plan.destination):
                continue
            if not {(item.recording_uid, item.key) for item in self._open_items(job)} <= planned:
                continue
            try:
                finished.append(self.run_job(job.id, listener, cancel))
            except TransferError:  # another process was quicker
                continue
        return tuple(finished)

    def _open_items(self, job: JobInfo) -> list[ItemInfo]:
        return self.job_items(job.id, ["waiting", "active"])

    def _settled_items(self, job: JobInfo) -> set[tuple[str, str]]:
        return {(item.recording_uid, item.key) for item in self.job_items(job.id, ["done", "skipped"])}

    def _plan(
        self, verb: str, selection: Selection, source: str, destination: str, kinds: Collection[str] | None
    ) -> TransferPlan:
        from audiotui.transfer.jobs import JobKind
        from audiotui.transfer.plan import plan_transfer

        for name in filter(None, (source, destination)):
            self._options(name)
        return plan_transfer(
            self.catalog,
            self.backend,
            verb=JobKind(verb),
            recording_ids=self._recording_ids(selection),
            source=source,
            destination=destination,
            kinds=kinds,
            key_layout=self.config.key_layout,
            fingerprint=self._fingerprint,
        )

    def _fingerprint(self, location: str) -> str:
        return self._options(location).fingerprint


def _is_interrupted(job: JobInfo) -> bool:
    return job.state in ("queued", "running") and not job.is_live


def _plan_errors(plan: TransferPlan) -> list[AudiotuiError]:
    """What the plan already knows to be wrong, as the errors that a run would give."""
    errors: list[AudiotuiError] = []
    for file in plan.files:
        message = f"{file.item.name}: {file.reason}."
        if file.action == "damaged":
            hint = "`audiotui verify` prints its key; move that file away and do this again."
            errors.append(IntegrityError(message, hint))
        elif file.action == "impossible":
            hint = "`audiotui show-recording` tells where its copies are."
            errors.append(KeyNotFound(message, hint, location=plan.source, key=file.item.key))
    return errors


def _collecting(errors: list[AudiotuiError], listener: Listener) -> Listener:
    def listen(event: ItemEvent) -> None:
        if isinstance(event, Failed):
            errors.append(event.error)
        listener(event)

    return listen
