"""Commands on what was done: listing it, and taking the last of it back."""

from typing import Annotated

import typer

from audiotui.cli import output
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson
from audiotui.cli.records import change_record, instant_text, minute
from audiotui.cli.session import session_of
from audiotui.model import Change

CHANGES: Listing[Change] = Listing(
    columns=(
        Column("at", "AT", show=minute, exact=instant_text, width=16),
        Column("actor", "BY", width=12, optional=True),
        Column("verb", "ACTION", width=12, optional=True),
        Column("summary", "WHAT"),
        Column("undone_at", "UNDONE", show=lambda at: "undone" if at else "", exact=instant_text, width=6),
    ),
    record=change_record,
)


def undo(ctx: typer.Context) -> None:
    """Undo the last edit."""
    session = session_of(ctx)
    with session.library() as manager:
        change = manager.undo()
    session.say(f"Undone: {change.summary}")


def redo(ctx: typer.Context) -> None:
    """Do the last undone edit again."""
    session = session_of(ctx)
    with session.library() as manager:
        change = manager.redo()
    session.say(f"Done again: {change.summary}")


def history(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=0, help="At most so many.")] = 50,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> None:
    """List what was done to the library, newest first."""
    session = session_of(ctx)
    with session.library() as manager:
        changes = CHANGES.ordered(manager.history(limit=None), sort)[:limit] if sort else manager.history(limit=limit)
    output.listing(CHANGES, changes, as_json=as_json)
