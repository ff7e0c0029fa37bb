"""A run of the ssh program: its pipes, how it ends, and what it says about that."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.ssh.failures import CannotConnect
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPE_BYTES = 1024 * 1024
"""Linux lets every user have so much; with the usual 64 KiB the two processes wait for each other."""

END_S = 1.0
"""How long a run may take to end by itself, and to say why."""

_WORDS_BYTES = 2000
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


class RunningProgram:
    """A started program whose input and output are pipes that never wait; end it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the run
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                start_new_session=True,  # a Ctrl-C is for us; and without a terminal it asks for nothing
            )
        except OSError as error:
            self._said.close()
            raise CannotConnect(f"the program {command[0]} cannot be started: {error.strerror}") from error
        self._pipes = tuple(pipe for pipe in (self._process.stdin, self._process.stdout) if pipe is not None)
        self.writer, self.reader = (pipe.fileno() for pipe in self._pipes)
        for descriptor in (self.writer, self.reader):
            os.set_blocking(descriptor, False)
            if _SET_PIPE_SIZE is not None:
                with suppress(OSError):  # the user's share is used up: smaller pipes are slower, no more
                    fcntl.fcntl(descriptor, _SET_PIPE_SIZE, PIPE_BYTES)

    @property
    def is_running(self) -> bool:
        """False once it has ended."""
        return self._process.poll() is None

    def hang_up(self) -> None:
        """Close the pipes: it ends, unless others use its connection."""
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()

    def end(self, *, is_needed: bool = False) -> None:
        """Close the pipes and wait; a run that does not notice is killed, and one that others need is told to end."""
        self.hang_up()
        if is_needed:
            self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def last_words(self) -> str:
        """What it said before it ended, made safe to show; '' if nothing. Waits a little for an end that is near."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        try:
            descriptor = self._said.fileno()
        except ValueError:  # it was ended by us
            return ""
        said = os.pread(descriptor, _WORDS_BYTES, max(0, os.fstat(descriptor).st_size - _WORDS_BYTES))
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip("\r ")]
        return safe_text(" ".join(line.strip() for line in lines))[:600].rstrip(".")
