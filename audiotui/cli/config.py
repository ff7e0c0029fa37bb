"""The command that shows which configuration is in use; it works without a library, and without a valid file."""

from typing import Annotated

import typer

from audiotui.cli import output
from audiotui.cli.session import session_of
from audiotui.errors import InvalidInput


def config(
    ctx: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Show the values in effect (also without this option).")] = False,
    path: Annotated[bool, typer.Option("--path", help="Print only which file is used.")] = False,
) -> None:
    """Show the configuration in use, with secrets masked.

    Comments say which values are defaults and which came from the environment. A file with mistakes is told line by
    line instead.
    """
    from audiotui.config import find_config, load_config

    if show and path:
        raise InvalidInput("--show and --path exclude each other.", "Give one of them.")
    session = session_of(ctx)
    found = find_config(session.config_path)
    if path:
        output.line(str(found.absolute()))
        return
    loaded = load_config(found)
    for warning in loaded.warnings:
        session.warn(warning)
    output.block(loaded.show())
