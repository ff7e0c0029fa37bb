"""Commands on copies: the matrix of who has what, making bad ones good, dropping some, giving back."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.details import proven_now
from audiotui.cli.failures import exit_code_of
from audiotui.cli.interrupts import stopping
from audiotui.cli.items import tell_errors
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Kinds, Limit, Yes
from audiotui.cli.progress import meter
from audiotui.cli.records import copy_record, short_id
from audiotui.cli.session import session_of
from audiotui.cli.transfer_events import TransferWatch
from audiotui.cli.words import counted
from audiotui.errors import CANCELLED_EXIT_CODE
from audiotui.model import Copy, CopyState, copy_at
from audiotui.text import format_bytes, format_count

if TYPE_CHECKING:
    from audiotui.manager import DropPlan, FileCopies

Query = Annotated[str, typer.Argument(metavar="QUERY", help="Of these recordings; '' is all of them.")]
From = Annotated[str, typer.Option("--from", metavar="LOCATION", help="The location.")]

MARKS = {CopyState.DAMAGED: "DAMAGED", CopyState.MISSING: "missing", CopyState.TRASHED: "dropped"}
"""What a copy is called that is not as it should be; a good one tells how far it was proven."""


def matrix(locations: list[str]) -> "Listing[FileCopies]":
    """The looks of the copies matrix: a column for each location."""
    return Listing(
        columns=(
            Column("recording_uid", "ID", show=short_id, width=13),
            Column("kind", "KIND", width=10, optional=True),
            *(
                Column("copies", name.upper(), show=_cell(name, day_too=True), exact=_cell(name), width=22)
                for name in locations
            ),
            Column("label", "RECORDING"),
        ),
        record=lambda line: {
            "recording": line.recording_uid,
            "kind": line.kind,
            "name": line.name,
            "size_bytes": line.size_bytes,
            "label": line.label,
            "copies": {name: copy_record(copy) for name in locations if (copy := line.at(name)) is not None},
        },
    )


def status(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Only these recordings.")] = "",
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show which location has which file, and how far and when each copy was proven."""
    session = session_of(ctx)
    with session.library() as manager:
        session.say_notes(manager, query)
        looks = matrix([info.name for info in manager.locations()])
        lines = manager.copies_of(query)
        output.listing(looks, looks.ordered(lines, sort)[:limit] if sort else _first(lines, limit), as_json=as_json)


def drop(
    ctx: typer.Context,
    query: Query,
    location: From,
    kind: Kinds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how much it would be.")] = False,
    yes: Yes = False,
) -> int:
    """Remove copies from a location, as long as others are proven just now.

    Another copy must be where it should be and be verified, to level 2 or further; a copy without such another stays.
    What is dropped lies in the location's trash for two weeks; `restore-copies` gives it back.
    """
    session = session_of(ctx)
    with session.library() as manager:
        session.say_notes(manager, query)
        plan = manager.plan_drop(query, location, kinds=kind)
        if dry_run or not plan.files:
            told = f"It would try to drop {_words(plan)}; a copy stays unless others are proven just then."
            session.say(told if plan.files else f"Nothing to drop at {location}.")
            return 0
        if plan.needs_consent and not yes and not session.ask(f"Drop {_words(plan)}?"):
            session.say("Nothing was dropped.")
            return CANCELLED_EXIT_CODE
        with stopping(session) as cancel, meter(session, "Dropping") as show:
            watch = TransferWatch(session, show, as_json=False, tells=False)
            done = manager.drop_copies(query, location, kinds=kind, agreed=True, listener=watch, cancel=cancel)
    tell_errors(session, done.errors)
    gone = f"; forgot {counted(done.was_gone, 'copy')} not found there" if done.was_gone else ""
    mine = f"; {counted(done.left_alone, 'file')} of your own left alone" if done.left_alone else ""
    back = "; `audiotui restore-copies` gives them back" if done.files else ""
    dropped = f"{counted(done.files, 'copy')} ({format_bytes(done.size_bytes)})"
    session.say(f"Dropped {dropped} from {location}{gone}{mine}{back}.")
    return CANCELLED_EXIT_CODE if done.cancelled else exit_code_of(done.errors, done=done.files + done.was_gone)


def repair(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Only copies of what this query finds.")] = "",
    location: Annotated[str | None, typer.Option(metavar="LOCATION", help="Only copies at this location.")] = None,
) -> int:
    """Make damaged and missing copies good again, from copies that are proven first.

    `audiotui verify` finds the bad ones. Damaged bytes go to the location's trash once the good ones are there.
    """
    session = session_of(ctx)
    with session.library() as manager:
        session.say_notes(manager, query)
        with stopping(session) as cancel, meter(session, "Repairing") as show:
            watch = TransferWatch(session, show, as_json=False, tells=False)
            done = manager.repair(query, location, listener=watch, cancel=cancel)
    tell_errors(session, done.errors)
    again = f"; {counted(done.right_again, 'copy')} right again without" if done.right_again else ""
    bad = f"; {format_count(len(done.errors))} as bad as before" if done.errors else ""
    session.say(
        f"Repaired {counted(done.repaired, 'copy')} ({format_bytes(done.size_bytes)}){again}{bad}."
        f"{proven_now(done.levels)}"
    )
    return CANCELLED_EXIT_CODE if done.cancelled else exit_code_of(done.errors, done=done.repaired + done.right_again)


def restore_copies(ctx: typer.Context, query: Query, location: From) -> int:
    """Give back what was dropped from a location, out of its trash."""
    session = session_of(ctx)
    with session.library() as manager:
        session.say_notes(manager, query)
        with stopping(session) as cancel:
            done = manager.restore_copies(query, location, cancel=cancel)
    tell_errors(session, done.errors)
    nothing = "" if done.files or done.errors or done.cancelled else ": nothing in its trash is missing there"
    session.say(f"Gave back {counted(done.files, 'copy')} at {location}{nothing}.")
    return CANCELLED_EXIT_CODE if done.cancelled else exit_code_of(done.errors, done=done.files)


def _words(plan: "DropPlan") -> str:
    return f"{counted(plan.files, 'copy')} ({format_bytes(plan.size_bytes)}) of {format_count(plan.present_files)} " + (
        f"at {plan.location}"
    )


def _first(lines: "Iterator[FileCopies]", limit: int | None) -> "Iterator[FileCopies]":
    from itertools import islice

    return islice(lines, limit)


def _cell(location: str, *, day_too: bool = False) -> Callable[[tuple[Copy, ...]], str]:
    """What one location has of a file, in a word or two."""

    def cell(copies: tuple[Copy, ...]) -> str:
        copy = copy_at(copies, location)
        if copy is None:
            return "-" if day_too else ""
        if copy.state is not CopyState.PRESENT:
            return MARKS[copy.state] if day_too else copy.state.value
        if not day_too:
            return f"L{int(copy.verify_level)}"
        proven = f" {copy.verified_at:%Y-%m-%d}" if copy.verified_at else ""
        return f"L{int(copy.verify_level)}{proven}"

    return cell
