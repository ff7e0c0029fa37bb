"""The last handler of the command line: every error becomes one message on standard error and an exit code."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiotui.cli import logs, output
from audiotui.errors import CANCELLED_EXIT_CODE, PARTLY_FAILED_EXIT_CODE, AudiotuiError, TransferCancelled
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import typer

    from audiotui.cli.session import Session

_log = logging.getLogger(__name__)

OUTPUT_CLOSED_EXIT_CODE = 141
"""Exit code when the reader of our output left, as of a program that SIGPIPE ended."""

UNEXPECTED_EXIT_CODE = 1


class Outcome:
    """How a command ended."""

    def __init__(self) -> None:
        self.exit_code = 0


@contextmanager
def handled(session: Session) -> Iterator[Outcome]:
    """Turns whatever is raised inside into a message and an exit code."""
    outcome = Outcome()
    try:
        yield outcome
    except AudiotuiError as error:
        say_error(error.message, error.hint)
        _log.debug("%s", type(error).__name__, exc_info=error)
        outcome.exit_code = CANCELLED_EXIT_CODE if isinstance(error, TransferCancelled) else error.exit_code
    except KeyboardInterrupt:
        outcome.exit_code = CANCELLED_EXIT_CODE
    except output.OutputClosed:
        output.drop()
        outcome.exit_code = OUTPUT_CLOSED_EXIT_CODE
    except SystemExit as leaving:
        outcome.exit_code = leaving.code if isinstance(leaving.code, int) else UNEXPECTED_EXIT_CODE
    except Exception as error:  # noqa: BLE001 -- the last handler: a person gets a sentence, the log the traceback
        code = _exit_code_of_parser(error)
        if code is None:
            say_error(*_unexpected(error, session))
        outcome.exit_code = UNEXPECTED_EXIT_CODE if code is None else code


def say_error(message: str, hint: str = "") -> None:
    """``error: message``, and the hint on a line of its own; further lines of a message are indented."""
    first, *further = message.splitlines() or [""]
    lines = [f"error: {first}", *(f"  {line}" for line in further), *(f"hint: {line}" for line in hint.splitlines())]
    sys.stderr.write("".join(f"{safe_text(line)}\n" for line in lines))
    sys.stderr.flush()
    logs.note(logging.ERROR, f"{message} {hint}".rstrip())


def exit_code_of(errors: Sequence[AudiotuiError], *, done: int) -> int:
    """The exit code of a command over several items: 8 if only some failed, else the class that all failures share."""
    if not errors:
        return 0
    if done:
        return PARTLY_FAILED_EXIT_CODE
    codes = {error.exit_code for error in errors}
    return codes.pop() if len(codes) == 1 else PARTLY_FAILED_EXIT_CODE


def _exit_code_of_parser(error: Exception) -> int | None:
    """Tell what the parser of commands has to say; None if the error is none of its own."""
    if "typer" not in sys.modules:  # the app starts without it
        return None
    import typer

    if isinstance(error, typer.Abort):
        return CANCELLED_EXIT_CODE
    if not isinstance(error, typer.TyperException):
        return None
    say_error(*_usage(error))
    return error.exit_code


def _usage(error: typer.TyperException) -> tuple[str, str]:
    ctx = getattr(error, "ctx", None)
    hint = f"`{ctx.command_path} --help` shows how it is used." if ctx is not None else ""
    return error.format_message().replace("Value error, ", "").strip(), hint


def _unexpected(error: Exception, session: Session) -> tuple[str, str]:
    import secrets

    number = secrets.token_hex(4)
    what = f"Something unexpected happened ({type(error).__name__}, number {number})."
    try:
        path = _log_traceback(error, number, session.log_file)
    except OSError as cause:
        return what, f"Its details could not be written: {cause.strerror}. Run it again with --log-file FILE."
    return what, f"This is a fault of the program; the details are in {path}."


def _log_traceback(error: Exception, number: str, log_file: Path | None) -> Path:
    """Append the traceback (without the values of variables) to a file that only its owner can read."""
    path = log_file or logs.default_path()
    record = logging.LogRecord(
        "audiotui",
        logging.ERROR,
        __file__,
        0,
        "unexpected error %s",
        (number,),
        (type(error), error, error.__traceback__),
    )
    with logs.open_private(path) as stream:
        stream.write(logs.FileFormatter().format(record) + "\n")
    return path
