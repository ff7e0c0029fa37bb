"""Commands that keep a library in good order: proof of its copies, cleaning up, backup, check-up."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from audiotui.cli import output
from audiotui.cli.details import proven_now
from audiotui.cli.interrupts import stopping
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Limit, seconds
from audiotui.cli.progress import meter
from audiotui.cli.records import short_id
from audiotui.cli.session import session_of
from audiotui.cli.transfer_events import TransferWatch
from audiotui.cli.words import counted
from audiotui.errors import CANCELLED_EXIT_CODE, PARTLY_FAILED_EXIT_CODE, IntegrityError, LocationError
from audiotui.text import format_bytes, format_count

if TYPE_CHECKING:
    from audiotui.manager import Finding, VerifyReport

UNHEALTHY_EXIT_CODE = 1

FINDINGS: "Listing[Finding]" = Listing(
    columns=(
        Column("severity", "", width=7),
        Column("subject", "WHAT", width=24),
        Column("message", "HOW IT IS"),
    ),
    record=lambda finding: {
        "severity": str(finding.severity),
        "subject": finding.subject,
        "message": finding.message,
        "hint": finding.hint,
    },
)


class BadCopyLine(NamedTuple):
    """A copy that is not as the library says."""

    state: str
    location: str
    key: str
    recording: str
    file: str
    why: str


BAD_COPIES: Listing[BadCopyLine] = Listing(
    columns=(
        Column("state", "STATE", width=8),
        Column("location", "LOCATION", width=16),
        Column("recording", "RECORDING", show=short_id, width=13, optional=True),
        Column("file", "FILE", width=40),
        Column("key", "KEY"),
    ),
    record=BadCopyLine._asdict,
)


def verify(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Only copies of what this query finds.")] = "",
    location: Annotated[str | None, typer.Option(metavar="LOCATION", help="Only copies at this location.")] = None,
    level: Annotated[
        int, typer.Option(min=1, max=3, help="1 compares sizes, 2 asks the storage for a checksum, 3 reads every byte.")
    ] = 3,
    max_time: Annotated[
        str | None, typer.Option(metavar="TIME", help="Stop after so long, such as 90s, 20m, 1h.")
    ] = None,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="Any key that --json shows; -KEY reverses.")] = "",
    as_json: AsJson = False,
) -> int:
    """Prove that the copies of recordings are what the library says.

    Prints the copies that are not. Those that were looked at longest ago come first, so that runs with --max-time get
    around all of them. Exit code 6 if a copy is damaged or missing.
    """
    session = session_of(ctx)
    limit_s = None if max_time is None else seconds("--max-time", max_time)
    with session.library() as manager:
        session.say_notes(manager, query)
        with stopping(session) as cancel, meter(session, "Verifying") as show:
            # Bad copies are the result here, not failures on the way to it: the watch only moves the meter.
            watch = TransferWatch(session, show, as_json=False, tells=False)
            report = manager.verify(
                query, location=location, level=level, max_time_s=limit_s, listener=watch, cancel=cancel
            )
        stopped = cancel.is_set()
    bad_copies = list(_bad_copies(report))
    output.listing(BAD_COPIES, (BAD_COPIES.ordered(bad_copies, sort) if sort else bad_copies)[:limit], as_json=as_json)
    for problem in report.problems:
        session.warn(problem)
    bad = len(report.damaged) + len(report.missing)
    known = f"; {format_count(report.known_missing)} known to be missing" if report.known_missing else ""
    back = f"; {format_count(report.returned)} there again" if report.returned else ""
    left = f"; {counted(report.left, 'copy')} not looked at" if report.left else ""
    session.say(
        f"{counted(report.right, 'copy')} right, {len(report.damaged)} damaged, {len(report.missing)} missing"
        f"{known}{back}{left}.{proven_now(report.levels)}"
    )
    if not report.is_recorded:
        session.say("note: The library can only be read, so what was found is not recorded.")
    if bad:
        return IntegrityError.exit_code
    if stopped:
        return CANCELLED_EXIT_CODE
    if report.problems:
        return PARTLY_FAILED_EXIT_CODE if report.right else LocationError.exit_code
    return 0


def sweep(
    ctx: typer.Context,
    age: Annotated[str, typer.Option(metavar="TIME", help="Only what is older, such as 12h, 2d or 0.")] = "1d",
    trash_age: Annotated[
        str, typer.Option(metavar="TIME", help="Empty the locations' trash of what is older than this.")
    ] = "14d",
) -> int:
    """Remove what cut-off transfers left behind, and old trash of locations.

    Only unfinished files that this library made, by name and journal, and what was dropped long ago as long as other
    copies are proven just now.
    """
    session = session_of(ctx)
    age_s, trash_age_s = seconds("--age", age), seconds("--trash-age", trash_age)
    with session.library() as manager:
        report = manager.sweep(age_s, trash_age_s=trash_age_s)
    for problem in report.problems:
        session.warn(problem)
    for note in report.notes:
        session.say(note)
    removed = f"{counted(report.removed_temps, 'unfinished file')} ({format_bytes(report.removed_bytes)})"
    undone = (
        f" and {counted(report.undone_files, 'file')} of additions that were cut off" if report.undone_files else ""
    )
    emptied = f"{counted(report.emptied_files, 'file')} ({format_bytes(report.emptied_bytes)})"
    trash = f" Deleted {emptied} out of the trash of locations." if report.emptied_files else ""
    session.say(f"Removed {removed}{undone}.{trash}")
    return LocationError.exit_code if report.problems else 0


def rebuild_index(ctx: typer.Context) -> None:
    """Write the search index anew, if it is damaged or misses recordings.

    Nothing else changes: all that it holds comes from the catalog.
    """
    session = session_of(ctx)
    with session.library() as manager:
        count = manager.rebuild_index()
    session.say(f"Indexed {counted(count, 'recording')}.")


def backup(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file, or a folder for one named after the time.")],
) -> None:
    """Write a copy of the catalog to a file; prints its name.

    It is whole and consistent also while the library is in use. Audio files are not part of it: push them somewhere.
    """
    session = session_of(ctx)
    with session.library() as manager:
        written = manager.backup(path)
    output.line(str(written))


def doctor(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Check the configuration, the library and its locations; say how to fix what is wrong.

    Works without a valid configuration and changes nothing. Exit code 1 if something does not work.
    """
    from audiotui.manager.doctor import Severity, examine

    session = session_of(ctx)
    wrong = False
    for finding in examine(session.config_path):
        wrong |= finding.severity is Severity.ERROR
        if as_json:
            output.json_line(FINDINGS.record(finding))
            continue
        output.block(f"{finding.severity:<8}{finding.subject}: {finding.message}")
        if finding.hint:
            output.block(f"{'':8}{finding.hint}")
    return UNHEALTHY_EXIT_CODE if wrong else 0


def _bad_copies(report: "VerifyReport") -> Iterator[BadCopyLine]:
    for state, copies in (("damaged", report.damaged), ("missing", report.missing)):
        for copy in copies:
            yield BadCopyLine(state, copy.location, copy.key, copy.recording_uid, copy.name, copy.reason)
