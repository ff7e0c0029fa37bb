"""The user's own ssh program as the way to a host: its keys, agents, proxies and hardware, over its pipes."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.ssh.failures import CannotConnect
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.backends.options import ScpOptions

PIPE_BYTES = 1024 * 1024
"""Linux lets every user have so much; with the usual 64 KiB the two processes wait for each other."""

KEEPALIVE_S = 15
_MOST_PIECES = 64
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


class ProgramConnection:
    """Starts the ssh program for each stream; there is no connection of its own to hold."""

    is_alive = True

    def __init__(self, options: ScpOptions, *, program: str = "ssh") -> None:
        self._options = options
        self._program = program

    def open_files(self) -> PipeStream:
        """A stream to a file server of the host."""
        return PipeStream([*self._command(), "-s", "--", self._options.host, "sftp"])

    def run(self, command: str) -> PipeStream:
        """A stream to a program of the host; ``command`` is a constant of ours, never anything from outside."""
        return PipeStream([*self._command(), "--", self._options.host, command])

    def close(self) -> None:
        """Nothing is held."""

    def _command(self) -> list[str]:
        """The program with what the location says; all else is as the user's configuration of ssh has it."""
        options = self._options
        command = [self._program, "-T", "-a", "-x"]
        settings = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "ClearAllForwardings": "yes",
            "PermitLocalCommand": "no",
            "EscapeChar": "none",
            "LogLevel": "ERROR",
            "ConnectTimeout": str(options.connect_timeout),
            "ServerAliveInterval": str(KEEPALIVE_S),
            "Ciphers": "^aes128-gcm@openssh.com",
        }
        if options.known_hosts is not None:
            settings |= {"UserKnownHostsFile": _quoted(str(options.known_hosts)), "GlobalKnownHostsFile": "/dev/null"}
        if options.identity_file is not None:
            command += ["-i", str(options.identity_file)]
            settings["IdentitiesOnly"] = "yes"
        if options.port is not None:
            command += ["-p", str(options.port)]
        if options.user:
            command += ["-l", options.user]
        return command + [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


class PipeStream:
    """A running ssh program as a stream of bytes."""

    def __init__(self, command: Sequence[str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the stream
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
        self._writer, self._reader = (pipe.fileno() for pipe in self._pipes)
        for descriptor in (self._writer, self._reader):
            os.set_blocking(descriptor, False)
            if _SET_PIPE_SIZE is not None:
                with suppress(OSError):  # the user's share is used up: smaller pipes are slower, no more
                    fcntl.fcntl(descriptor, _SET_PIPE_SIZE, PIPE_BYTES)
        self._is_closed = False

    @property
    def is_alive(self) -> bool:
        """False once the program has ended."""
        return not self._is_closed and self._process.poll() is None

    def fileno(self) -> int:
        """Readable when something can be received."""
        return self._reader

    def receive(self) -> bytes:
        """All that has arrived, as far as one call gives it."""
        try:
            data = os.read(self._reader, PIPE_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise ConnectionLost(self._why()) from error
        if not data:
            raise ConnectionLost(self._why())
        return data

    def send(self, pieces: Sequence[bytes | memoryview], wait_s: float) -> int:
        """Send as much as the pipe has room for."""
        some = [piece for _, piece in zip(range(_MOST_PIECES), pieces, strict=False)]
        try:
            return os.writev(self._writer, some)
        except BlockingIOError:
            return self._send_later(some, wait_s)
        except OSError as error:
            raise ConnectionLost(self._why()) from error

    def _send_later(self, pieces: list[bytes | memoryview], wait_s: float) -> int:
        room = select.poll()
        room.register(self._writer, select.POLLOUT)
        if not room.poll(wait_s * 1000):
            return 0
        try:
            return os.writev(self._writer, pieces)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ConnectionLost(self._why()) from error

    def close(self) -> None:
        """End the program."""
        if self._is_closed:
            return
        self._is_closed = True
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        self._end()
        self._said.close()

    def _end(self) -> None:
        """Closed pipes end it; one that does not notice is killed."""
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _why(self) -> str:
        """Its own last words, made safe to show."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        if self._is_closed:
            return "the connection was closed"
        size = os.fstat(self._said.fileno()).st_size
        self._said.seek(max(0, size - 2000))
        lines = [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip("\r ")]
        return safe_text(" ".join(line.strip() for line in lines))[:600].rstrip(".") or "the ssh program ended"


def _quoted(path: str) -> str:
    """A path as ssh's options take it: they split at spaces."""
    return f'"{path}"' if " " in path else path
