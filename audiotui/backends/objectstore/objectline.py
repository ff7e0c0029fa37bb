"""The line on which small objects come and go, one request for each.

obstore hands each request to a thread of its own and hashes what it sends once more; for a file of 200 kB that is as
much work as everything else. Here a request is one call of the system, its answer lands in memory that is used again,
and the digest is the one that the catalog has. Only plain HTTP without a proxy goes this way, and only its usual
answers: whatever else there is, obstore knows.
"""

from __future__ import annotations

import base64
import re
import socket
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused
from audiotui.backends.objectstore.signing import UNSIGNED, Signer
from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S
from audiotui.backends.objectstore.wire import Connection, Stale
from audiotui.cleanup import on_failure
from audiotui.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audiotui.backends.items import Pace
    from audiotui.backends.objectstore.target import Target
    from audiotui.backends.objectstore.wire import Head

RANGE_BEYOND_END = 416

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")

NO_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of nothing."""


class Stored(NamedTuple):
    """What the store says of an object that it took."""

    etag: str
    version_id: str


class Range(NamedTuple):
    """Which bytes of which object are wanted; ``etag``: only of that version, if one is given."""

    name: str
    offset: int
    length: int
    etag: str = ""


class Place(NamedTuple):
    """An address of the server, as the system has it."""

    family: int
    address: Any


class ObjectLine:
    """The connections to one bucket. Any thread may use it."""

    def __init__(self, target: Target) -> None:
        address = urlsplit(target.address)
        self._host, self._port = address.hostname or "", address.port or 80
        self._host_header = address.netloc.removesuffix(":80")
        self._base = address.path.rstrip("/") + ("" if target.virtual_style else f"/{quote(target.bucket)}")
        self.silence_s = target.silence_s
        self._signer = Signer(target.region, target.keys)
        self._idle: deque[Connection] = deque()
        self._lock = threading.Lock()
        self._is_closed = False

    def close(self) -> None:
        """Close what is not in use, and the rest when it is no more."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()

    def receive(self, wanted: Range, take: Callable[[memoryview], object]) -> bool:
        """Hand on a range, which is in memory as a whole and only until ``take`` returns.

        Fewer bytes if the object ends before; False, and nothing, if the answer is not one that is understood here.

        Raises:
            Refused: the store says why not.
            NoAnswer: the connection broke off, or the store is silent.
        """
        connection = self.kept()
        if connection is not None:
            with suppress(Stale):  # whoever only reads may ask once more
                return self._receive(connection, wanted, take)
        return self._receive(self.connected(), wanted, take)

    def request(self, wanted: Range) -> bytes:
        """The request for a range, as it goes over the line."""
        headers = {"range": f"bytes={wanted.offset}-{wanted.offset + wanted.length - 1}"}
        if wanted.etag:
            headers["if-match"] = f'"{wanted.etag}"'
        return self._request("GET", wanted.name, headers, signed={}, payload=NO_BODY)

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
        pace: Pace | None = None,
    ) -> Stored:
        """Store an object, at a pace if there is one; ``about`` are its headers, whose names are in small letters.

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
        connection = self.kept() or self.connected()
        with on_failure(connection.close):
            if pace is None:
                connection.begin(request, data)
            else:
                connection.begin(request)
                connection.go_on(pace(data))
            head = connection.finish()
            body = connection.words()
        self.keep(connection)
        etag = head.headers.get("etag", "").strip('"')
        if head.status != 200 or not etag or b"<Error" in body:
            raise Refused(head.status, body, head.headers, creates=create)
        return Stored(etag, head.headers.get("x-amz-version-id", ""))

    def kept(self) -> Connection | None:
        """A connection that nobody uses."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.is_good:
                return connection
            connection.close()

    def connected(self) -> Connection:
        """A new connection; raises NoAnswer if there is none to be had."""
        try:
            plain = socket.create_connection((self._host, self._port), timeout=CONNECT_TIMEOUT_S)
            return Connection(plain, self.silence_s)  # macOS takes no options for one that has ended already
        except OSError as error:
            raise NoAnswer("There is no connection.") from error

    def keep(self, connection: Connection) -> None:
        """Somebody has what he asked for: another request may follow, if the answer is at its end."""
        if connection.is_at_end():
            with self._lock:
                if not self._is_closed:
                    self._idle.append(connection)
                    return
        connection.close()

    def places(self) -> list[Place]:
        """Where a connection may lead, the first the best; raises NoAnswer if nobody knows."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NoAnswer("There is no connection.") from error
        return [Place(family, address) for family, _, _, _, address in found]

    def _receive(self, connection: Connection, wanted: Range, take: Callable[[memoryview], object]) -> bool:
        with on_failure(connection.close):
            connection.begin(self.request(wanted))
            body = body_of(connection.finish(), connection, wanted)
            if body:
                take(body)
        self.keep(connection)
        return body is not None

    def _request(
        self, method: str, name: str, headers: Mapping[str, str], *, signed: Mapping[str, str], payload: str
    ) -> bytes:
        """The head of a request, as it goes over the line."""
        path = f"{self._base}/{quote(name)}"
        signs = {"host": self._host_header, **signed}
        told = {**signs, **headers, **self._signer.sign(method, path, signs, payload=payload)}
        lines = "\r\n".join([f"{name}: {value}" for name, value in told.items()])
        if not lines.count("\n") == lines.count("\r") == len(told) - 1:  # a server would take the rest for more headers
            raise LocationError(
                "A key, a token or an option of the bucket has a line break in it, which no request can carry.",
                "Correct the location's keys, session token and storage class.",
            )
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\nuser-agent: audiotui\r\n\r\n".encode()


def body_of(head: Head, connection: Connection, wanted: Range) -> memoryview | None:
    """The bytes of a range out of an answer; None if the answer is not one that is understood here.

    Raises:
        Refused: the store says why not.
    """
    if head.status == 206:
        return connection.body if _is_range(head, wanted) else None
    if head.status == RANGE_BEYOND_END:
        return memoryview(b"")
    if head.status >= 400 and head.length is not None:
        raise Refused(head.status, bytes(connection.body), head.headers)
    return None


def _is_range(head: Head, wanted: Range) -> bool:
    """Whether the body is the range, as a whole or up to the end of the object."""
    told = _CONTENT_RANGE.fullmatch(head.headers.get("content-range", ""))
    if told is None or head.length is None:
        return False
    first, last, size = told.groups()
    end = int(last) + 1
    is_whole = head.length == wanted.length or (size != "*" and end == int(size))
    return int(first) == wanted.offset and end - int(first) == head.length <= wanted.length and is_whole


def goes_into_headers(values: Mapping[str, str]) -> bool:
    """Whether names and values can be sent as they are, and mean nothing else there."""
    return all(
        name.isascii() and name.replace("-", "").isalnum() and value.isascii() and value.isprintable() and value.strip()
        for name, value in values.items()
    )
