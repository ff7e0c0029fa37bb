"""HTTP over one socket, as little of it as small objects need: an answer lands whole in memory that is used again.

Whoever wants to wait for the answer does so in ``finish``; whoever waits for many at a time calls ``advance`` when the
system says that something came.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.objectstore.sdk_answers import NoAnswer
from audiotui.backends.objectstore.target import REQUEST_TIMEOUT_S
from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from audiotui.backends.items import Piece

KEPT_S = 20.0
"""So long a connection that nobody uses is good for another request; servers keep them for 30 s and more."""

MOST_HEAD_BYTES = 16 * 1024
"""Headers that are longer are no answer."""

ROOM_BYTES = 256 * 1024 + MOST_HEAD_BYTES
"""The memory of a connection; a longer answer gets more."""

MOST_BODY_BYTES = 1024 * 1024
"""Longer bodies are not read here."""

# Numbers, for Python's own flags take a microsecond to combine.
_AT_ONCE = int(socket.MSG_DONTWAIT)
_ALL = int(socket.MSG_WAITALL)
_PEEK_AT_ONCE = int(socket.MSG_PEEK | socket.MSG_DONTWAIT)

_LAST_CHUNK = re.compile(rb"(?:^|\r\n)0+\r\n(?:[^\r\n]+\r\n)*\r\n\Z")


class Head(NamedTuple):
    """The beginning of an answer; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    end: int
    """Where the body begins in the connection's memory."""

    length: int | None
    """How long the body is; None if the answer does not say it in the plain way, or if it is too long."""

    @property
    def is_last(self) -> bool:
        """Whether the server closes the connection after it."""
        return "close" in self.headers.get("connection", "").lower()


class Stale(NoAnswer):
    """A kept connection broke off before anything of the answer came: the server had closed it meanwhile."""


