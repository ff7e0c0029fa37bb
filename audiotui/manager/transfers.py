"""The manager's part for transfers: planning, running and queueing pushes and pulls, and steering their jobs."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.errors import IntegrityError, InvalidInput, KeyNotFound, TransferError
from audiotui.manager.base import Library, Selection
from audiotui.manager.paging import check_page
from audiotui.manager.transferred import ErrorTally, Transferred
from audiotui.manager.unheard import unheard
from audiotui.model import LOCAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from os import PathLike

    from audiotui.errors import AudiotuiError
    from audiotui.events import Listener
    from audiotui.transfer.jobs import ItemInfo, JobInfo
    from audiotui.transfer.transfer_plan import TransferPlan


_LOOKED_AT_JOBS = 200
"""Among so many, the first of the journal, a transfer looks for interrupted ones to finish."""


class Transfers(Library):
    """Copying recordings between ``local`` and the other locations.

    A selection is a query (a string; '' is everything), or a list of uids, prefixes or row ids. ``kinds`` restricts a
    transfer to some kinds of files. Nothing is ever overwritten, and every byte is compared with its SHA-256.
    """

    def plan_push(
        self,
        selection: Selection,
        destination: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        dry_run: bool = False,
    ) -> TransferPlan:
        """What a push would do, file by file; changes nothing. With ``dry_run`` not even an empty folder is made.

        Raises:
            InvalidInput: the destination is ``local`` or unknown, or there is none.
            Unreachable, AccessDenied: the destination cannot be used now.
        """
        destination = destination or self.default_destination()
        if destination == LOCAL:
            raise InvalidInput("A push goes from local to another location.", "Name another one, or pull instead.")
        return self._plan("push", selection, LOCAL, destination, kinds, dry_run=dry_run)

    def plan_pull(
        self,
        selection: Selection,
        source: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        dry_run: bool = False,
    ) -> TransferPlan:
        """What a pull would do, file by file; without a source each file comes from its best copy.

        Raises:
            InvalidInput: the source is ``local`` or unknown.
            Unreachable, AccessDenied: the source cannot be used now.
        """
        if source == LOCAL:
            raise InvalidInput("A pull comes from another location to local.", "Name another one, or push instead.")
        return self._plan("pull", selection, source or "", LOCAL, kinds, dry_run=dry_run)

    def save_plan(self, plan: TransferPlan, path: str | PathLike[str]) -> None:
        """Write a plan to a new file, for ``load_plan``; it holds names and keys, and no secret.

        Raises:
            InvalidInput: the file exists or cannot be written.
        """
        from audiotui.transfer.plan_file import save_plan

        save_plan(plan, Path(path))

    def load_plan(self, path: str | PathLike[str]) -> TransferPlan:
        """The plan that ``save_plan`` wrote, if everything still is as it says.

        Raises:
            InvalidInput: the file is no plan, or was changed since it was written.
            TransferError: the plan would be another one now; the message names some of the files that differ.
            LocationError: a location cannot be used now.
        """
        from audiotui.transfer.plan_file import check_same, read_head, recording_ids

        head = read_head(Path(path))
        plan = self._plan(head.verb, recording_ids(head, self.catalog), head.source, head.destination, head.kinds)
        plan = replace(plan, recording_count=head.recording_count)
        check_same(head, plan)
        return plan

    def push_recording(
        self,
        recording_id: str,
        destination: str | None = None,
        *,
        kinds: Collection[str] | None = None,
        listener: Listener = unheard,
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
        listener: Listener = unheard,
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
        listener: Listener = unheard,
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
        listener: Listener = unheard,
        cancel: threading.Event | None = None,
    ) -> Transferred:
        """Copy all recordings of a selection to ``local``; failures are in the result, the others go on."""
        return self.transfer(self.plan_pull(selection, source, kinds=kinds), listener, cancel)

    def transfer(
        self,
        plan: TransferPlan,
        listener: Listener = unheard,
        cancel: threading.Event | None = None,
        *,
        bwlimit: int | None = None,
        jobs: int | None = None,
    ) -> Transferred:
        """Carry out a plan in this thread. Setting ``cancel`` stops it within two seconds; a retry goes on.

        It moves at most ``bwlimit`` bytes a second and ``jobs`` files or parts at a time (None: no limit, and as many
        as prove useful); ``set_job_limits`` changes both while it runs.

        Jobs of the same files that were interrupted go on first, so that what they had begun is neither sent twice nor
        left behind. ``listener`` is called from this and other threads, one call at a time.
        """
        errors = ErrorTally(_plan_errors(plan))
        resumed = self._finish_interrupted(plan, listener, cancel, limits=(jobs, bwlimit))
        items = plan.items()
        if not len(items) or (cancel is not None and cancel.is_set()):
            return errors.transferred(plan, None, resumed)
        # Meanwhile, and not awaited: a program that is interrupted ends before a far host has answered.
        destination = self.backend(plan.destination)
        threading.Thread(target=destination.get_ready, name="audiotui-ready", daemon=True).start()
        new = plan.new_job(parallel=jobs, bytes_per_s=bwlimit)
        job_id = self.journal.create_job(new, items, reserve=True)
        job = self.run_job(job_id, errors.collecting(listener), cancel)
        return errors.transferred(plan, job, resumed)

    def queue(self, plan: TransferPlan, *, bwlimit: int | None = None, jobs: int | None = None) -> str:
        """Write a plan into the journal as a job for the worker process; returns the job's id.

        The limits are those of ``transfer``.

        Raises:
            InvalidInput: there is nothing to send.
        """
        if not plan.send_count:
            raise InvalidInput("There is nothing to send: every file is there already, or has no copy to read from.")
        return self.journal.create_job(plan.new_job(parallel=jobs, bytes_per_s=bwlimit), plan.items())

    def start_worker(self) -> None:
        """Start the process that runs queued jobs, if none runs; it goes on when this program ends."""
        from audiotui.transfer.spawn import start_worker

        start_worker(self.config.path, self.config.db_path)

    def run_job(self, job_id: str, listener: Listener = unheard, cancel: threading.Event | None = None) -> JobInfo:
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
        check_page(limit, offset)
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

        check_page(limit, offset)
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

    def move_job(self, job_id: str, *, up: bool) -> JobInfo:
        """Let a job that is open run one place earlier or later.

        Raises:
            InvalidInput: it has ended.
        """
        if self.journal.job(job_id).state.is_final:
            raise InvalidInput(f"Job {job_id} has ended; there is no turn to wait for.", "`retry-job` goes on with it.")
        self.journal.move(job_id, -1 if up else 1)
        return self.journal.job(job_id)

    def set_job_limits(self, job_id: str, requests: int | None = None, bwlimit: int | None = None) -> JobInfo:
        """Change how many files or parts of a job move at a time, and how many bytes a second; None: no limit.

        A running job follows within a second. Jobs that limit their rate to or from one location share it, whichever
        process runs them, and the rate that was set last holds for all of them.
        """
        self.journal.set_limits(job_id, parallel=requests, bytes_per_s=bwlimit)
        return self.journal.job(job_id)

    def forget_finished_jobs(self) -> int:
        """Remove all jobs that are done, failed or cancelled from the list; how many they were."""
        return self.journal.forget_finished()

    def _finish_interrupted(
        self,
        plan: TransferPlan,
        listener: Listener,
        cancel: threading.Event | None,
        *,
        limits: tuple[int | None, int | None],
    ) -> tuple[JobInfo, ...]:
        """Run the jobs that nobody works on and that have nothing to do but what the plan has too, as it may run."""
        finished = []
        for job in self.journal.jobs(_LOOKED_AT_JOBS):  # open ones come first
            if not _is_interrupted(job) or (job.kind, job.destination) != (plan.verb, plan.destination):
                continue
            if not plan.covers((item.recording_uid, item.key) for item in self._items(job, "waiting", "active")):
                continue
            if any(limits):
                self.set_job_limits(job.id, *limits)
            # What it had settled before it broke off may be gone again: there the plan, which just looked, is right.
            before = {item.id for item in self._items(job, "done", "skipped")}
            try:
                finished.append(self.run_job(job.id, listener, cancel))
            except TransferError:  # another process was quicker
                continue
            settled = (item for item in self._items(job, "done", "skipped") if item.id not in before)
            plan.leave_out((item.recording_uid, item.key) for item in settled)
        return tuple(finished)

    def _items(self, job: JobInfo, *states: str) -> Iterator[ItemInfo]:
        from audiotui.transfer.jobs import ItemState

        return self.journal.each_item(job.id, [ItemState(state) for state in states])

    def _plan(
        self,
        verb: str,
        selection: Selection,
        source: str,
        destination: str,
        kinds: Collection[str] | None,
        *,
        dry_run: bool = False,
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
            reads_only=dry_run,
        )

    def _fingerprint(self, location: str) -> str:
        return self._options(location).fingerprint


_DROPPED = "`audiotui restore-copies` gives back one that was dropped."


def _is_interrupted(job: JobInfo) -> bool:
    return job.state in ("queued", "running") and not job.is_live


def _plan_errors(plan: TransferPlan) -> Iterator[AudiotuiError]:
    """What the plan already knows to be wrong, as the errors that a run would give."""
    of_locations = {error.message.rstrip("."): error for error in plan.troubles}
    for file in plan.troubled:
        if file.reason in of_locations:
            yield of_locations[file.reason]  # the same for all of its files, so it is told once
            continue
        message = f"{file.item.name}: {file.reason}."
        if file.is_damage:
            hint = f"`audiotui verify`, then `audiotui repair`: it is made good from another copy. {_DROPPED}"
            yield IntegrityError(message, hint)
        else:
            hint = f"`audiotui show-recording` tells where its copies are. {_DROPPED}"
            yield KeyNotFound(message, hint, location=plan.source, key=file.item.key)
