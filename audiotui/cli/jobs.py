"""Commands on transfer jobs: listing them, showing one, stopping them, going on with one."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from audiotui.cli import output
from audiotui.cli.items import each
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson
from audiotui.cli.pace import BandwidthLimit, Jobs, pace
from audiotui.cli.records import instant_text, item_record, job_record, minute, short_id
from audiotui.cli.session import Session, session_of
from audiotui.cli.words import counted
from audiotui.errors import InvalidInput
from audiotui.text import format_bytes, format_count, format_rate

if TYPE_CHECKING:
    from audiotui.manager import AudioManager, ItemInfo, JobInfo

JOBS: "Listing[JobInfo]" = Listing(
    columns=(
        Column("id", "ID", width=8),
        Column("created_at", "CREATED", show=minute, exact=instant_text, width=16, optional=True),
        Column("standing", "STATE", width=11),
        Column("done_items", "DONE", show=format_count, width=9, right=True),
        Column("failed_items", "FAILED", show=format_count, width=9, right=True, optional=True),
        Column("total_items", "FILES", show=format_count, width=9, right=True),
        Column("total_bytes", "SIZE", show=format_bytes, width=8, right=True, optional=True),
        Column("location", "LOCATION", width=16, optional=True),
        Column("title", "WHAT"),
    ),
    record=job_record,
)

ITEMS: "Listing[ItemInfo]" = Listing(
    columns=(
        Column("state", "STATE", width=9),
        Column("recording_uid", "RECORDING", show=short_id, width=13, optional=True),
        Column("size_bytes", "SIZE", show=format_bytes, width=8, right=True),
        Column("name", "FILE", width=40),
        Column("error", "ERROR"),
    ),
    record=item_record,
)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, or the first characters of it.")]


def list_jobs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=0, help="At most so many.")] = 50,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> None:
    """List transfers: open ones in their order, then finished ones, newest first."""
    session = session_of(ctx)
    with session.library() as manager:
        jobs = JOBS.ordered(manager.list_jobs(), sort)[:limit] if sort else manager.list_jobs(limit)
    output.listing(JOBS, jobs, as_json=as_json)


def show_job(
    ctx: typer.Context,
    job_id: JobId,
    state: Annotated[
        Literal["waiting", "active", "done", "skipped", "failed", "cancelled"] | None,
        typer.Option(help="Only files in this state."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many files.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show a transfer and its files."""
    session = session_of(ctx)
    with session.library() as manager:
        job = manager.get_job(job_id)
        items = manager.job_items(job.id, [state] if state else None, limit)
    if as_json:
        output.json_line({**job_record(job), "items": [item_record(item) for item in items]})
        return
    shown = {**job_record(job), "state": job.standing}
    output.details([(name.replace("_", " "), str(value)) for name, value in shown.items() if value])
    output.line("")
    output.listing(ITEMS, items, as_json=False)


def cancel_job(
    ctx: typer.Context,
    job_ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")],
) -> int:
    """Stop transfers; what arrived is kept."""
    session = session_of(ctx)
    with session.library() as manager:
        return each(session, job_ids, lambda job_id: _cancel(session, manager, job_id))


def _cancel(session: Session, manager: "AudioManager", job_id: str) -> None:
    before = manager.get_job(job_id)
    if before.state.is_final:
        session.say(f"{before.title} ({before.id}) has ended already: {before.state}.")
        return
    manager.cancel_job(before.id)
    session.say(f"Cancelled {before.id}; `audiotui retry-job` goes on with it.")


def move_job(
    ctx: typer.Context,
    job_id: JobId,
    up: Annotated[bool | None, typer.Option("--up/--down", help="Earlier or later.", show_default=False)] = None,
) -> None:
    """Let a transfer that waits run one place earlier or later."""
    if up is None:
        raise InvalidInput("Which way shall it go?", "Add --up to let it run earlier, --down for later.")
    session = session_of(ctx)
    with session.library() as manager:
        job = manager.move_job(job_id, up=up)
    session.say(f"{job.title} runs {'earlier' if up else 'later'} now.")


def limit_job(ctx: typer.Context, job_id: JobId, bwlimit: BandwidthLimit = None, jobs: Jobs = None) -> None:
    """Set how fast a transfer may go, also while it runs; without options, as fast as it can."""
    wanted = pace(bwlimit, jobs)
    session = session_of(ctx)
    with session.library() as manager:
        job = manager.set_job_limits(job_id, wanted.jobs, wanted.bwlimit)
    rate = f"at most {format_rate(job.bytes_per_s)}" if job.bytes_per_s else "as fast as it can"
    files = f", at most {counted(job.parallel, 'file')} at a time" if job.parallel else ""
    session.say(f"{job.title}: {rate}{files}.")


def forget_jobs(ctx: typer.Context) -> None:
    """Remove transfers that have ended from the list."""
    session = session_of(ctx)
    with session.library() as manager:
        count = manager.forget_finished_jobs()
    session.say(f"Forgot {counted(count, 'job')}.")


def retry_job(
    ctx: typer.Context,
    job_id: JobId,
    as_json: Annotated[bool, typer.Option("--json", help="Every event as a line of JSON.")] = False,
) -> int:
    """Go on with a transfer that failed, was cancelled or was cut off."""
    from audiotui.cli.moving import carry_on

    session = session_of(ctx)
    with session.library() as manager:
        job = manager.get_job(job_id)
        waiting = manager.retry_job(job.id)
        if not waiting and not job.open_items:
            session.say(f"{job.title} has nothing left to do.")
            return 0
        return carry_on(session, manager, manager.resume_job(job.id), as_json=as_json)
