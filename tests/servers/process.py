"""Real servers as processes of the tests: found, started on loopback, waited for, ended.

A server that this machine lacks skips the test with one line that says how to get it; with ``CI`` set it fails it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

START_S = 60.0
"""How long a server may take until it answers."""

_PLACES = (sysconfig.get_path("scripts"), str(Path.home() / "go" / "bin"), "/usr/sbin", "/usr/local/bin")
"""Beside PATH: the virtual environment, Go's programs, those of the system. Read before a test changes HOME."""

PORTS = range(10_000, 22_000)

_ports_given: set[int] = set()


def program(name: str, *, install: str) -> str:
    """The path of a server's program; a test without it is skipped, or fails in CI. ``install`` says how to get it."""
    path = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *_PLACES)))
    return path or missing(f"{name} is not installed: {install}")


def missing(reason: str) -> NoReturn:
    """End a test that lacks a server: skipped on a developer's machine, failed in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def free_port(*, also: int = 0) -> int:
    """A port of loopback that nobody listens on; with ``also`` the port so much higher is free too.

    Systems take none of these for the near end of a connection, so nobody comes between this call and the server.
    """
    while True:
        port = secrets.choice(PORTS)
        if port not in _ports_given and _is_free(port) and (not also or _is_free(port + also)):
            _ports_given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody accepts connections on a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    patience_s: float = 10.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that runs inside the block; it is ready when ``ready`` says so, and its output is in ``log``.

    At the end it has ``patience_s`` seconds to leave by itself.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        _await(process, ready, log)
        yield process
    finally:
        stop(process, patience_s=patience_s)


def stop(process: subprocess.Popen[bytes], *, patience_s: float = 10.0) -> None:
    """End a server and the processes that it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sign)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        return


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    def told() -> str:
        return f"the start of {process.args!r}, which says {log.read_text(errors='replace')[-2000:]!r},"

    eventually(lambda: process.poll() is not None or ready(), what=told, patience_s=START_S)
    if process.poll() is not None:
        pytest.fail(f"{told()} did not come about: it ended with {process.returncode}", pytrace=False)
