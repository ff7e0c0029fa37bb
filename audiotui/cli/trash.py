"""Commands on the trash: moving recordings there, listing it, taking them back, removing them for good."""

from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.items import each
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Limit, Yes
from audiotui.cli.records import row_record
from audiotui.cli.search import RECORDING_COLUMNS, day
from audiotui.cli.session import Session, session_of
from audiotui.cli.words import counted
from audiotui.errors import CANCELLED_EXIT_CODE, InvalidInput
from audiotui.model import RecordingRow
from audiotui.text import format_bytes, timestamp

if TYPE_CHECKING:
    from audiotui.manager import AudioManager

TRASH: Listing[RecordingRow] = Listing(
    columns=(
        RECORDING_COLUMNS[0],
        Column("deleted_at_ms", "TRASHED", show=day, exact=timestamp, width=10),
        *RECORDING_COLUMNS[1:],
    ),
    record=row_record,
)

RecordingIds = Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")]


def delete_recording(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    purge: Annotated[
        bool,
        typer.Option("--purge", help="Remove them, with their files in local, for good; copies elsewhere stay."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --purge: at every location, also the last copies.")
    ] = False,
    yes: Yes = False,
) -> int:
    """Move recordings to the trash, or remove them for good with --purge."""
    session = session_of(ctx)
    if force and not purge:
        raise InvalidInput("--force says nothing without --purge.", "The trash removes nothing; leave it out.")
    with session.library() as manager:
        if purge and not yes and not _agreed(session, manager, recording_ids, everywhere=force):
            session.say("Nothing was removed.")
            return CANCELLED_EXIT_CODE
        deleted = manager.delete_recordings(recording_ids, purge=purge, force=force)
    if not purge:
        session.say(f"Moved {counted(deleted.recordings, 'recording')} to the trash; `audiotui undo` takes it back.")
        return 0
    removed = f"{counted(deleted.files_removed, 'file')} ({format_bytes(deleted.bytes_removed)})"
    session.say(f"Removed {counted(deleted.recordings, 'recording')} and {removed} for good.")
    for kept in deleted.kept:
        session.say(f"Left where it is: {kept}")
    return 0


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
        return each(session, recording_ids, lambda recording_id: _restore(session, manager, recording_id))


def _restore(session: Session, manager: "AudioManager", recording_id: str) -> None:
    if manager.get_recording(recording_id).deleted_at is None:
        session.say(f"{recording_id} is not in the trash.")
        return
    manager.restore_recording(recording_id)
    session.say(f"Restored {recording_id}.")


def _agreed(session: Session, manager: "AudioManager", recording_ids: list[str], *, everywhere: bool) -> bool:
    found = {recording.uid: recording.label for recording in map(manager.get_recording, recording_ids)}
    named = repr(next(iter(found.values()))) if len(found) == 1 else counted(len(found), "recording")
    where = "at every location" if everywhere else "in local"
    return session.ask(f"Remove {named} with all files {where} for good?")
