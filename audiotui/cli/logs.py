"""Log messages of the program: on standard error as ``-v`` asks, and in a file that only its owner can read."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, TextIO

from audiotui.errors import InvalidInput
from audiotui.text import safe_text

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "audiotui"

SAID = f"{PACKAGE}.said"
"""The logger of what the program told on standard error anyway: only a file needs it once more."""


class TerminalFormatter(logging.Formatter):
    """One safe line per message."""

    def format(self, record: logging.LogRecord) -> str:
        """The level and the message; tracebacks stay out of terminals."""
        return f"{record.levelname.lower()}: {safe_text(record.getMessage())}"


class FileFormatter(logging.Formatter):
    """Time, level, module and message; safe, because log files are read in terminals."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a message and of its traceback, each made safe."""
        return "\n".join(safe_text(line) for line in super().format(record).splitlines())


class PrivateFile(logging.StreamHandler[TextIO]):
    """Appends to a file that only its owner can read, and closes it at the end."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(open_private(path))
        except OSError as error:
            raise InvalidInput(f"Cannot write the log {path}: {error.strerror}.", "Name another file.") from error

    def close(self) -> None:
        """Close the file too."""
        self.stream.close()
        super().close()


def start(verbosity: int, log_file: Path | None) -> None:
    """Send warnings to standard error, with ``-v`` also information and with ``-vv`` everything; all of it to a file.

    A file also holds what the program told.

    Messages of other packages are passed on from warnings up: what they say in detail may hold secrets.
    """
    logging.getLogger(PACKAGE).setLevel(_level(verbosity, least=logging.WARNING if log_file is None else logging.INFO))
    terminal = logging.StreamHandler()
    terminal.setLevel(_level(verbosity, least=logging.WARNING))
    terminal.setFormatter(TerminalFormatter())
    terminal.addFilter(lambda record: record.name != SAID)
    handlers: list[logging.Handler] = [terminal]
    if log_file is not None:
        file = PrivateFile(log_file)
        file.setFormatter(FileFormatter())
        handlers.append(file)
    logging.basicConfig(handlers=handlers, level=logging.WARNING, force=True)


def note(level: int, text: str) -> None:
    """Keep what the program told in the log file, if there is one."""
    logger = logging.getLogger(SAID)
    if logger.hasHandlers():  # else nobody started logging, and Python would print it
        logger.log(level, "%s", text)


def open_private(path: Path) -> TextIO:
    """A file to append to; made with mode 0600, and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def default_path() -> Path:
    """Where unexpected errors go that no ``--log-file`` takes."""
    import platformdirs

    return platformdirs.user_log_path(PACKAGE) / "errors.log"


def _level(verbosity: int, *, least: int) -> int:
    return min(least, {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))
