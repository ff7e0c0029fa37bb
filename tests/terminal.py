"""A program in a real pseudo-terminal, with an emulator that shows what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from typing import TYPE_CHECKING, Any, Self

import pyte

from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

READ_BYTES = 1 << 16


class Terminal:
    """A child process on a pseudo-terminal; ``raw`` holds every byte that it wrote.

    Without ``emulate`` there is no screen to look at, and no time is spent on drawing it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        env: Mapping[str, str] | None = None,
        emulate: bool = True,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen) if emulate else None
        self.raw = bytearray()
        self.started_s = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child becomes the program
            # In full, because the readline library puts a size of its own into the environment behind Python's back.
            own = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
            own.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})})
            os.execvpe(command[0], list(command), own)
        self._resize(columns, lines)
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            self._wait(0)
        os.close(self._fd)

    @property
    def text(self) -> str:
        """What is on the screen, line by line."""
        # Not ``display``, which fails where one half of a wide character was overwritten.
        rows, columns = range(self.screen.lines), range(self.screen.columns)
        return "\n".join("".join(self.screen.buffer[y][x].data for x in columns).rstrip() for y in rows)

    @property
    def exit_code(self) -> int | None:
        """How the program ended, None while it runs."""
        if self._status is None:
            self._wait(os.WNOHANG)
        return None if self._status is None else os.waitstatus_to_exitcode(self._status)

    @property
    def modes(self) -> list[Any]:
        """How the terminal treats input and output: echo, lines, signals."""
        return termios.tcgetattr(self._fd)[:4]

    def send(self, keys: str) -> None:
        """Type; ``keys`` are the characters and sequences that a keyboard sends."""
        os.write(self._fd, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Another window size, as if the window were dragged."""
        self.screen.resize(lines, columns)
        self._resize(columns, lines)

    def read(self, seconds: float) -> bytes:
        """What the program writes next, waiting at most so long for it; b'' if nothing came or it has ended."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self._fd, READ_BYTES)
        except OSError:
            return b""
        self.raw += data
        if self._stream is not None:
            self._stream.feed(data)
        return data

    def until(self, condition: Callable[[], bool], *, seconds: float = PATIENCE_S, what: str = "") -> None:
        """Read until a condition holds.

        Raises:
            AssertionError: it did not within the time; the message shows the screen.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what or 'it'} did not happen within {seconds:g} s; the screen:\n{self.text}")
            if not self.read(0.05) and self.exit_code is not None and not condition():
                raise AssertionError(f"the program ended with {self.exit_code} before {what}; the screen:\n{self.text}")

    def until_text(self, text: str, *, seconds: float = PATIENCE_S) -> None:
        """Read until the screen shows a text."""
        self.until(lambda: text in self.text, seconds=seconds, what=repr(text))

    def until_end(self, *, seconds: float = PATIENCE_S) -> int:
        """Read until the program has ended; returns its exit code."""
        deadline = time.monotonic() + seconds
        while self.exit_code is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"the program did not end within {seconds:g} s; the screen:\n{self.text}")
            self.read(0.05)
        while self.read(0):
            pass
        assert self.exit_code is not None
        return self.exit_code

    def settle(self, *, quiet_s: float = 0.15, seconds: float = PATIENCE_S) -> None:
        """Read until nothing more has come for a moment."""
        deadline = time.monotonic() + seconds
        while self.read(quiet_s):
            if time.monotonic() > deadline:
                raise AssertionError(f"the program writes on and on; the screen:\n{self.text}")

    def _resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _wait(self, options: int) -> None:
        pid, status = os.waitpid(self.pid, options)
        if pid:
            self._status = status
