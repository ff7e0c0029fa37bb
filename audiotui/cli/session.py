"""What a command knows besides its own options: the global options, and how to speak with the person who typed it."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from audiotui.cli import logs
from audiotui.cli.output import is_terminal
from audiotui.errors import InvalidInput
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import typer

    from audiotui.manager import AudioManager

ACTOR = "cli"
"""How the history of a library names this program."""

STANDARD_INPUT = "-"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Session:
    """One run of the program; the global options fill it while the command line is read."""

    config_path: Path | None = None
    quiet: bool = False
    verbosity: int = 0
    log_file: Path | None = None

    def start_logging(self) -> None:
        """Send log messages where the options say."""
        logs.start(self.verbosity, self.log_file)

    @contextmanager
    def library(self) -> Iterator[AudioManager]:
        """The open library that the configuration names; says what is unwise about it."""
        from audiotui.manager import AudioManager

        with AudioManager(config_path=self.config_path, actor=ACTOR) as manager:
            _log.info("library %s, configuration %s", manager.config.db_path, manager.config.path)
            for warning in manager.warnings:
                self.warn(warning)
            yield manager

    def say_notes(self, manager: AudioManager, selection: str | list[str]) -> None:
        """Tell what of a query was not understood as it may have been meant; lists of ids have nothing to tell."""
        if selection and isinstance(selection, str):
            for note in manager.query_notes(selection):
                self.say(f"note: {note}")

    def say(self, text: str) -> None:
        """Tell what happens, on standard error; nothing with ``--quiet``."""
        logs.note(logging.INFO, text)
        if not self.quiet:
            _write_error(text)

    def warn(self, text: str) -> None:
        """Tell what the person should know even with ``--quiet``."""
        logs.note(logging.WARNING, text)
        _write_error(f"warning: {text}")

    @property
    def interactive(self) -> bool:
        """Whether there is a person to ask."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def ask(self, question: str, *, otherwise: str = "Add --yes to do it without a question.") -> bool:
        """A question with yes or no; anything but yes is no.

        Raises:
            InvalidInput: there is no terminal to ask in; ``otherwise`` is its hint.
        """
        if not self.interactive:
            raise InvalidInput(f"This needs an answer, and there is no terminal to ask in: {question}", otherwise)
        return _typed(f"{question} [y/N]").strip().lower() in {"y", "yes"}

    def prompt(self, question: str, default: str = "") -> str:
        """A line that the person types; ``default`` if it is empty.

        Raises:
            KeyboardInterrupt: the input ended instead (Ctrl-D), which is no answer.
        """
        line = _typed(f"{question} [{default}]" if default else question)
        if not line:
            raise KeyboardInterrupt
        return line.strip() or default

    @contextmanager
    def lines_of(self, path: Path) -> Iterator[BinaryIO]:
        """A file to be read line by line, as often as needed; ``-`` is standard input.

        What is no regular file is copied to the disk first: it may be bigger than the memory, and of a pipe nothing
        can be read twice.

        Raises:
            InvalidInput: it cannot be read.
        """
        is_stdin = str(path) == STANDARD_INPUT
        try:
            with ExitStack() as stack:
                source = sys.stdin.buffer if is_stdin else stack.enter_context(path.open("rb"))
                if is_stdin or not path.is_file():
                    copy = stack.enter_context(tempfile.TemporaryFile())
                    shutil.copyfileobj(source, copy)
                    copy.seek(0)
                    source = copy
                opened = stack.pop_all()
        except OSError as error:
            raise InvalidInput(f"Cannot read {path}: {error.strerror}.", "Name a text file.") from error
        with opened:
            yield source

    def read_text(self, path: Path) -> str:
        """The text of a UTF-8 file; ``-`` is standard input.

        Raises:
            InvalidInput: it cannot be read, or is no UTF-8.
        """
        if str(path) == STANDARD_INPUT:
            _log.info("reading standard input")
        try:
            data = sys.stdin.buffer.read() if str(path) == STANDARD_INPUT else path.read_bytes()
        except OSError as error:
            raise InvalidInput(f"Cannot read {path}: {error.strerror}.", "Name a text file.") from error
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"{path} is no UTF-8 text: byte {error.start} does not belong there.", "Convert it to UTF-8."
            ) from error


def session_of(ctx: typer.Context) -> Session:
    """The session of the command that runs."""
    session = ctx.find_object(Session)
    if session is None:
        raise TypeError("the program was started without a session")
    return session


def _typed(question: str) -> str:
    sys.stderr.write(f"{safe_text(question)} ")
    sys.stderr.flush()
    return sys.stdin.readline()


def _write_error(text: str) -> None:
    sys.stderr.write(safe_text(text) + "\n")
    sys.stderr.flush()
