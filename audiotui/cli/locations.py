"""Commands on locations: listing them, trying one out, comparing what lies there with the catalog."""

from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.failures import say_error
from audiotui.cli.interrupts import stopping
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Limit
from audiotui.cli.progress import Standing, meter
from audiotui.cli.records import instant, instant_text, minute
from audiotui.cli.session import session_of
from audiotui.cli.words import counted
from audiotui.errors import PARTLY_FAILED_EXIT_CODE, IntegrityError
from audiotui.text import format_bytes, format_count

if TYPE_CHECKING:
    from audiotui.manager import BulkProgress, CheckStep, LocationOverview, ScanReport, Unknown

Name = Annotated[str, typer.Argument(metavar="NAME", help="The location, as the configuration names it.")]


TOLD_NAMES = 5
"""So many files that a scan left out, or could not look at, are named."""


def _count(number: int) -> str:
    return format_count(number) if number else ""


LOCATIONS: "Listing[LocationOverview]" = Listing(
    columns=(
        Column("name", "NAME", width=16),
        Column("kind", "KIND", width=5),
        Column("address", "ADDRESS"),
        Column("copies", "COPIES", show=format_count, width=9, right=True),
        Column("size_bytes", "SIZE", show=format_bytes, width=9, right=True, optional=True),
        Column("state", "LAST CHECK", width=11),
        Column("damaged", "DAMAGED", show=_count, width=7, right=True, optional=True),
        Column("missing", "MISSING", show=_count, width=7, right=True, optional=True),
        Column("default", "DEFAULT", show=lambda default: "default" if default else "", width=7, optional=True),
        Column("checked_at", "CHECKED", show=minute, exact=instant_text, width=16, optional=True),
        Column("scanned_at", "SCANNED", show=minute, exact=instant_text, width=16, optional=True),
    ),
    record=lambda one: {
        "name": one.name,
        "kind": one.kind,
        "address": one.address,
        "default": one.default,
        "state": str(one.state),
        "reason": one.reason,
        "copies": one.copies,
        "size_bytes": one.size_bytes,
        "damaged": one.damaged,
        "missing": one.missing,
        "trashed": one.trashed,
        "unknown_files": one.unknown_files,
        "checked_at": instant(one.checked_at),
        "scanned_at": instant(one.scanned_at),
        "capabilities": dict(one.capabilities),
    },
)

UNKNOWN: "Listing[Unknown]" = Listing(
    columns=(
        Column("size_bytes", "SIZE", show=format_bytes, width=9, right=True),
        Column("modified_at", "CHANGED", show=minute, exact=instant_text, width=16, optional=True),
        Column("key", "KEY"),
    ),
    record=lambda one: {"key": one.key, "size_bytes": one.size_bytes, "modified_at": instant(one.modified_at)},
)


def locations(
    ctx: typer.Context,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the places that the configuration names, with what lies there.

    The state is that of the last check; no location is asked.
    """
    if ctx.invoked_subcommand is not None:
        return
    session = session_of(ctx)
    with session.library() as manager:
        found = manager.list_locations()
    output.listing(LOCATIONS, (LOCATIONS.ordered(found, sort) if sort else found)[:limit], as_json=as_json)


def check(ctx: typer.Context, name: Name, as_json: AsJson = False) -> int:
    """Try out on a location all that transfers need of it.

    Small files are stored under a name of their own, read, renamed and removed again; nothing else is touched.
    """
    session = session_of(ctx)

    def tell(step: "CheckStep") -> None:
        output.json_line(_step_record(step)) if as_json else output.line(f"{_mark(step):<7} {step.name}")
        if step.error is not None and not step.is_extra:
            say_error(step.error.message, step.error.hint)

    with session.library() as manager:
        report = manager.check_location(name, listener=tell)
    if as_json:
        output.json_line({"capabilities": dict(report.capabilities)})
    else:
        for ability, value in report.capabilities.items():
            output.line(f"{'':<7} {ability}: {value}")
    failure = report.failure
    if failure is not None and failure.error is not None:
        session.say(f"{name} cannot be relied on: it failed to {failure.name}.")
        return failure.error.exit_code
    session.say(f"{name} does all that transfers need.")
    return 0


def scan(
    ctx: typer.Context,
    name: Name,
    no_adopt: Annotated[
        bool, typer.Option("--no-adopt", help="Leave files of this library out that the catalog does not know there.")
    ] = False,
    prefix: Annotated[str, typer.Option(metavar="TEXT", help="List unknown files only below this.")] = "",
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> int:
    """Compare what lies at a location with the catalog; prints the files that are not ours.

    Copies that are gone are noted as missing, copies that are back as present, and files of this library are taken in.
    Nothing is ever deleted. An empty listing, or one that has shrunk by much, changes nothing.
    """
    session = session_of(ctx)
    with session.library() as manager:
        with stopping(session) as cancel, meter(session, "Listing") as show:

            def listen(now: "BulkProgress") -> None:
                show(Standing(now.done_items, now.total_items, now.done_bytes, now.total_bytes))

            report = manager.scan_location(name, adopt=not no_adopt, listener=listen, cancel=cancel)
        found = manager.list_unknown(name, prefix, limit=None if sort else limit)
    output.listing(UNKNOWN, (UNKNOWN.ordered(found, sort) if sort else found)[:limit], as_json=as_json)
    if report.doubt:
        session.warn(f"{report.doubt} Look whether the location is the right one; `audiotui verify` asks file by file.")
    for name in report.refused[:TOLD_NAMES]:
        session.warn(f"Left out, because no key can be called so: {name!r}")
    for problem in report.unclear[:TOLD_NAMES]:
        session.warn(problem)
    session.say(_summary(report))
    if report.missing_files or report.damaged_files or report.doubt:
        return IntegrityError.exit_code
    return PARTLY_FAILED_EXIT_CODE if report.unclear_files else 0


def _summary(report: "ScanReport") -> str:
    changes = {
        "missing": report.missing_files,
        "damaged": report.damaged_files,
        "back again": report.returned_files,
        "taken in": report.adopted_files,
        "not ours": report.unknown_files,
        "left out for their names": report.refused_files,
        "could not be looked at": report.unclear_files,
    }
    parts = "".join(f"; {format_count(number)} {what}" for what, number in changes.items() if number)
    listed = f"{counted(report.listed_files, 'file')} ({format_bytes(report.listed_bytes)})"
    return f"{listed} at {report.location}: {format_count(report.known_files)} known{parts}."


def _mark(step: "CheckStep") -> str:
    if step.ok:
        return "ok"
    return "no" if step.is_extra else "FAILED"


def _step_record(step: "CheckStep") -> dict[str, object]:
    return {
        "step": step.name,
        "ok": step.ok,
        "extra": step.is_extra,
        "seconds": round(step.seconds, 6),
        "error": "" if step.error is None else step.error.message,
        "hint": "" if step.error is None else step.error.hint,
    }
