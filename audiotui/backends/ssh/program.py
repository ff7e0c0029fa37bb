"""The user's own ssh program as the way to a host: its keys, agents, proxies and hardware, over its pipes.

The first run of it logs in and lends its connection to those that follow, by a socket that nobody else may use: a login
takes a quarter of a second, a further stream a hundredth. Where the user's configuration shares connections itself,
that is left as it is, for a login may need a person there. A run that finds nothing to share logs in for itself.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING

from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.ssh.running import PIPE_BYTES, RunningProgram
from audiotui.backends.ssh.sockets import new_socket_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from audiotui.backends.options import ScpOptions

KEEPALIVE_S = 15
_MOST_PIECES = 64

DRAIN_S = 0.001
"""A pipe that was full has room for a little as soon as ssh took 32 KiB, and for much a moment later."""


class ProgramConnection:
    """Runs the ssh program for each stream; close it. Several threads may open streams, each stream is for one."""

    def __init__(self, options: ScpOptions, *, program: str = "ssh") -> None:
        self._host = options.host
        self._patience_s = options.connect_timeout
        self._command = _command(options, program)
        self._starting = threading.Lock()
        self._login: RunningProgram | None = None
        self._streams: list[PipeStream] = []
        self._socket: Path | None = None

    @property
    def is_alive(self) -> bool:
        """False once the login that the streams share has ended."""
        return self._login is None or self._login.is_running

    def open_files(self) -> PipeStream:
        """A stream to a file server of the host."""
        return self._open("-s", "--", self._host, "sftp")

    def run(self, command: str) -> PipeStream:
        """A stream to a program of the host; ``command`` is a constant of ours, never anything from outside."""
        return self._open("--", self._host, command)

    def close(self) -> None:
        """End the login, and with it all streams that share it."""
        with self._starting:
            if self._login is not None:
                self._login.end(is_needed=any(stream.is_alive for stream in self._streams))
            if self._socket is not None:
                self._socket.unlink(missing_ok=True)

    def _open(self, *what: str) -> PipeStream:
        with self._starting:
            is_login = self._login is None and not self._shares_already
            if is_login:
                self._socket = new_socket_path()
                is_login = self._socket is not None
            program = RunningProgram([*self._command, *self._shared("yes" if is_login else "no"), *what])
            if is_login:
                self._login = program
            stream = PipeStream(program, login=self._login)
            self._streams = [*(one for one in self._streams if one.is_alive), stream]
        return stream

    @cached_property
    def _shares_already(self) -> bool:
        """Whether the user's configuration has a way of its own to share connections, or cannot be asked."""
        try:
            told = subprocess.run(
                [*self._command, "-G", "--", self._host],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._patience_s,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return True  # whatever is wrong, the run itself will say it
        return re.search(rb"^controlpath (?!none$)", told, re.MULTILINE) is not None

    def _shared(self, is_login: str) -> list[str]:
        if self._socket is None:
            return []
        return _words({"ControlMaster": is_login, "ControlPath": str(self._socket), "ControlPersist": "no"})


class PipeStream:
    """A run of the ssh program as a stream of bytes; ``login`` is the run whose connection it uses, maybe its own."""

    def __init__(self, program: RunningProgram, *, login: RunningProgram | None) -> None:
        self._program = program
        self._login = login
        self._is_closed = False

    @property
    def is_alive(self) -> bool:
        """False once the program has ended."""
        return not self._is_closed and self._program.is_running

    def fileno(self) -> int:
        """Readable when something can be received."""
        return self._program.reader

    def receive(self) -> bytes:
        """All that has arrived, as far as one call gives it."""
        try:
            data = os.read(self._program.reader, PIPE_BYTES)
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
            return os.writev(self._program.writer, some)
        except BlockingIOError:
            return self._send_later(some, wait_s)
        except OSError as error:
            raise ConnectionLost(self._why()) from error

    def _send_later(self, pieces: list[bytes | memoryview], wait_s: float) -> int:
        room = select.poll()
        room.register(self._program.writer, select.POLLOUT)
        if not room.poll(wait_s * 1000):
            return 0
        time.sleep(DRAIN_S)
        try:
            return os.writev(self._program.writer, pieces)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ConnectionLost(self._why()) from error

    def close(self) -> None:
        """End the program; the one that others share ends with its connection, or when nobody uses it any more."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._program is self._login:
            self._program.hang_up()
        else:
            self._program.end()

    def _why(self) -> str:
        """Its own last words, or those of the run that it depends on, made safe to show."""
        if self._is_closed:
            return "the connection was closed"
        words = self._program.last_words()
        if not words and self._login is not None:
            words = self._login.last_words()
        return words or "the ssh program ended"


def _command(options: ScpOptions, program: str) -> list[str]:
    """The program with what the location says; all else is as the user's configuration of ssh has it."""
    command = [program, "-T", "-a", "-x"]
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
    return command + _words(settings)


def _words(settings: Mapping[str, str]) -> list[str]:
    """Settings as words of a command."""
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _quoted(path: str) -> str:
    """A path as ssh's options take it: they split at spaces."""
    return f'"{path}"' if " " in path else path
