"""One connection to a server: a socket, and h11, which knows what HTTP says over it.

httpx's own way down leads through httpcore, whose layers around the same h11 take three times as long as all that is
done here; a service that keeps many small files would spend a third of its time in them.
"""

from __future__ import annotations

import math
import select
import time
from typing import TYPE_CHECKING

import h11
import httpx

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

KEPT_S = 30.0
"""So long a connection that nobody uses is good for another request."""

READ_BYTES = 64 * 1024
"""How much is read at a time; pieces that fit a processor's cache are hashed and copied fastest."""

MAX_HEAD_BYTES = 100 * 1024
"""A status line and headers that are longer are no answer."""


class Line:
    """A connection that sends one request after the other; used by one thread at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._patience_s: float | None = connected.gettimeout()
        self._news = select.poll()
        self._news.register(connected, select.POLLIN)
        self._idle_since_s = time.monotonic()

    @property
    def is_good(self) -> bool:
        """Whether it can carry another request; a server says by closing it, which is the only news it can have."""
        return time.monotonic() - self._idle_since_s < KEPT_S and not self._news.poll(0)

    def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request; the head of its answer.

        The extension ``timeout`` says how long each piece may take that comes or goes, ``head_s`` within how many
        seconds the whole head has to be there, ``target`` what is asked for instead of the URL's path.

        Raises:
            httpx.TransportError: the connection broke, or the server speaks no HTTP or not in time.
        """
        timeouts = request.extensions["timeout"]
        until_s = time.monotonic() + request.extensions.get("head_s", math.inf)
        self._send(request, timeouts["write"])
        while True:
            event = self._next(timeouts["read"], until_s)
            if isinstance(event, h11.Response):
                return event

    def pieces(self, patience_s: float) -> Iterator[bytes]:
        """The body of the answer as it arrives; each piece may take so long."""
        while isinstance(event := self._next(patience_s, math.inf), h11.Data):
            yield event.data

    def end(self) -> bool:
        """The answer is not wanted any more: True if another request may follow, else the connection is closed."""
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
            self._idle_since_s = time.monotonic()
            return True
        self.close()
        return False

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _send(self, request: httpx.Request, patience_s: float) -> None:
        message = self._written(request)
        self._wait_at_most(patience_s)
        try:
            self._socket.sendall(message)
        except TimeoutError as error:
            raise httpx.WriteTimeout(str(error)) from error
        except OSError:
            pass  # a server may refuse before it has read everything; its answer says why, and its silence as well

    def _written(self, request: httpx.Request) -> bytes:
        """A request as it goes over the line."""
        send, body = self._protocol.send, request.content
        target = request.extensions.get("target") or request.url.raw_path
        try:
            head = h11.Request(method=request.method, target=target, headers=request.headers.raw)
            events = (head, h11.Data(data=body), h11.EndOfMessage()) if body else (head, h11.EndOfMessage())
            return b"".join(send(event) or b"" for event in events)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error

    def _next(self, patience_s: float, until_s: float) -> object:
        """What the server says next: an event of h11."""
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = self._read(patience_s, until_s)
            if not data and self._protocol.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("the server closed the connection without an answer")
            self._protocol.receive_data(data)

    def _read(self, patience_s: float, until_s: float) -> bytes:
        if until_s != math.inf:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise httpx.ReadTimeout("its headers trickle")
            patience_s = min(patience_s, math.ceil(left_s))  # whole seconds change rarely, and each change is a call
        self._wait_at_most(patience_s)
        try:
            return self._socket.recv(READ_BYTES)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error

    def _wait_at_most(self, patience_s: float) -> None:
        if patience_s != self._patience_s:
            self._socket.settimeout(patience_s)
            self._patience_s = patience_s
