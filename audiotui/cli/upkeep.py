"""Commands that keep a library in good order: backup, check-up."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson
from audiotui.cli.session import session_of

if TYPE_CHECKING:
    from audiotui.manager.doctor import Finding

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
