"""A speech server of ours over real HTTP: temporary files, their removal, and every fault that such servers have.

It serves files from memory, in threads of the test's process, with ranges and ETags as real ones do.
"""

from __future__ import annotations

import json
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLEANUP = "/api/cleanup/temp/"


@dataclass
class Fault:
    """What happens to the next ``times`` answers for one path, whatever it is asked with.

    ``cut`` ends the body after so many bytes and closes the line; ``status`` answers that instead; ``headers`` are
    added or replace others; ``body`` replaces the body; ``run`` is called before anything is sent.
    """

    times: int = 1
    cut: int | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    run: Callable[[], object] | None = None
    no_ranges: bool = False


class SpeechServer:
    """A running server; ``files`` by name, ``requests`` as they came."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.spoken: list[dict[str, Any]] = []
        self.removed: list[str] = []
        self.voice: Callable[[dict[str, Any]], bytes] = lambda parameters: b""
        self._lock = threading.Lock()
        self._http = _QuietServer(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def put(self, name: str, data: bytes) -> str:
        """Lay a temporary file down; its relative URL."""
        self.files[name] = data
        return f"/temp/{name}"

    def fail(self, path: str, *faults: Fault) -> None:
        """What happens to the next requests for a path."""
        self.faults.setdefault(path, []).extend(faults)

    def count(self, method: str, path: str = "") -> int:
        """How many requests came."""
        return sum(one[0] == method and one[1].startswith(path) for one in self.requests)

    def headers_of(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for a path."""
        return [headers for _, one, headers in self.requests if one == path]

    def note(self, method: str, path: str, headers: dict[str, str]) -> Fault | None:
        """Write a request down, and take the fault that waits for it."""
        with self._lock:
            self.requests.append((method, path, headers))
            waiting = self.faults.get(path)
            if not waiting:
                return None
            fault = waiting[0]
            fault.times -= 1
            if fault.times <= 0:
                waiting.pop(0)
            return fault

    def serve(self) -> None:
        """Answer until ``stop``."""
        self._http.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """End it; connections that are open break."""
        self._http.shutdown()
        self._http.server_close()


class _QuietServer(ThreadingHTTPServer):
    """Clients that are killed leave in the middle of an answer; that is no news."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Forget the connection."""


@contextmanager
def speech() -> Iterator[SpeechServer]:
    """A server that runs inside the block."""
    server = SpeechServer()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection; ``speech`` is set by ``_handler``."""

    speech: SpeechServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET", self._file)

    def do_POST(self) -> None:
        self._answer("POST", self._speak)

    def do_DELETE(self) -> None:
        self._answer("DELETE", self._remove)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass

    def _answer(self, method: str, act: Callable[[Fault], None]) -> None:
        self._sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.speech.note(method, self.path, {k.lower(): v for k, v in self.headers.items()}) or Fault()
        if fault.run is not None:
            fault.run()
        if fault.status:
            self._send(fault.status, fault.body or b"", fault)
        else:
            act(fault)

    def _file(self, fault: Fault) -> None:
        name = unquote(self.path.removeprefix("/temp/"))
        data = self.speech.files.get(name) if fault.body is None else fault.body
        if data is None:
            self._send(404, b"no such file", fault)
            return
        etag = self.speech.etags.get(name, f'"{zlib.crc32(data):08x}"')
        asked = self.headers.get("range", "")
        same = self.headers.get("if-range", etag) == etag
        headers = {"content-type": "audio/wav", "etag": etag, "accept-ranges": "bytes"}
        if asked.startswith("bytes=") and same and not fault.no_ranges:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            if start >= len(data):
                self._send(416, b"", fault)
                return
            headers["content-range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self._send(206, data[start:], fault, headers)
        else:
            self._send(200, data, fault, headers)

    def _speak(self, fault: Fault) -> None:
        parameters = json.loads(self._sent)
        self.speech.spoken.append(parameters)
        data = self.speech.voice(parameters) if fault.body is None else fault.body
        self._send(200, data, fault, {"content-type": "audio/wav"})

    def _remove(self, fault: Fault) -> None:
        name = unquote(self.path.removeprefix(CLEANUP))
        if self.path.startswith(CLEANUP) and self.speech.files.pop(name, None) is not None:
            self.speech.removed.append(name)
            self._send(200, b"{}", fault)
        else:
            self._send(404, b"{}", fault)

    def _send(self, status: int, body: bytes, fault: Fault, headers: dict[str, str] | None = None) -> None:
        all_headers = {"content-length": str(len(body)), **(headers or {}), **fault.headers}
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in all_headers.items() if v) + "\r\n"
        try:
            self.wfile.write(head.encode("latin-1") + (body if fault.cut is None else body[: fault.cut]))
        except OSError:
            self.close_connection = True
        if fault.cut is not None:
            self.close_connection = True


def _handler(server: SpeechServer) -> type[BaseHTTPRequestHandler]:
    """The handler of one server."""
    return type("Handler", (_Handler,), {"speech": server})
