"""Commands that move files: push to another location, pull from one."""

from typing import Annotated, Literal

import typer

from audiotui.cli.options import Kinds, Yes
from audiotui.cli.session import Session, session_of

RecordingIds = Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")]
Query = Annotated[str, typer.Argument(metavar="QUERY", help="What to copy; '' is all recordings.")]
Destination = Annotated[
    str | None,
    typer.Option(metavar="LOCATION", help="Where to (else default_destination, else the first other location)."),
]
Source = Annotated[
    str | None, typer.Option(metavar="LOCATION", help="Where from (else the best verified copy of each file).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be copied.")]
AsEvents = Annotated[bool, typer.Option("--json", help="Every event as a line of JSON.")]


def push_recording(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    destination: Destination = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    as_json: AsEvents = False,
) -> int:
    """Copy recordings from local to another location."""
    return _transfer(session_of(ctx), "push", recording_ids, destination, kind, dry_run=dry_run, as_json=as_json)


def push_recordings(
    ctx: typer.Context,
    query: Query,
    destination: Destination = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsEvents = False,
) -> int:
    """Copy all recordings of a query to another location."""
    return _transfer(session_of(ctx), "push", query, destination, kind, dry_run=dry_run, yes=yes, as_json=as_json)


def pull_recording(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    source: Source = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    as_json: AsEvents = False,
) -> int:
    """Copy recordings from another location to local."""
    return _transfer(session_of(ctx), "pull", recording_ids, source, kind, dry_run=dry_run, as_json=as_json)


def pull_recordings(
    ctx: typer.Context,
    query: Query,
    source: Source = None,
    kind: Kinds = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsEvents = False,
) -> int:
    """Copy all recordings of a query to local."""
    return _transfer(session_of(ctx), "pull", query, source, kind, dry_run=dry_run, yes=yes, as_json=as_json)


def _transfer(
    session: Session,
    verb: Literal["push", "pull"],
    selection: str | list[str],
    location: str | None,
    kinds: list[str] | None,
    *,
    dry_run: bool,
    as_json: bool,
    yes: bool = False,
) -> int:
    from audiotui.cli.moving import carry_out

    with session.library() as manager:
        plan_of = manager.plan_push if verb == "push" else manager.plan_pull
        session.say_notes(manager, selection)
        plan = plan_of(selection, location, kinds=kinds)
        return carry_out(session, manager, plan, dry_run=dry_run, yes=yes, as_json=as_json)