class Connection:
    """A socket and the memory for what comes over it; used by one thread at a time."""

    def __init__(self, plain: socket.socket, silence_s: float) -> None:
        # The system itself keeps the time: Python's timeouts ask it once more before each call.
        patience = struct.pack("ll", int(silence_s), int(silence_s % 1 * 1e6))
        with on_failure(plain.close):
            plain.settimeout(None)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        self._room = bytearray(ROOM_BYTES)
        self._got = 0
        self._head: Head | None = None
        self._size = 0
        """How long the whole answer is; 0 as long as that is not known."""
        self._was_kept = False
        self._takes_more = True
        """Whether the server has read all that was sent to it."""
        self._until_s = 0.0
        self._idle_since_s = 0.0

    def fileno(self) -> int:
        """The socket's descriptor, for waiting."""
        return self._socket.fileno()

    @property
    def problem(self) -> int:
        """The system's number for why it could not be made; 0 if it could."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    @property
    def is_good(self) -> bool:
        """Whether it can carry another request: a server that has anything to say before has closed it, or is mad."""
        if time.monotonic() - self._idle_since_s > KEPT_S:
            return False
        try:
            self._socket.recv(1, _PEEK_AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def begin(self, request: bytes, data: bytes = b"") -> None:
        """Send a request; raises NoAnswer if the server takes nothing more."""
        self._until_s = time.monotonic() + REQUEST_TIMEOUT_S
        self._got = self._size = 0
        self._head = None
        self._takes_more = False
        with _sending():
            sent = self._socket.sendmsg([request, data] if data else [request])
            if sent < len(request) + len(data):
                self._send(memoryview(request + data)[sent:])
            self._takes_more = True

    def go_on(self, blocks: Iterable[Piece]) -> None:
        """Send the body of a request whose head was sent, as slowly as its blocks come."""
        for block in blocks:  # whose own errors are none of the connection
            if not self._takes_more:
                return
            self._takes_more = False
            self._until_s = time.monotonic() + REQUEST_TIMEOUT_S
            with _sending():
                self._send(memoryview(block))
                self._takes_more = True

    def _send(self, rest: memoryview) -> None:
        while rest:
            self._check_time()
            rest = rest[self._socket.send(rest) :]

    def finish(self) -> Head:
        """Wait for the whole answer."""
        while (head := self.advance()) is None:
            pass
        return head

    def advance(self, *, waits: bool = True) -> Head | None:
        """Take what has come of the answer; its head once all is there, or all that can be understood.

        Raises:
            NoAnswer: the connection broke off, the server is silent for too long or speaks no HTTP. A ``Stale`` one
                says that nothing came over a connection that was used before.
        """
        size = self._size
        flags = 0 if waits else _AT_ONCE
        self._receive(size or len(self._room), flags | (_ALL if size and waits else 0))
        if self._head is None:
            self._look_for_head()
        if self._head is not None and self._got >= self._size:
            return self._head
        self._check_time()
        return None

    def words(self) -> bytes:
        """What the body says, of which the end may still be waited for if only the server knows where that is."""
        head = self._head
        if head is None or head.length is not None:
            return bytes(self.body)
        is_chunked = "chunked" in head.headers.get("transfer-encoding", "").lower()
        if is_chunked or head.is_last:
            with suppress(NoAnswer):  # the end of the connection is that of the body
                while self._got < MOST_HEAD_BYTES and not (is_chunked and _LAST_CHUNK.search(self.body)):
                    self._receive(len(self._room), 0)
                    self._check_time()
        return _unchunked(bytes(self.body)) if is_chunked else bytes(self.body)

    @property
    def body(self) -> memoryview:
        """The body of the answer, or what came of one that does not say its length; valid until the next request."""
        head = self._head
        return memoryview(self._room)[head.end : self._size or self._got] if head is not None else memoryview(b"")

    def is_at_end(self) -> bool:
        """Whether the answer ended where it said and the server wants to go on: then the connection may be kept."""
        head = self._head
        if head is None or head.length is None or self._got != self._size:
            return False
        self._was_kept = True
        self._idle_since_s = time.monotonic()
        return not head.is_last

    def _make_room(self) -> None:
        if self._size > len(self._room):
            self._room = self._room[: self._got] + bytearray(self._size - self._got)

    def _look_for_head(self) -> None:
        while self._head is None:
            end = self._room.find(b"\r\n\r\n", 0, self._got)
            if (self._got if end < 0 else end) > MOST_HEAD_BYTES:
                raise NoAnswer("Its answer has no end of the headers.")
            if end < 0:
                return
            head = _read_head(bytes(self._room[:end]), end + 4)
            if head.status >= 200:
                self._head = head
                self._size = head.end + head.length if head.length is not None else 0
                self._make_room()
            else:  # "100 Continue", which nobody asked for
                self._got -= head.end
                self._room[: self._got] = self._room[head.end : head.end + self._got]

    def _check_time(self) -> None:
        if time.monotonic() > self._until_s:
            raise NoAnswer("It takes too long.") from TimeoutError("timed out")

    def _receive(self, end: int, flags: int) -> None:
        """Receive into the memory behind what came before."""
        try:
            count = self._socket.recv_into(memoryview(self._room)[self._got : end], 0, flags)
        except BlockingIOError as error:
            if flags & _AT_ONCE:
                return
            raise NoAnswer("It is silent.") from TimeoutError(str(error))
        except OSError as error:
            raise self._broken("The connection broke off.") from error
        if not count:
            raise self._broken("The connection was closed in the middle of an answer.")
        self._got += count
        self._was_kept = False

    def _broken(self, why: str) -> NoAnswer:
        return Stale(why) if self._was_kept else NoAnswer(why)


@contextmanager
def _sending() -> Iterator[None]:
    """A server may refuse before it has read everything; its answer says why, and its silence as well."""
    try:
        yield
    except BlockingIOError as error:
        raise NoAnswer("It takes nothing more.") from TimeoutError(str(error))
    except OSError:
        pass


def _read_head(text: bytes, end: int) -> Head:
    first, *lines = text.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest.partition(" ")[0]
    if not version.startswith("HTTP/1.") or not status.isdecimal() or len(status) != 3:
        raise NoAnswer("Its answer is not HTTP.")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value  # two lengths are none
    if version == "HTTP/1.0":
        headers["connection"] = "close"
    return Head(int(status), headers, end, _plain_length(headers))


def _plain_length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("content-length", "")
    is_plain = "transfer-encoding" not in headers and "content-encoding" not in headers
    if not is_plain or not length.isdecimal() or len(length) > 8 or int(length) > MOST_BODY_BYTES:
        return None
    return int(length)


def _unchunked(chunks: bytes) -> bytes:
    """The bytes that chunks hold, as far as they are there (RFC 9112, 7.1)."""
    body = bytearray()
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        digits = size.partition(b";")[0].strip()
        length = int(digits, 16) if digits and not digits.strip(b"0123456789abcdefABCDEF") else 0
        if not length:
            break
        body += rest[:length]
        chunks = rest[length + 2 :]
    return bytes(body)
