"""One connection to a server: a socket, and as much of HTTP as most answers need; h11 reads all others.

httpx's own way down leads through httpcore and h11, which take ten times as long for an answer of the usual form: a
head in one piece that says how long its body is. Whatever looks otherwise is h11's to judge.
"""

from __future__ import annotations

import math
import re
import select
import time
from typing import TYPE_CHECKING

import h11
import httpx

from audiotui.speech.question import Answer

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from audiotui.speech.question import Question

KEPT_S = 30.0
"""So long a connection that nobody uses is good for another request."""

READ_BYTES = 256 * 1024
"""How much is read at a time: ten seconds of speech mostly come in one or two pieces, of which each is a wait for the
interpreter."""

MAX_HEAD_BYTES = 100 * 1024
"""A status line and headers that are longer are no answer."""

_PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2})(?: [^\r\n\0]*)?\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)+)\r\n"
)
_BODILESS = frozenset({204, 304})


class Line:
    """A connection that sends one request after the other; used by one thread at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._room = bytearray(READ_BYTES)
        self._first = memoryview(b"")
        """What came of the body together with the head."""
        self._left_bytes: int | None = None
        """How much of the body is still to come; None where that is not for us to say, or nothing was asked."""
        self._protocol: h11.Connection | None = None
        """Reads the answer, if it is not one of the usual form."""
        self._patience_s: float | None = connected.gettimeout()
        self._news = select.poll()
        self._news.register(connected, select.POLLIN)
        self._idle_since_s = time.monotonic()

    @property
    def is_good(self) -> bool:
        """Whether it can carry another request; a server says by closing it, which is the only news it can have."""
        return time.monotonic() - self._idle_since_s < KEPT_S and not self._news.poll(0)

    def ask(self, question: Question) -> Answer:
        """Send a request; the head of its answer.

        Raises:
            httpx.TransportError: the connection broke, or the server speaks no HTTP or not in time.
        """
        until_s = time.monotonic() + question.head_s
        self._protocol, self._left_bytes = None, None
        self._send(question.written, question.patience_s)
        count = self._read(READ_BYTES, question.patience_s, until_s)
        answer = self._plain_answer(count)
        return self._answer_by_h11(question, count, until_s) if answer is None else answer

    def pieces(self, patience_s: float) -> Iterator[bytes | memoryview]:
        """The body of the answer as it arrives, each piece good until the next is taken; each may take so long."""
        if self._protocol is not None:
            while isinstance(event := self._next(self._protocol, patience_s, math.inf), h11.Data):
                yield event.data
            return
        if self._first:
            yield self._first
        while self._left_bytes:
            count = self._read(min(READ_BYTES, self._left_bytes), patience_s, math.inf)
            if not count:
                raise httpx.RemoteProtocolError(f"the server closed the connection, {self._left_bytes} bytes too early")
            self._left_bytes -= count
            yield memoryview(self._room)[:count]

    def end(self) -> bool:
        """The answer is not wanted any more: True if another request may follow, else the connection is closed."""
        if self._protocol is None:
            is_over = self._left_bytes == 0
        else:
            done, rest = h11.DONE, self._protocol.trailing_data[0]
            is_over = self._protocol.our_state is done and self._protocol.their_state is done and not rest
        if is_over:
            self._idle_since_s = time.monotonic()
        else:
            self.close()
        return is_over

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _send(self, message: bytes, patience_s: float) -> None:
        self._wait_at_most(patience_s)
        try:
            self._socket.sendall(message)
        except TimeoutError as error:
            raise httpx.WriteTimeout(str(error)) from error
        except OSError:
            pass  # a server may refuse before it has read everything; its answer says why, and its silence as well

    def _plain_answer(self, count: int) -> Answer | None:
        """The head of an answer of the usual form; None for any other, of which nothing is taken."""
        head = _PLAIN_HEAD.match(self._room, 0, count)
        headers = None if head is None else _headers(head[2])
        if head is None or headers is None or (status := int(head[1])) in _BODILESS:
            return None
        left_bytes = int(headers["content-length"]) - (count - head.end())
        if left_bytes < 0:  # there is more than an answer
            return None
        self._first, self._left_bytes = memoryview(self._room)[head.end() : count], left_bytes
        return Answer(status, headers)

    def _answer_by_h11(self, question: Question, count: int, until_s: float) -> Answer:
        """The head of the answer that begins with what was read."""
        protocol = self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        try:
            protocol.send(h11.Request(method=question.method, target=question.path, headers=question.all_headers))
            if question.content:
                protocol.send(h11.Data(data=question.content))
            protocol.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        self._give(protocol, count)
        while True:
            event = self._next(protocol, question.patience_s, until_s)
            if isinstance(event, h11.Response):
                found: dict[str, str] = {}
                for raw_name, raw_value in event.headers:
                    name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
                    found[name] = f"{found[name]}, {value}" if name in found else value
                return Answer(event.status_code, found)

    def _next(self, protocol: h11.Connection, patience_s: float, until_s: float) -> object:
        """What the server says next: an event of h11."""
        while True:
            try:
                event = protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            self._give(protocol, self._read(READ_BYTES, patience_s, until_s))

    def _give(self, protocol: h11.Connection, count: int) -> None:
        """Let h11 have what was read."""
        if not count and protocol.their_state is h11.SEND_RESPONSE:
            raise httpx.RemoteProtocolError("the server closed the connection without an answer")
        protocol.receive_data(bytes(memoryview(self._room)[:count]))

    def _read(self, most_bytes: int, patience_s: float, until_s: float) -> int:
        """Read into the memory of the line; how much."""
        if until_s != math.inf:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise httpx.ReadTimeout("its headers trickle")
            patience_s = min(patience_s, math.ceil(left_s))  # whole seconds change rarely, and each change is a call
        self._wait_at_most(patience_s)
        try:
            return self._socket.recv_into(self._room, most_bytes)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error

    def _wait_at_most(self, patience_s: float) -> None:
        if patience_s != self._patience_s:
            self._socket.settimeout(patience_s)
            self._patience_s = patience_s


def _headers(lines: bytes) -> dict[str, str] | None:
    """Headers that give the body's length and nothing else about where the answer ends; None for any others."""
    found: dict[str, str] = {}
    for line in lines.decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name in found:
            return None
        found[name] = value.strip(" \t")
    length = found.get("content-length", "")
    is_usual = "transfer-encoding" not in found and found.get("connection", "keep-alive").lower() == "keep-alive"
    return found if is_usual and length.isascii() and length.isdecimal() and len(length) < 20 else None
