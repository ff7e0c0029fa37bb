"""An HTTP server in front of a real one that passes requests on, and lies in its answers as it is told."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Lie:
    """What is answered to requests of a method whose target has a word in it."""

    method: str
    word: str = ""
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_to: int | None = None
    """So many bytes of the true answer are sent, under the length of all."""
    times: int = 1_000_000
    does_it: bool = False
    """Whether the real server gets the request all the same."""


def refusal(
    code: str, status: int, *, headers: Mapping[str, str] | None = None, more: str = "", why: str = "because"
) -> dict[str, Any]:
    """The fields of a lie that refuses as S3 does."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{why}</Message>{more}</Error>'
    return {"status": status, "body": body.encode(), "headers": {"Content-Type": "application/xml", **(headers or {})}}


class LyingServer:
    """``lies`` may change at any time; ``asked`` has method and target of every request, ``headers`` theirs."""

    def __init__(self, real_port: int) -> None:
        self.real_port = real_port
        self.port = 0
        self.lies: list[Lie] = []
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._told: dict[int, int] = {}
        self._lock = threading.Lock()

    def lie_for(self, method: str, target: str, headers: dict[str, str]) -> Lie | None:
        """The lie that is due for a request, if any."""
        with self._lock:
            self.asked.append(f"{method} {target}")
            self.headers.append(headers)
            for lie in self.lies:
                if lie.method in {method, ""} and lie.word in target and self._told.get(id(lie), 0) < lie.times:
                    self._told[id(lie)] = self._told.get(id(lie), 0) + 1
                    return lie
        return None


@contextmanager
def lying_server(real_port: int) -> Iterator[LyingServer]:
    """One that runs inside the block."""
    lying = LyingServer(real_port)

    class Handler(_Handler):
        server_of_lies = lying

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    lying.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield lying
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_of_lies: LyingServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        """Answer, truly or not."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        lie = self.server_of_lies.lie_for(self.command, self.path, dict(self.headers))
        if lie is None or lie.does_it or lie.cut_to is not None:
            status, headers, answer = self._ask(body)
        if lie is None:
            self._send(status, headers, answer, len(answer))
        elif lie.cut_to is not None:
            self._send(status, headers, answer[: lie.cut_to], len(answer))
            self.close_connection = True
        else:
            self._send(lie.status, dict(lie.headers), lie.body, len(lie.body))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - the names are the library's

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server_of_lies.real_port, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes, length: int) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", headers.get("Content-Length", "0") if is_head else str(length))
        self.end_headers()
        if not is_head:
            self.wfile.write(body)
