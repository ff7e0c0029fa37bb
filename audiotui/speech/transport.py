"""Connections that go to the address that was checked, and to no other.

A name is resolved once for a connection; all of its addresses are judged, and one of those is dialled. So a name that
answers first with a public and then with a private address gains nothing. TLS still proves the name.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING

import httpx

from audiotui.cleanup import on_failure
from audiotui.speech.line import Line

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from audiotui.speech.addresses import Address
    from audiotui.speech.question import Answer, Origin, Question
    from audiotui.speech.rules import Rules

MAX_IDLE = 64
"""So many connections to one server are kept for later."""


def resolve(host: str, port: int) -> list[Address]:
    """The addresses that a name stands for now, in the system's order, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(one[4][0])) for one in found))


class CheckedTransport:
    """The way to the network, to checked addresses and past any proxy; the line that was used last is used next."""

    def __init__(self, rules: Rules, resolver: Callable[[str, int], list[Address]] = resolve) -> None:
        self._rules = rules
        self._resolve = resolver
        self._idle: dict[Origin, list[Line]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._is_closed = False

    def ask(self, question: Question) -> Reply:
        """Send one request; the body of its answer is still to be read.

        Raises:
            httpx.TransportError: there is no answer.
            DownloadFailed: the address may not be dialled.
        """
        origin = question.origin
        line = self._idle_line(origin) or Line(self._dialled(origin, question.connect_s))
        with on_failure(line.close):
            answer = line.ask(question)
        return Reply(answer, line, question.patience_s, partial(self._end, origin, line))

    def close(self) -> None:
        """Close all connections; those in use end with their answers."""
        with self._lock:
            self._is_closed = True
            idle = [line for some in self._idle.values() for line in some]
            self._idle.clear()
        for line in idle:
            line.close()

    def _idle_line(self, origin: Origin) -> Line | None:
        """A connection that is still good, if there is one."""
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                line = idle.pop()
            if line.is_good:
                return line
            line.close()

    def _dialled(self, origin: Origin, patience_s: float) -> socket.socket:
        """A connection to the first address that answers, if all of them may be dialled."""
        try:
            addresses = self._resolve(origin.host, origin.port)
        except OSError as error:
            raise httpx.ConnectError(f"{origin.host} has no address: {error.strerror or error}") from error
        self._rules.check_addresses(origin.host, origin.port, addresses)
        failure: httpx.TransportError = httpx.ConnectError(f"{origin.host} has no address")
        for address in addresses:
            try:
                return self._connected(origin, address, patience_s)
            except TimeoutError as error:
                failure = httpx.ConnectTimeout(str(error))
                failure.__cause__ = error
            except OSError as error:
                failure = httpx.ConnectError(str(error))
                failure.__cause__ = error
        raise failure

    def _connected(self, origin: Origin, address: Address, patience_s: float) -> socket.socket:
        connected = socket.create_connection((str(address), origin.port), patience_s)
        with on_failure(connected.close):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if origin.scheme != "https":
                return connected
            return self._context().wrap_socket(connected, server_hostname=origin.host)

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = httpx.create_ssl_context(trust_env=False)
                self._tls.set_alpn_protocols(["http/1.1"])
            return self._tls

    def _end(self, origin: Origin, line: Line) -> None:
        """Keep a connection for later, if it is good for that."""
        if not line.end():
            return
        with self._lock:
            idle = self._idle.setdefault(origin, [])
            is_kept = len(idle) < MAX_IDLE and not self._is_closed
            if is_kept:
                idle.append(line)
        if not is_kept:
            line.close()


class Reply:
    """An answer on its way; ``ended`` is called once it is not wanted any more."""

    def __init__(self, answer: Answer, line: Line, patience_s: float, ended: Callable[[], None]) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.is_success = answer.is_success
        self._line = line
        self._patience_s = patience_s
        self._ended: Callable[[], None] | None = ended

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Its body as it arrives; each piece is good until the next is taken."""
        return self._line.pieces(self._patience_s)

    def close(self) -> None:
        """End the answer, read or not, and give its connection back; a second call does nothing."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()
