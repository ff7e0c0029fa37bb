"""Commands on single files of a recording."""

from pathlib import Path
from typing import Annotated

import typer

from audiotui.cli.options import AllowDuplicate, InPlace, Move
from audiotui.cli.session import session_of
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

    A recording has one file of each kind; another one becomes its new version. The bytes that it has, but that the
    library has lost, are given back.
    """
    session = session_of(ctx)
    with session.library() as manager:
        known = {one.id for one in manager.get_recording(recording_id).files}
        file = manager.add_file(recording_id, kind, path, in_place=in_place, move=move, allow_duplicate=allow_duplicate)
    verb = "Gave back" if file.id in known else "Added"
    session.say(f"{verb} {file.original_name} as {file.kind}, {format_bytes(file.size_bytes)}.")


def remove_file(ctx: typer.Context, recording_id: RecordingId, kind: Kind) -> None:
    """Take a file off a recording.

    The version before it, if there is one, takes its place. The bytes stay until the recording is purged.
    """
    session = session_of(ctx)
    with session.library() as manager:
        file = manager.remove_file(recording_id, kind)
    session.say(f"Removed {file.original_name} ({file.kind}); `audiotui undo` takes it back.")
