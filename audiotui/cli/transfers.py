"""Commands that move files: push to another location, pull from one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from audiotui.cli.options import Kinds, Yes
from audiotui.cli.pace import BandwidthLimit, Jobs, Pace, pace
from audiotui.cli.session import Session, session_of
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from audiotui.manager import AudioManager, TransferPlan

RecordingIds = Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")]
Query = Annotated[
    str, typer.Argument(metavar="QUERY", help="What to copy; without it, all recordings.", show_default=False)
]
Destination = Annotated[
    str | None,
    typer.Option(metavar="LOCATION", help="Where to (else default_destination, else the first other location)."),
]
Source = Annotated[
    str | None, typer.Option(metavar="LOCATION", help="Where from (else the best verified copy of each file).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be copied.")]
PlanOut = Annotated[
    Path | None,
    typer.Option("--plan-out", metavar="FILE", help="With --dry-run: write down what would be copied, for --plan."),
]
PlanIn = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Do exactly what a plan says, or nothing.")]
AsEvents = Annotated[bool, typer.Option("--json", help="Every event as a line of JSON.")]


def push_recording(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    destination: Destination = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    bwlimit: BandwidthLimit = None,
    jobs: Jobs = None,
    as_json: AsEvents = False,
) -> int:
    """Copy recordings from local to another location."""
    wanted = Wanted("push", recording_ids, destination, kind)
    return _transfer(session_of(ctx), wanted, pace(bwlimit, jobs), dry_run=dry_run, as_json=as_json)


def push_recordings(
    ctx: typer.Context,
    query: Query = "",
    destination: Destination = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    plan_out: PlanOut = None,
    plan: PlanIn = None,
    bwlimit: BandwidthLimit = None,
    jobs: Jobs = None,
    yes: Yes = False,
    as_json: AsEvents = False,
) -> int:
    """Copy all recordings of a query to another location."""
    wanted = Wanted("push", query, destination, kind, plan, plan_out)
    return _transfer(session_of(ctx), wanted, pace(bwlimit, jobs), dry_run=dry_run, yes=yes, as_json=as_json)


def pull_recording(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    source: Source = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    bwlimit: BandwidthLimit = None,
    jobs: Jobs = None,
    as_json: AsEvents = False,
) -> int:
    """Copy recordings from another location to local."""
    wanted = Wanted("pull", recording_ids, source, kind)
    return _transfer(session_of(ctx), wanted, pace(bwlimit, jobs), dry_run=dry_run, as_json=as_json)


def pull_recordings(
    ctx: typer.Context,
    query: Query = "",
    source: Source = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    plan_out: PlanOut = None,
    plan: PlanIn = None,
    bwlimit: BandwidthLimit = None,
    jobs: Jobs = None,
    yes: Yes = False,
    as_json: AsEvents = False,
) -> int:
    """Copy all recordings of a query to local."""
    wanted = Wanted("pull", query, source, kind, plan, plan_out)
    return _transfer(session_of(ctx), wanted, pace(bwlimit, jobs), dry_run=dry_run, yes=yes, as_json=as_json)


class Wanted(NamedTuple):
    """What a person wants to be copied: a selection, or a plan in a file."""

    verb: Literal["push", "pull"]
    selection: str | list[str]
    location: str | None
    kinds: list[str] | None
    plan: Path | None = None
    plan_out: Path | None = None


def _transfer(session: Session, wanted: Wanted, pace: Pace, *, dry_run: bool, as_json: bool, yes: bool = False) -> int:
    from audiotui.cli.moving import carry_out

    with session.library() as manager:
        plan = _plan(session, manager, wanted, dry_run=dry_run or wanted.plan_out is not None)
        try:
            return carry_out(
                session,
                manager,
                plan,
                dry_run=dry_run,
                yes=yes,
                as_json=as_json,
                plan_out=wanted.plan_out,
                pace=pace,
            )
        finally:
            plan.close()


def _plan(session: Session, manager: "AudioManager", wanted: Wanted, *, dry_run: bool) -> "TransferPlan":
    if wanted.plan is None:
        plan_of = manager.plan_push if wanted.verb == "push" else manager.plan_pull
        session.say_notes(manager, wanted.selection)
        return plan_of(wanted.selection, wanted.location, kinds=wanted.kinds, dry_run=dry_run)
    if wanted.selection or wanted.location or wanted.kinds:
        raise InvalidInput("--plan says itself what is to be copied where.", "Give nothing besides it.")
    plan = manager.load_plan(wanted.plan)
    if plan.verb != wanted.verb:
        raise InvalidInput(f"{wanted.plan} is the plan of a {plan.verb}.", f"Give it to {plan.verb}-recordings.")
    return plan
