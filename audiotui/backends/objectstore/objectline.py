"""The line on which small objects come and go, one request for each.

obstore hands each request to a thread of its own and hashes what it sends once more; for a file of 200 kB that is as
much work as everything else. Here a request is one call of the system, its answer lands in memory that is used again,
and the digest is the one that the catalog has. Only plain HTTP without a proxy goes this way, and only its usual
answers: whatever else there is, obstore knows.
"""

from __future__ import annotations

import base64
import socket
import struct
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused
from audiotui.backends.objectstore.signing import UNSIGNED, Signer
from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S
from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from audiotui.backends.objectstore.target import Target

KEPT_S = 20.0
"""So long a connection that nobody uses is good for another request; servers keep them for 30 s and more."""

MOST_HEAD_BYTES = 16 * 1024
"""Headers that are longer are no answer."""

ROOM_BYTES = 256 * 1024 + MOST_HEAD_BYTES
"""The memory of a connection; a longer answer gets more."""

RANGE_BEYOND_END = 416

NO_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of nothing."""


class Stored(NamedTuple):
    """What the store says of an object that it took."""

    etag: str
    version_id: str


class ObjectLine:
    """The connections to one bucket. Any thread may use it."""

    def __init__(self, target: Target) -> None:
        address = urlsplit(target.address)
        self._host, self._port = address.hostname or "", address.port or 80
        self._host_header = address.netloc.removesuffix(":80")
        self._base = address.path.rstrip("/") + ("" if target.virtual_style else f"/{quote(target.bucket)}")
        self._silence_s = target.silence_s
        self._signer = Signer(target.region, target.keys)
        self._idle: list[_Connection] = []

    def close(self) -> None:
        """Close what is not in use."""
        while self._idle:
            self._idle.pop().close()

    def receive(self, name: str, offset: int, length: int, *, etag: str, take: Callable[[memoryview], object]) -> bool:
        """Hand on a range, which is in memory as a whole and only until ``take`` returns.

        Fewer bytes if the object ends before; False, and nothing, if the answer is not one that is understood here.

        Raises:
            Refused: the store says why not.
            NoAnswer: the connection broke off, or the store is silent.
        """
        headers = {"range": f"bytes={offset}-{offset + length - 1}"}
        if etag:
            headers["if-match"] = f'"{etag}"'
        with self._asked(self._request("GET", name, headers, signed={}, payload=NO_BODY)) as (connection, head):
            if head.status == 206:
                begins = head.headers.get("content-range", "").startswith(f"bytes {offset}-")
                if not begins or head.length is None or head.length > length:
                    return False
                take(connection.body(head))
                return True
            body = connection.rest(head)
        if head.status >= 300 and head.status != RANGE_BEYOND_END:
            raise Refused(head.status, body, head.headers)
        return head.status == RANGE_BEYOND_END

    def send(
        self,
        name: str,
        data: bytes,
        *,
        sha256: str,
        about: Mapping[str, str],
        checked: bool,
        signed: bool,
        create: bool,
    ) -> Stored:
        """Store an object; ``about`` are its headers, whose names are in small letters.

        ``checked``: the store is told the SHA-256, to compare it; ``signed``: it is part of the signature.
        ``create``: only under a name that is free.

        Raises:
            Refused: the store says why not; ``AlreadyExists`` is one reason.
            NoAnswer: the connection broke off, or the store is silent: whether it took the object is not known.
        """
        headers = {"content-length": str(len(data))}
        if create:
            headers["if-none-match"] = "*"
        digest = base64.b64encode(bytes.fromhex(sha256)).decode()
        signs = {**about, "x-amz-checksum-sha256": digest} if checked else dict(about)
        request = self._request("PUT", name, headers, signed=signs, payload=sha256 if signed else UNSIGNED)
        with self._asked(request, data) as (connection, head):
            body = connection.rest(head)
        etag = head.headers.get("etag", "").strip('"')
        if head.status != 200 or not etag or b"<Error" in body:
            raise Refused(head.status, body, head.headers, creates=create)
        return Stored(etag, head.headers.get("x-amz-version-id", ""))

    def _request(
        self, method: str, name: str, headers: Mapping[str, str], *, signed: Mapping[str, str], payload: str
    ) -> bytes:
        """The head of a request, as it goes over the line."""
        path = f"{self._base}/{quote(name)}"
        signs = {"host": self._host_header, **signed}
        told = {**signs, **headers, **self._signer.sign(method, path, signs, payload=payload)}
        lines = "\r\n".join(f"{name}: {value}" for name, value in told.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\nuser-agent: audiotui\r\n\r\n".encode()

    @contextmanager
    def _asked(self, request: bytes, data: bytes = b"") -> Iterator[tuple[_Connection, _Head]]:
        """Ask, and read the answer in the block; a connection on which nothing is left to read is kept."""
        connection = self._connected()
        with on_failure(connection.close):
            head = connection.ask(request, data)
            yield connection, head
        if connection.is_at_end(head):
            connection.idle_since_s = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()

    def _connected(self) -> _Connection:
        """A connection that nobody uses, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_good:
                return connection
            connection.close()
        try:
            plain = socket.create_connection((self._host, self._port), timeout=CONNECT_TIMEOUT_S)
        except OSError as error:
            raise NoAnswer("There is no connection.") from error
        return _Connection(plain, self._silence_s)


