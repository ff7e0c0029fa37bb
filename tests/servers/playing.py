"""A server that plays its answers byte by byte, as no library for HTTP would: for what a client must bear."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Play:
    """What follows a request: pieces, each sent by itself, and then what becomes of the connection."""

    pieces: tuple[bytes, ...] = ()
    then: Literal["go on", "close", "reset", "wait"] = "go on"
    reads_body: bool = True
    body_bytes: int | None = None
    """So much of the body is read before the answer; None: all of it."""


def answer(status: int, body: bytes = b"", *lines: str, length: int | None = None) -> bytes:
    """An answer in the usual form, with more lines of headers."""
    told = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status} Because", f"Content-Length: {told}", *lines])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def part(data: bytes, *lines: str, offset: int = 0, size: int | None = None) -> bytes:
    """The usual answer to a question for a range."""
    told = offset + len(data) if size is None else size
    return answer(206, data, f"Content-Range: bytes {offset}-{offset + len(data) - 1}/{told}", *lines)


def chunked(status: int, body: bytes, *lines: str) -> bytes:
    """The same body as chunks."""
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (body[:half], body[half:]) if each)
    head = "\r\n".join([f"HTTP/1.1 {status} Because", "Transfer-Encoding: chunked", *lines])
    return head.encode("latin-1") + b"\r\n\r\n" + chunks + b"0\r\n\r\n"


def of_objects(objects: Mapping[str, bytes], *, lines: tuple[str, ...] = ()) -> Callable[[str], Play]:
    """The answers of a store that has these under their paths, and nothing else."""

    def told(head: str) -> Play:
        path = head.split(" ")[1].partition("?")[0]
        if path not in objects:
            return Play((answer(404, b"<Error><Code>NoSuchKey</Code></Error>"),))
        wanted = next(line for line in head.lower().split("\r\n") if line.startswith("range: bytes="))
        first, _, last = wanted.partition("=")[2].partition("-")
        data = objects[path]
        return Play((part(data[int(first) : int(last) + 1], *lines, offset=int(first), size=len(data)),))

    return told


class PlayingServer:
    """``plays`` are given in turn, one to each request, and then what ``usual`` says; all may change at any time."""

    def __init__(self, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self.plays: list[Play] = []
        self.usual: Callable[[str], Play] = lambda head: Play(then="wait")
        self.asked: list[str] = []
        """The heads of all requests."""
        self.bodies: list[bytes] = []
        self.broken: list[bytes] = []
        """What came of bodies that the other side did not end."""
        self.connections = 0
        self.most_at_once = 0
        self.lingers_s = 0.0
        """So long an answer is kept back, or until another request comes beside it."""
        self._at_once = 0
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = listener

    @property
    def open_count(self) -> int:
        """How many connections the other side has not closed yet."""
        return len(self._open)

    def run(self) -> None:
        """Take connections until ``stop``."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """End every connection."""
        self._ended.set()
        for end in (self._listener, *self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            rest = b""
            while True:
                while (end := rest.find(b"\r\n\r\n")) < 0:
                    more = connection.recv(65536)
                    if not more:
                        self._open.discard(connection)
                        return
                    rest += more
                head, rest = rest[:end].decode("latin-1"), rest[end + 4 :]
                play = self._next(head)
                if play.reads_body:
                    rest = self._read_body(connection, head, rest, play.body_bytes)
                if not self._play(connection, play):
                    break
        self._open.discard(connection)

    def _next(self, head: str) -> Play:
        with self._changed:
            self.asked.append(head)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._changed.notify_all()
            return self.plays.pop(0) if self.plays else self.usual(head)

    def _read_body(self, connection: socket.socket, head: str, rest: bytes, most: int | None) -> bytes:
        lines = head.lower().split("\r\n")
        told = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
        length = told if most is None else min(told, most)
        body = bytearray(rest)
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                self.broken.append(bytes(body))
                raise ConnectionError
            body += more
        self.bodies.append(bytes(body[:length]))
        return bytes(body[length:])

    def _play(self, connection: socket.socket, play: Play) -> bool:
        """Whether the connection goes on."""
        with self._changed:
            if self.lingers_s:
                self._changed.wait_for(lambda: self._at_once > 1, self.lingers_s)
        for piece in play.pieces[:-1]:
            connection.sendall(piece)
        with self._changed:
            self._at_once -= 1  # before its last byte, after which the next request may follow
        for piece in play.pieces[-1:]:
            connection.sendall(piece)
        if play.then == "wait":
            while play.reads_body and connection.recv(65536):
                pass
            if not play.reads_body:
                self._ended.wait(PATIENCE_S)
        if play.then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return play.then == "go on"


@contextmanager
def playing_server(host: str = "127.0.0.1") -> Iterator[PlayingServer]:
    """One that runs inside the block."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family, backlog=128)
    server = PlayingServer(listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(PATIENCE_S)
