"""Connections that go to the address that was checked, and to no other.

A name is resolved once for a connection; all of its addresses are judged, and one of those is dialled. So a name that
answers first with a public and then with a private address gains nothing. TLS still proves the name.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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


class CheckedBackend(httpcore.NetworkBackend):
    """Opens sockets for httpcore."""

    def __init__(self, rules: Rules, resolver: Callable[[str, int], list[Address]] = resolve) -> None:
        self._rules = rules
        self._resolve = resolver
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
                return self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._sockets.sleep(seconds)


class CheckedTransport(httpx.BaseTransport):
    """httpx's way to the network, through ``CheckedBackend`` and past any proxy.

    The connection that was used last is used next. httpcore's own pool looks at all of its connections for every
    request, which takes longer than the request where they are many.
    """

    def __init__(self, rules: Rules, resolver: Callable[[str, int], list[Address]] = resolve) -> None:
        self._network = CheckedBackend(rules, resolver)
        self._idle: dict[bytes, list[httpcore.HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of its answer is still to be read."""
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        origin = asked.url.origin
        connection = self._connection(origin)
        with on_failure(connection.close), _as_httpx():
            answer = connection.handle_request(asked)
        body = _Body(answer, lambda: self._give_back(origin, connection))
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        """Close all connections; those in use end with their answers."""
        with self._lock:
            self._is_closed = True
            idle = [connection for some in self._idle.values() for connection in some]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _connection(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        """An idle connection that is still good, or a new one, which connects with its first request."""
        with self._lock:
            if self._tls is None and origin.scheme == b"https":
                self._tls = httpx.create_ssl_context(trust_env=False)
        while True:
            with self._lock:
                idle = self._idle.get(_name(origin))
                connection = idle.pop() if idle else None
            if connection is None:
                return httpcore.HTTPConnection(
                    origin, ssl_context=self._tls, keepalive_expiry=KEPT_S, network_backend=self._network
                )
            if not connection.has_expired():
                return connection
            connection.close()

    def _give_back(self, origin: httpcore.Origin, connection: httpcore.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(_name(origin), [])
            if connection.is_idle() and len(idle) < MAX_IDLE and not self._is_closed:
                idle.append(connection)
                return
        connection.close()


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
