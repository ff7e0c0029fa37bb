"""The way into the app; who types no more than ``audiotui`` gets there without the parser of commands, 50 ms sooner."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audiotui.cli import output
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = "--config"


class Wanted(NamedTuple):
    """A command line that asks for the app and nothing else."""

    config_path: Path | None
    query: str


def app_asked_for(arguments: Sequence[str]) -> Wanted | None:
    """What ``[--config FILE] [tui [QUERY]]`` asks for; None without a terminal, and for any other command line."""
    rest = list(arguments)
    config_path = None
    if len(rest) >= 2 and rest[0] == CONFIG and rest[1]:
        config_path, rest = Path(rest[1]), rest[2:]
    if rest[:1] == ["tui"]:
        rest = rest[1:]
    elif rest:
        return None
    if len(rest) > 1 or any(query.startswith("-") for query in rest) or not _has_terminal():
        return None
    return Wanted(config_path, rest[0] if rest else "")


def start(wanted: Wanted) -> int:
    """Run the app with the error messages of every command; returns the exit code."""
    from audiotui.cli import failures
    from audiotui.cli.session import Session

    session = Session(config_path=wanted.config_path)
    output.prepare()
    with failures.handled(session) as outcome:
        session.start_logging()
        outcome.exit_code = run(wanted.config_path, wanted.query)
    return outcome.exit_code


def run(config_path: Path | None, query: str = "", *, in_browser: bool = False) -> int:
    """Run the app until the person leaves it; returns the exit code.

    ``in_browser`` is set by ``audiotui serve``, whose pipes stand for a terminal.

    Raises:
        InvalidInput: there is no terminal to run it in.
    """
    if not in_browser and not _has_terminal():
        raise InvalidInput(
            "The app needs a terminal, and input or output is none.", "`audiotui list-recordings` works everywhere."
        )
    from audiotui.tui import run_app

    return run_app(config_path, query)


def _has_terminal() -> bool:
    return output.is_terminal(sys.stdin) and output.is_terminal(sys.stdout)
