"""The command that writes a first configuration: questions in a terminal, options in a script."""

from pathlib import Path
from shlex import quote
from typing import Annotated, NamedTuple

import typer

from audiotui.cli import output
from audiotui.cli.options import Yes
from audiotui.cli.session import Session, session_of
from audiotui.errors import ConfigError

HOME = Path("~/audiotui")
"""Where the library lies if its configuration is where the platform keeps them; else beside the configuration."""


def init(
    ctx: typer.Context,
    path: Annotated[Path | None, typer.Option(metavar="FILE", help="The file to write.")] = None,
    local: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where the library keeps its files.")] = None,
    db: Annotated[Path | None, typer.Option(metavar="FILE", help="The file of the catalog.")] = None,
    archive: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A second folder to push to, such as an external disk.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Write a commented configuration.

    A terminal asks for what the options leave out; scripts, and --yes, take the defaults. Without --path the file goes
    where every command looks for it. Nothing is ever overwritten. Prints the path of the file.
    """
    from audiotui.config import default_config_path, new_config_path
    from audiotui.config.write import Answers, refuse_existing, write_config

    session = session_of(ctx)
    path = new_config_path(path or session.config_path).absolute()
    refuse_existing(path)
    base = HOME if path == default_config_path() else Path()
    questions = _Questions(session, path.parent, asking=session.interactive and not yes)
    answers = Answers(
        local_path=questions.answer("Folder for the files of recordings:", local, str(base / "recordings")),
        db_path=questions.answer("File for the catalog:", db, str(base / "library.db")),
        archive_path=questions.answer("A second folder to push to, such as another disk (empty for none):", archive),
    )
    write_config(path, answers)
    output.line(str(path))
    _say_what_next(session, path)


class _Questions(NamedTuple):
    """Finds out paths, and how they shall stand in the file."""

    session: Session
    folder: Path
    """The folder of the new file, where its relative paths start."""
    asking: bool

    def answer(self, question: str, given: Path | None, default: str = "") -> str:
        """The path of the option, else what the person types, else the default; '' for none."""
        if given is not None:
            return _as_written(given)
        if not self.asking:
            return default
        shown = str(self.folder / default) if default and not default.startswith("~") else default
        typed = self.session.prompt(question, shown)
        return default if typed == shown else _as_written(Path(typed))


def _as_written(path: Path) -> str:
    """A path of the command line as the file holds it: its own paths start elsewhere."""
    return str(path if str(path).startswith("~") else path.absolute())


def _say_what_next(session: Session, path: Path) -> None:
    from audiotui.config import find_config

    try:
        elsewhere = find_config().absolute() != path
    except ConfigError:
        elsewhere = True
    program = f"audiotui --config {quote(str(path))}" if elsewhere else "audiotui"
    session.say("Written. What next:")
    session.say(f"  {program} import FOLDER    adds the recordings of a folder")
    session.say(f"  {program}                  opens the library")
    session.say("Buckets and SSH hosts are examples in the file: switch them on by removing '# '.")
