"""Lines to servers that play answers, and the odd answers that they play."""

from __future__ import annotations

from typing import Any

from audiotui.backends.objectstore.objectline import ObjectLine
from audiotui.backends.objectstore.target import Keys, Target
from audiotui.backends.objectstore.wire import MOST_HEAD_BYTES
from audiotui.model import SecretStr
from tests.contracts.samples import sample
from tests.servers.playing import answer, chunked, part

DATA = sample(5_000)
SILENCE_S = 0.5
"""How long such a server may say nothing."""

NOT_UNDERSTOOD = {
    "chunks": chunked(206, DATA, "Content-Range: bytes 0-4999/5000"),
    "no length": part(DATA).replace(b"Content-Length: 5000\r\n", b""),
    "two lengths": part(DATA, "Content-Length: 10"),
    "two lengths, the first the shorter": part(DATA, "Content-Length: 5000").replace(b"h: 5000", b"h: 10", 1),
    "a length and chunks": part(DATA, "Transfer-Encoding : chunked"),
    "a length that is none": part(DATA).replace(b"h: 5000", b"h: +5000"),
    "a length beyond all": part(DATA).replace(b"h: 5000", b"h: 99999999999999"),
    "packed": part(DATA, "Content-Encoding: gzip"),
    "the whole object": answer(200, DATA),
    "another range": part(DATA, offset=1),
    "a range of other length": part(DATA).replace(b"0-4999", b"0-4998"),
    "a piece of the range": part(DATA[:4_000], size=5_000),
    "more than the range": part(DATA + b"x"),
    "no range": answer(206, DATA),
    "several ranges": answer(206, DATA, "Content-Type: multipart/byteranges; boundary=x"),
    "elsewhere": answer(307, b"", "Location: http://127.0.0.1:1/"),
    "a refusal in chunks": chunked(503, b"<Error><Code>SlowDown</Code></Error>"),
}
"""Whole answers that are not of the usual kind."""

BROKEN = {
    "nothing": (b"", "close"),
    "a reset": (b"", "reset"),
    "a piece of the headers": (part(DATA)[:20], "close"),
    "a reset in the headers": (part(DATA)[:20], "reset"),
    "a piece of the body": (part(DATA)[:-1], "close"),
    "a reset in the body": (part(DATA)[:-1], "reset"),
    "a greeting": (b"HTTP/1.1 100 Continue\r\n\r\n", "close"),
    "silence": (b"", "wait"),
    "silence in the headers": (part(DATA)[:20], "wait"),
    "silence in the body": (part(DATA)[:-1], "wait"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n", "wait"),
    "no status": (b"HTTP/1.1 2000 OK\r\n\r\n", "wait"),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", "wait"),
    "headers without an end": (b"HTTP/1.1 206 x\r\n" + b"x: y\r\n" * MOST_HEAD_BYTES, "wait"),
    "headers that are too long": (b"HTTP/1.1 206 x\r\nx: " + b"y" * MOST_HEAD_BYTES + b"\r\n\r\n", "wait"),
}
"""What comes of an answer, and how it ends."""


def line_to(port: int, *, host: str = "127.0.0.1", path: str = "", **more: Any) -> ObjectLine:
    """A line to a server on loopback."""
    options: dict[str, Any] = {
        "bucket": "takes",
        "prefix": "",
        "endpoint": f"http://{host}:{port}{path}",
        "region": "us-east-1",
        "keys": lambda: Keys("someone", SecretStr("canary")),
        "silence_s": SILENCE_S,
    }
    return ObjectLine(Target(**{**options, **more}))
