"""The command that lets a person choose recordings under the prompt, for the next command of a pipe."""

import sys
from typing import Annotated

import typer

from audiotui.cli import output
from audiotui.cli.session import session_of
from audiotui.errors import CANCELLED_EXIT_CODE, InvalidInput


def pick(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to search for first.")] = "",
) -> int:
    """Choose recordings by typing, under the prompt; prints their ids.

    tab marks several. The chooser is drawn on stderr, so that ids go into a pipe: audiotui pick | xargs audiotui play
    """
    if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)):
        raise InvalidInput(
            "Choosing needs a terminal, and input or error output is none.",
            "`audiotui list-recordings QUERY --json` works everywhere.",
        )
    from audiotui.tui import run_picker

    uids = run_picker(session_of(ctx).config_path, query)
    if uids is None:
        return CANCELLED_EXIT_CODE
    output.block("\n".join(uids))
    return 0
