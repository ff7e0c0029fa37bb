"""The command that opens the app."""

from typing import Annotated

import typer

from audiotui.cli.app_start import run
from audiotui.cli.session import session_of


def tui(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to search for first.")] = "",
    in_browser: Annotated[bool, typer.Option("--in-browser", hidden=True)] = False,
) -> int:
    """Open the app, with a search if one is given."""
    return run(session_of(ctx).config_path, query, in_browser=in_browser)
