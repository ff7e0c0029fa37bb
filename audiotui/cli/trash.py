"""Commands on the trash: moving recordings there, listing it, taking them back, removing them for good."""

from typing import Annotated

import typer

from audiotui.cli import output
from audiotui.cli.items import each
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Force, Limit, Purge, Yes
from audiotui.cli.records import row_record
from audiotui.cli.search import RECORDING_COLUMNS, day
from audiotui.cli.session import session_of
from audiotui.errors import CANCELLED_EXIT_CODE
from audiotui.model import RecordingRow
from audiotui.text import timestamp

TRASH: Listing[RecordingRow] = Listing(
    columns=(
        RECORDING_COLUMNS[0],
        Column("deleted_at_ms", "TRASHED", show=day, exact=timestamp, width=10),
        *RECORDING_COLUMNS[1:],
    ),
    record=row_record,
)

RecordingIds = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, or the first characters of them.")]


def delete_recording(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    purge: Purge = False,
    force: Force = False,
    yes: Yes = False,
) -> int:
    """Move recordings to the trash, or remove them for good with --purge."""
    session = session_of(ctx)
    with session.library() as manager:
        if not purge:
            return each(session, recording_ids, manager.delete_recording, done="Moved {} to the trash.")
        found = [manager.get_recording(one) for one in recording_ids]
        named = f"{found[0].label!r}" if len(found) == 1 else f"{len(found):,} recordings"
        if not yes and not session.ask(f"Remove {named} and all their files at every location for good?"):
            session.say("Nothing was removed.")
            return CANCELLED_EXIT_CODE
        return each(
            session,
            [recording.uid for recording in found],
            lambda uid: manager.delete_recording(uid, purge=True, force=force),
            done="Removed {} for good.",
        )


def list_trash(
    ctx: typer.Context,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> None:
    """List what is in the trash, last trashed first."""
    session = session_of(ctx)
    with session.library() as manager:
        rows = TRASH.ordered(manager.list_trash(), sort)[:limit] if sort else manager.list_trash(limit=limit)
    output.listing(TRASH, rows, as_json=as_json)


def restore_recording(ctx: typer.Context, recording_ids: RecordingIds) -> int:
    """Take recordings out of the trash."""
    session = session_of(ctx)
    with session.library() as manager:
        return each(session, recording_ids, manager.restore_recording, done="Restored {}.")
