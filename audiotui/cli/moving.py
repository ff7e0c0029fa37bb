"""Carrying out a push, a pull or a job in the foreground: the plan, the bar, what came of it, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.cli import output
from audiotui.cli.details import proven_now
from audiotui.cli.failures import exit_code_of, say_error
from audiotui.cli.interrupts import stopping
from audiotui.cli.items import tell_errors
from audiotui.cli.listing import Column, Listing
from audiotui.cli.pace import Pace
from audiotui.cli.progress import Standing, meter
from audiotui.cli.records import job_record, planned_record, short_id
from audiotui.cli.transfer_events import TransferWatch
from audiotui.cli.words import counted
from audiotui.errors import CANCELLED_EXIT_CODE
from audiotui.text import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from audiotui.cli.session import Session
    from audiotui.errors import AudiotuiError
    from audiotui.manager import AudioManager, JobInfo, PlannedFile, TransferPlan
    from audiotui.model import VerifyLevel

ASKED_FILES = 1_000
"""Before so many files are sent, the person is asked."""

PLANNED: Listing[PlannedFile] = Listing(
    columns=(
        Column("action", "ACTION", width=10),
        Column("item.recording_uid", "RECORDING", show=short_id, width=13, optional=True),
        Column("kind", "KIND", width=12),
        Column("item.size_bytes", "SIZE", show=format_bytes, width=8, right=True),
        Column("item.name", "FILE"),
        Column("reason", "WHY", width=40, optional=True),
    ),
    record=planned_record,
)


def carry_out(
    session: Session,
    manager: AudioManager,
    plan: TransferPlan,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    plan_out: Path | None = None,
    pace: Pace = Pace(),  # noqa: B008 - a frozen value
) -> int:
    """Carry out a plan, or with ``dry_run`` only show it, or with ``plan_out`` write it down; returns the exit code."""
    if plan_out is not None:
        manager.save_plan(plan, plan_out)
        session.say(_intention(plan))
        session.say(f"Nothing was copied; `--plan {plan_out}` does exactly this.")
        return 0
    if dry_run:
        output.listing(PLANNED, plan.files, as_json=as_json)
        session.say(_intention(plan))
        return 0
    session.say(_intention(plan))
    if plan.send_count > ASKED_FILES and session.interactive and not yes and not session.ask("Go on?"):
        return CANCELLED_EXIT_CODE
    with stopping(session) as cancel, meter(session, plan.title) as show:
        watch = TransferWatch(session, show, as_json=as_json, start=Standing(0, plan.send_count, 0, plan.send_bytes))
        done = manager.transfer(plan, watch, cancel, bwlimit=pace.bwlimit, jobs=pace.jobs)
    watch.sum_up()
    known = [error for error in done.errors if error not in watch.errors]
    tell_errors(session, known)
    ran = (*done.resumed, *([done.job] if done.job else []))
    if cancel.is_set() and done.job is None and plan.send_count:
        session.say("Stopped before anything of it was begun; run it again.")
        return CANCELLED_EXIT_CODE
    if not ran:
        return exit_code_of(done.errors, done=plan.skip_count)
    for earlier in ran[:-1]:
        session.say(f"Went on first with job {earlier.id}, which was interrupted: copied {_outcome(earlier)}.")
    return _conclude(session, ran[-1], done.errors, watch.levels, there_before=plan.skip_count, as_json=as_json)


def carry_on(session: Session, manager: AudioManager, job: JobInfo, *, as_json: bool) -> int:
    """Carry out a job of the journal in this process; returns the exit code."""
    with stopping(session) as cancel, meter(session, job.title) as show:
        start = Standing(job.done_items + job.skipped_items, job.total_items, job.done_bytes, job.total_bytes)
        watch = TransferWatch(session, show, as_json=as_json, start=start)
        ended = manager.run_job(job.id, watch, cancel)
    watch.sum_up()
    return _conclude(session, ended, watch.errors, watch.levels, there_before=0, as_json=as_json)


def _intention(plan: TransferPlan) -> str:
    """What the plan is about to do, in a sentence."""
    way = f"from {plan.source or 'the best copies'} to {plan.destination}"
    if plan.send_count:
        head = f"{plan.title} {way}: {counted(plan.send_count, 'file')} to copy, {format_bytes(plan.send_bytes)}"
    else:
        head = f"{plan.title} {way}: nothing to copy"
    there = f"; {counted(plan.skip_count, 'file')} there already" if plan.skip_count else ""
    return f"{head}{there}."


def _conclude(
    session: Session,
    job: JobInfo,
    errors: Sequence[AudiotuiError],
    levels: Mapping[VerifyLevel, int],
    *,
    there_before: int,
    as_json: bool,
) -> int:
    """Tell how a job ended and return the exit code."""
    if as_json:
        output.json_line({"event": "ended", **job_record(job)})
    session.say(f"Copied {_outcome(job)}.{proven_now(levels)}")
    if job.error:
        say_error(job.error, job.hint)
    if job.open_items or job.cancelled_items:
        session.say(f"Stopped before the end; `audiotui retry-job {job.id}` goes on where it stopped.")
        return CANCELLED_EXIT_CODE
    return exit_code_of(errors, done=there_before + job.done_items + job.skipped_items)


def _outcome(job: JobInfo) -> str:
    """How many files arrived where, and what became of the others."""
    copied = f"{format_count(job.done_items)} of {counted(job.total_items, 'file')} to {job.destination}"
    there = f"; {format_count(job.skipped_items)} there already" if job.skipped_items else ""
    failed = f"; {format_count(job.failed_items)} failed" if job.failed_items else ""
    return f"{copied}{there}{failed}"
