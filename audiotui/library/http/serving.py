"""Running the HTTP server: only on loopback unless keys are set, and what crashes left is finished first."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from audiotui.errors import AudiotuiError, InvalidInput
from audiotui.library.http.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from audiotui.library.service import AudioLibraryService

_log = logging.getLogger(__name__)

BACKLOG = 128

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def run(service: AudioLibraryService, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until the process is told to end; ``say`` is told where, once that is sure.

    Raises:
        InvalidInput: others could reach it, and no API keys are set; or the address cannot be listened on.
    """
    app = guarded(service, host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise InvalidInput(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.", "Name another port with --port."
        ) from error
    say(f"http://{f'[{host}]' if ':' in host else host}:{port}/docs")
    threading.Thread(target=_resume, args=(service,), name="audiotui-resume", daemon=True).start()
    with listening:
        # Without a configuration of uvicorn's own, which would close the log file that --log-file has opened.
        config = uvicorn.Config(app, log_config=None, log_level="warning", server_header=False)
        uvicorn.Server(config).run(sockets=[listening])


def guarded(service: AudioLibraryService, host: str) -> FastAPI:
    """The application for an address, if it is safe to serve there.

    Raises:
        InvalidInput: others could reach it, and no API keys are set.
    """
    if service.parts.options.api_keys:
        return create_app(service)
    if not is_loopback(host):
        raise InvalidInput(
            f"Will not serve on {host} without API keys: everybody who reaches it could read everything.",
            "Add library: api_keys: to the configuration, or listen on 127.0.0.1.",
        )
    return create_app(service, names=LOOPBACK_NAMES)


def _resume(service: AudioLibraryService) -> None:
    """Finish what crashes left; what is not possible now is left to the next start, or to a person."""
    try:
        report = service.resume()
    except AudiotuiError as error:
        _log.warning("nothing could be resumed: %s", error)
        return
    for failure in report.failures:
        _log.warning("left to `audiotui library resume`: %s", failure)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