def goes_into_headers(values: Mapping[str, str]) -> bool:
    """Whether names and values can be sent as they are, and mean nothing else there."""
    return all(
        name.isascii() and name.replace("-", "").isalnum() and value.isascii() and value.isprintable() and value.strip()
        for name, value in values.items()
    )


class _Head(NamedTuple):
    """The beginning of an answer; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    end: int
    """Where the body begins in the connection's memory."""
    got: int
    """How many bytes of the answer have come with it, the head included."""

    @property
    def length(self) -> int | None:
        """How long the body is; None if the answer does not say it in the plain way."""
        length = self.headers.get("content-length", "")
        is_plain = "transfer-encoding" not in self.headers and "content-encoding" not in self.headers
        return int(length) if is_plain and length.isdecimal() and len(length) < 16 else None


class _Connection:
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
        self._until_s = 0.0
        self._got = 0
        self.idle_since_s = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it can carry another request: a server that has anything to say before has closed it, or is mad."""
        if time.monotonic() - self.idle_since_s > KEPT_S:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def ask(self, request: bytes, data: bytes = b"") -> _Head:
        """Send a request; the head of its answer."""
        self._until_s = time.monotonic() + REQUEST_TIMEOUT_S
        try:
            self._send(request, data)
        except BlockingIOError as error:
            raise NoAnswer("It takes nothing more.") from TimeoutError(str(error))
        except OSError:
            pass  # a server may refuse before it has read everything; its answer says why, and its silence as well
        got = 0
        while True:
            got += self._receive(got, MOST_HEAD_BYTES + ROOM_BYTES)
            while (end := self._room.find(b"\r\n\r\n", 0, got)) >= 0:
                head = _read_head(bytes(self._room[:end]), end + 4, got)
                if head.status >= 200:
                    self._got = got
                    return head
                self._room[: got - head.end] = self._room[head.end : got]  # "100 Continue", which nobody asked for
                got -= head.end
            if got > MOST_HEAD_BYTES:
                raise NoAnswer("Its answer has no end of the headers.")

    def body(self, head: _Head) -> memoryview:
        """The whole body of an answer that says how long it is; valid until the next request."""
        size = head.end + (head.length or 0)
        if size > len(self._room):
            self._room = self._room[: self._got] + bytearray(size - self._got)
        while self._got < size:
            self._got += self._receive(self._got, size, flags=socket.MSG_WAITALL)
        return memoryview(self._room)[head.end : size]

    def rest(self, head: _Head) -> bytes:
        """The body of an answer that is not wanted itself; no more than came with the head if it is long or unclear."""
        is_short = head.length is not None and head.length <= MOST_HEAD_BYTES
        return bytes(self.body(head)) if is_short else bytes(self._room[head.end : head.got])

    def is_at_end(self, head: _Head) -> bool:
        """Whether the answer ended where it said, and another may follow on this connection."""
        stays = "close" not in head.headers.get("connection", "").lower()
        return stays and head.length is not None and self._got == head.end + head.length

    def _send(self, request: bytes, data: bytes) -> None:
        sent = self._socket.sendmsg([request, data] if data else [request])
        if sent < len(request) + len(data):
            rest = memoryview(request + data)[sent:]
            while rest:
                rest = rest[self._socket.send(rest) :]

    def _receive(self, at: int, end: int, *, flags: int = 0) -> int:
        """Receive into the memory behind what came before; how many bytes came, at least one."""
        if time.monotonic() > self._until_s:
            raise NoAnswer("It takes too long.") from TimeoutError("timed out")
        try:
            count = self._socket.recv_into(memoryview(self._room)[at:end], 0, flags)
        except BlockingIOError as error:
            raise NoAnswer("It is silent.") from TimeoutError(str(error))
        except OSError as error:
            raise NoAnswer("The connection broke off.") from error
        if not count:
            raise NoAnswer("The connection was closed in the middle of an answer.")
        return count


def _read_head(text: bytes, end: int, got: int) -> _Head:
    first, *lines = text.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not status.isdecimal() or len(status) != 3:
        raise NoAnswer("Its answer is not HTTP.")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if version == "HTTP/1.0":
        headers["connection"] = "close"
    return _Head(int(status), headers, end, got)
