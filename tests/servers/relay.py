"""A relay in front of a server: what goes wrong on a network, on order, and a line that is long.

Each connection is handled by threads of the test's own process. A fault changes what one connection carries; the relay
counts what it did, so that a test can be sure that its fault came about.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

CHUNK_BYTES = 64 * 1024

Direction = Literal["up", "down"]
"""From the client to the server, and back."""


@dataclass(frozen=True, kw_only=True)
class WireFault:
    """What happens to the stream of one direction when its byte number ``at`` passes, counted from the fault's order.

    ``do`` is 'flip' (a bit), 'drop' (a block of ``size`` bytes), 'double' (such a block), 'cut' (the end, said
    politely), 'reset' (the end, at once) or 'stall' (silence until the relay closes).
    """

    do: Literal["flip", "drop", "double", "cut", "reset", "stall"]
    direction: Direction = "up"
    at: int = 0
    size: int = 1


class Relay:
    """Listens on a port of loopback and passes everything on. Use it as a context manager."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.faults_done = 0
        self.connections = 0
        self._server = (host, port)
        self._fault: WireFault | None = None
        self._passed = {"up": 0, "down": 0}
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener: socket.socket | None = None
        self._closed = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self.port = 0

    def __enter__(self) -> Relay:
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self.go_on()
        self.hang_up()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def sent_bytes(self) -> int:
        """How much went from clients to the server since the last order, or since it was cleared."""
        with self._lock:
            return self._passed["up"]

    def listen(self) -> None:
        """Take connections, on the same port as before if there was one."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def hang_up(self) -> None:
        """Stop listening and reset every connection."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            pairs = tuple(self._pairs)
        for pair in pairs:
            for end in pair:
                _reset(end)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside it nobody answers."""
        self.hang_up()
        try:
            yield
        finally:
            self.listen()

    def order(self, fault: WireFault) -> None:
        """Let this happen once, from now on."""
        with self._lock:
            self._fault = fault
            self._passed = {"up": 0, "down": 0}

    def stand_still(self) -> None:
        """Let nothing pass: it waits, and no connection is lost by that."""
        self._open.clear()

    def go_on(self) -> None:
        """Let what waited pass, and all that follows."""
        self._open.set()

    def clear(self) -> None:
        """Forget a fault that did not come about, and how much has passed."""
        with self._lock:
            self._fault = None
            self._passed = {"up": 0, "down": 0}

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(self._server, timeout=10)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            left = _Left(pair, self._forget)
            threading.Thread(target=self._pump, args=(client, server, "up", left), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, "down", left), daemon=True).start()

    def _forget(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            end.close()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: Direction, left: _Left) -> None:
        try:
            with _Delayed(sink, self.delay_s) as out:
                while data := source.recv(CHUNK_BYTES):
                    data, act = self._altered(data, direction)
                    self._open.wait()
                    out.send(data)
                    if act == "reset":
                        _reset(source)
                        _reset(sink)
                        return
                    if act == "cut":
                        break
                    if act == "stall":
                        self._closed.wait()
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(source)
            _reset(sink)
        finally:
            left.leave()

    def _altered(self, data: bytes, direction: Direction) -> tuple[bytes, str]:
        """The bytes as they go on, and what happens then."""
        with self._lock:
            begin = self._passed[direction]
            self._passed[direction] += len(data)
            fault = self._fault
            if fault is None or fault.direction != direction or not begin <= fault.at < begin + len(data):
                return data, ""
            self._fault = None
            self.faults_done += 1
        at = fault.at - begin
        if fault.do == "flip":
            return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :], ""
        if fault.do == "drop":
            return data[:at] + data[at + fault.size :], ""
        if fault.do == "double":
            return data[: at + fault.size] + data[at:], ""
        return data[:at], fault.do


class _Left:
    """Closes both ends once both pumps of a connection have ended."""

    def __init__(
        self,
        pair: tuple[socket.socket, socket.socket],
        forget: Callable[[tuple[socket.socket, socket.socket]], None],
    ) -> None:
        self._pair = pair
        self._forget = forget
        self._count = 2
        self._lock = threading.Lock()

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            last = not self._count
        if last:
            self._forget(self._pair)


class _Delayed:
    """Sends each chunk ``delay_s`` after it came, in a thread of its own, so that the line is long and not narrow."""

    def __init__(self, sink: socket.socket, delay_s: float) -> None:
        self._sink = sink
        self._delay_s = delay_s
        self._waiting: list[tuple[float, bytes]] = []
        self._changed = threading.Condition()
        self._ended = False
        self._sender = threading.Thread(target=self._send_later, daemon=True)

    def __enter__(self) -> _Delayed:
        if self._delay_s:
            self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._delay_s:
            self._sender.join()

    def send(self, data: bytes) -> None:
        if not self._delay_s:
            self._sink.sendall(data)
            return
        with self._changed:
            self._waiting.append((time.monotonic() + self._delay_s, data))
            self._changed.notify()

    def _send_later(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._ended:
                        return
                    self._changed.wait()
                due_s, data = self._waiting.pop(0)
                while (early_s := due_s - time.monotonic()) > 0:
                    self._changed.wait(early_s)
            with suppress(OSError):
                self._sink.sendall(data)


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
