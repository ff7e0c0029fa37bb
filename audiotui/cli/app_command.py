"""The command that opens the app; the only place of the command line that imports it, and only when it runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiotui.cli import output
from audiotui.cli.session import session_of
from audiotui.errors import InvalidInput


def tui(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to search for first.")] = "",
    in_browser: Annotated[bool, typer.Option("--in-browser", hidden=True)] = False,
) -> int:
    """Open the app, with a search if one is given."""
    return run(session_of(ctx).config_path, query, in_browser=in_browser)


def run(config_path: Path | None, query: str = "", *, in_browser: bool = False) -> int:
    """Run the app until the person leaves it; returns the exit code.

    ``in_browser`` is set by ``audiotui serve``, whose pipes stand for a terminal.

    Raises:
        InvalidInput: there is no terminal to run it in.
    """
    if not in_browser and not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stdout)):
        raise InvalidInput(
            "The app needs a terminal, and input or output is none.", "`audiotui list-recordings` works everywhere."
        )
    from audiotui.tui import run_app

    return run_app(config_path, query)
