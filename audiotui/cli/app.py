"""The program: global options, the lazily loaded commands, and what happens without one."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from audiotui.cli import failures, logs, output
from audiotui.cli.commands import COMMANDS, SECTIONS
from audiotui.cli.completing import complete_ids
from audiotui.cli.plain_values import PlainValues
from audiotui.cli.session import Session, session_of
from audiotui.errors import CANCELLED_EXIT_CODE

PROGRAM = "audiotui"
NAMES = (PROGRAM, "audio_manager")
"""What the program may be called; anything else (``python -m``) counts as the first."""

EPILOG = "Every command also takes --config, --log-file, --quiet and --verbose; see `audiotui --help`."

_METAVARS = {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "PATH"}

BuiltT = TypeVar("BuiltT", TyperCommand, TyperGroup)

_SETTINGS = {"help_option_names": ["-h", "--help"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (None: that of the process); returns the exit code."""
    session = Session()
    output.prepare()
    with failures.handled(session) as outcome:
        given = sys.argv[1:] if arguments is None else list(arguments)
        result = _program().main(given, prog_name=_program_name(), standalone_mode=False, obj=session)
        output.flush()
        outcome.exit_code = result if isinstance(result, int) else 0
    return outcome.exit_code


class LazyCommands(Mapping[str, TyperCommand | TyperGroup]):
    """The commands below a name ('' is the program) by their own; each is imported and built when it is asked for."""

    def __init__(self, above: str = "") -> None:
        self._above = f"{above} " if above else ""

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        whole = f"{self._above}{name}"
        return _group(whole) if LazyCommands(whole) else _command(whole)

    def __iter__(self) -> Iterator[str]:
        names = (name.removeprefix(self._above) for name in COMMANDS if name.startswith(self._above))
        return (name for name in names if " " not in name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Spoken:
    """Mixed into a command: logging starts once all options are read, and Ctrl-C ends it with a word."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        session = session_of(ctx)
        session.start_logging()
        logs.note(logging.INFO, ctx.command_path)
        try:
            return super().invoke(ctx)  # type: ignore[misc]
        except KeyboardInterrupt:
            session.say("interrupted")
            return CANCELLED_EXIT_CODE


class Command(Spoken, PlainValues, TyperCommand):
    """One command."""


class Group(Spoken, PlainValues, TyperGroup):
    """A command that others follow; alone it does what its own function does."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("dict[str, Any]", LazyCommands(str(self.name)))


class Program(PlainValues, TyperGroup):
    """The group of all commands. Lists and completes them from the table, so that only the one invoked is imported."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("dict[str, Any]", LazyCommands())

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- Typer's signature
        """The names of all commands, in the order of the help."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- ditto
        """The commands under their headings."""
        for heading, entries in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> Any:
    """Note a global option, given before or after the command's name, in the session."""
    session = ctx.find_object(Session)
    if value and session is not None:
        seen = session.verbosity if param.name == "verbosity" else 0
        setattr(session, param.name, seen + value if seen else value)
    return value


def _print_version(ctx: typer.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from audiotui.version import __version__

        output.line(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _global_options(
    config_path: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            callback=_remember,
            expose_value=False,
            help="Configuration (else $AUDIOTUI_CONFIG, ./audiotui.yaml, then the platform's configuration folder).",
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", callback=_remember, expose_value=False, help="Only data, warnings and errors."),
    ] = False,
    verbosity: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            callback=_remember,
            expose_value=False,
            help="Tell more on standard error; twice tells all.",
        ),
    ] = 0,
    log_file: Annotated[
        Path | None,
        typer.Option("--log-file", metavar="FILE", callback=_remember, expose_value=False, help="Write a log there."),
    ] = None,
) -> None:
    """Options that may stand before or after the command's name."""


def _program_options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, expose_value=False, callback=_print_version, help="Show the version."),
    ] = False,
) -> None:
    """Options of the program alone."""


def _without_command(ctx: typer.Context) -> int:
    """Find, hear, prove and move voice recordings: those that AI voices made and those that people spoke.

    Without a command, the app opens in a terminal.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    if output.is_terminal(sys.stdin) and output.is_terminal(sys.stdout):
        from audiotui.cli.app_start import run

        return run(session_of(ctx).config_path)
    output.block(ctx.get_help())
    return 0


@cache
def _program() -> Program:
    app = typer.Typer(cls=Program, invoke_without_command=True, rich_markup_mode=None, context_settings=_SETTINGS)
    app.callback()(_without_command)
    program = cast("Program", typer.main.get_command(app))
    program.params[:0] = _params_of(_global_options) + _params_of(_program_options)
    return program


@cache
def _command(name: str) -> TyperCommand:
    app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_SETTINGS)
    app.command(name, cls=Command, epilog=EPILOG)(_function(name))
    return _with_global_options(cast("TyperCommand", typer.main.get_command(app)))


@cache
def _group(name: str) -> TyperGroup:
    app = typer.Typer(
        name=name,
        cls=Group,
        epilog=EPILOG,
        add_completion=False,
        rich_markup_mode=None,
        context_settings=_SETTINGS,
    )
    app.callback(invoke_without_command=True)(_function(name))
    return _with_global_options(cast("TyperGroup", typer.main.get_command(app)))


def _function(name: str) -> Callable[..., Any]:
    module, _, function = COMMANDS[name].target.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"audiotui.cli.{module}"), function)
    return found


def _with_global_options(command: BuiltT) -> BuiltT:
    # Hidden: four lines in the help of forty commands would hide what each is about; EPILOG names them.
    for param in _params_of(_global_options):
        param.hidden = True
        command.params.append(param)
    for param in command.params:
        _name_plainly(param)
    complete_ids(str(command.name), command.params)
    return command


def _name_plainly(param: Any) -> None:
    """Let the help speak of TEXT and NUMBER instead of ``<str>`` and ``<int range>``."""
    if param.param_type_name == "argument":
        param.display_type_rich = lambda **_: ""
    elif param.metavar is None:
        annotation = param.type_descriptor.annotation
        param.metavar = _METAVARS.get(next(iter(get_args(annotation)), annotation))


def _params_of(function: Callable[..., None]) -> list[Any]:
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return typer.main.get_command(app).params


def _program_name() -> str:
    called = Path(sys.argv[0]).name
    return called if called in NAMES else PROGRAM
