"""Connections that go to the address that was checked, and to no other.

A name is resolved once for a connection; all of its addresses are judged, and one of those is dialled. So a name that
answers first with a public and then with a private address gains nothing. TLS still proves the name.
"""

from __future__ import annotations

import ipaddress
import math
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpcore
import httpx

from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    from audiotui.speech.addresses import Address
    from audiotui.speech.rules import Rules

MAX_IDLE = 32
"""So many connections to one server are kept for later, each for so many seconds."""
KEPT_S = 30.0


_HTTPCORE_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


def resolve(host: str, port: int) -> list[Address]:
    """The addresses that a name stands for now, in the system's order, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(one[4][0])) for one in found))


class Patience:
    """Until when the head of an answer is waited for, however many pieces it comes in."""

    def __init__(self) -> None:
        self._until_s = math.inf

    def begin(self, seconds: float) -> None:
        """A request begins, whose answer shall begin within so many seconds."""
        self._until_s = time.monotonic() + seconds

    def end(self) -> None:
        """The head is there; its body has limits of its own."""
        self._until_s = math.inf

    def left_s(self, timeout: float | None) -> float | None:
        """How long one read may take. Raises httpcore.ReadTimeout if there is no time left."""
        if self._until_s == math.inf:
            return timeout
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout("its headers trickle")
        return left_s if timeout is None else min(timeout, left_s)


class PatientStream(httpcore.NetworkStream):
    """A stream that reads no longer than there is patience."""

    def __init__(self, stream: httpcore.NetworkStream, patience: Patience) -> None:
        self._stream = stream
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, or none at the end."""
        return self._stream.read(max_bytes, self._patience.left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the socket."""
        return self._stream.get_extra_info(info)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The stream, encrypted."""
        return PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._patience)


class CheckedBackend(httpcore.NetworkBackend):
    """Opens sockets for one connection of httpcore."""

    def __init__(self, rules: Rules, resolver: Callable[[str, int], list[Address]], patience: Patience) -> None:
        self._rules = rules
        self._resolve = resolver
        self._patience = patience
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers, if all of them may be dialled."""
        try:
            addresses = self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error.strerror or error}") from error
        self._rules.check_addresses(host, port, addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
                return PatientStream(stream, self._patience)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._sockets.sleep(seconds)


class Line(NamedTuple):
    """A connection, and the patience of whoever asks through it."""

    connection: httpcore.HTTPConnection
    patience: Patience


class CheckedTransport(httpx.BaseTransport):
    """httpx's way to the network, through ``CheckedBackend`` and past any proxy.

    The connection that was used last is used next. httpcore's own pool looks at all of its connections for every
    request, which takes longer than the request where they are many.
    """

    def __init__(self, rules: Rules, resolver: Callable[[str, int], list[Address]] = resolve) -> None:
        self._rules = rules
        self._resolver = resolver
        self._idle: dict[bytes, list[Line]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of its answer is still to be read.

        The extension ``head_s`` says within how many seconds its head has to be there.
        """
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        origin = asked.url.origin
        line = self._line(origin)
        with on_failure(line.connection.close), _as_httpx():
            line.patience.begin(request.extensions.get("head_s", math.inf))
            answer = line.connection.handle_request(asked)
            line.patience.end()
        body = _Body(answer, lambda: self._give_back(origin, line))
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        """Close all connections; those in use end with their answers."""
        with self._lock:
            self._is_closed = True
            idle = [line for some in self._idle.values() for line in some]
            self._idle.clear()
        for line in idle:
            line.connection.close()

    def _line(self, origin: httpcore.Origin) -> Line:
        """An idle connection that is still good, or a new one, which connects with its first request."""
        with self._lock:
            if self._tls is None and origin.scheme == b"https":
                self._tls = httpx.create_ssl_context(trust_env=False)
        while True:
            with self._lock:
                idle = self._idle.get(_name(origin))
                line = idle.pop() if idle else None
            if line is None:
                return self._new_line(origin)
            if not line.connection.has_expired():
                return line
            line.connection.close()

    def _new_line(self, origin: httpcore.Origin) -> Line:
        patience = Patience()
        network = CheckedBackend(self._rules, self._resolver, patience)
        connection = httpcore.HTTPConnection(
            origin, ssl_context=self._tls, keepalive_expiry=KEPT_S, network_backend=network
        )
        return Line(connection, patience)

    def _give_back(self, origin: httpcore.Origin, line: Line) -> None:
        with self._lock:
            idle = self._idle.setdefault(_name(origin), [])
            if line.connection.is_idle() and len(idle) < MAX_IDLE and not self._is_closed:
                idle.append(line)
                return
        line.connection.close()


def _name(origin: httpcore.Origin) -> bytes:
    return b"%s://%s:%d" % (origin.scheme, origin.host, origin.port)


class _Body(httpx.SyncByteStream):
    """The bytes of an answer as they arrive; ``ended`` is called once they are not wanted any more."""

    def __init__(self, answer: httpcore.Response, ended: Callable[[], None]) -> None:
        self._answer = answer
        self._ended: Callable[[], None] | None = ended

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        """End the answer, read or not, and give its connection back; a second call does nothing."""
        ended, self._ended = self._ended, None
        if ended is not None:
            self._answer.close()
            ended()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Errors of httpcore as those of httpx, which have the same names."""
    try:
        yield
    except _HTTPCORE_ERRORS as error:
        for kind in type(error).__mro__:
            if isinstance(same := getattr(httpx, kind.__name__, None), type) and issubclass(same, httpx.HTTPError):
                raise same(str(error)) from error
        raise
