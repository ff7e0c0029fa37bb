"""Commands on single files of a recording."""

from pathlib import Path
from typing import Annotated

import typer

from audiotui.cli.options import AllowDuplicate, Force, InPlace, Move, Purge, Yes
from audiotui.cli.session import session_of
from audiotui.errors import CANCELLED_EXIT_CODE
from audiotui.text import format_bytes

RecordingId = Annotated[str, typer.Argument(metavar="ID", help="The recording's id, or the first characters of it.")]
Kind = Annotated[str, typer.Argument(metavar="KIND", help="audio, transcript, or any other name.")]


def add_file(
    ctx: typer.Context,
    recording_id: RecordingId,
    kind: Kind,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file.")],
    in_place: InPlace = False,
    move: Move = False,
    allow_duplicate: AllowDuplicate = False,
) -> None:
    """Add a file to a recording.

    A recording has one file of each kind; another one becomes its new version.
    """
    session = session_of(ctx)
    with session.library() as manager:
        file = manager.add_file(recording_id, kind, path, in_place=in_place, move=move, allow_duplicate=allow_duplicate)
    session.say(f"Added {file.original_name} as {file.kind}, {format_bytes(file.size_bytes)}.")


def remove_file(
    ctx: typer.Context,
    recording_id: RecordingId,
    kind: Kind,
    purge: Purge = False,
    force: Force = False,
    yes: Yes = False,
) -> int:
    """Take a file off a recording.

    Its bytes stay where they are, unless --purge deletes them too.
    """
    session = session_of(ctx)
    with session.library() as manager:
        recording = manager.get_recording(recording_id)
        if (
            purge
            and not yes
            and not session.ask(f"Delete the {kind} of {recording.label!r} at every location for good?")
        ):
            session.say("Nothing was removed.")
            return CANCELLED_EXIT_CODE
        manager.remove_file(recording.uid, kind, purge=purge, force=force)
    session.say(f"Removed the {kind} of {recording.uid}.")
    return 0
