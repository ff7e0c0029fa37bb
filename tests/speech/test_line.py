"""One connection understands answers of every form, and is used again only where that is sure to be right."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from audiotui.speech.line import Line
from audiotui.speech.question import Question
from audiotui.speech.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b"what was asked for"
PLAIN = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "1"\r\n\r\n%s' % (len(BODY), BODY)


@pytest.fixture
def ends() -> Iterator[tuple[Line, socket.socket]]:
    """A line, and the server's end of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        yield Line(ours), theirs


def question(path: str = "/temp/x.wav", patience_s: float = 10, content: bytes = b"", **headers: str) -> Question:
    target = Rules("http://127.0.0.1:3000").target(path)
    times = {"head_s": 10.0, "patience_s": patience_s, "connect_s": 10.0}
    return Question(method="GET", target=target, headers=headers, content=content, **times)


def _with_answer(line: Line, patience_s: float) -> Iterator[bytes | memoryview]:
    line.ask(question(patience_s=patience_s))
    return line.pieces(patience_s)


def read(line: Line) -> bytes:
    return b"".join(bytes(piece) for piece in line.pieces(10))


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        pytest.param(PLAIN, True, id="plain"),
        pytest.param(PLAIN.replace(b"\r\n", b"\n"), True, id="bare line feeds"),
        pytest.param(PLAIN.replace(b" OK", b""), True, id="no reason"),
        pytest.param(PLAIN.replace(b"\r\nETag", b"\r\nConnection: Keep-Alive\r\nETag"), True, id="kept alive"),
        pytest.param(PLAIN.replace(b"\r\nETag", b"\r\nConnection: close\r\nETag"), False, id="closes"),
        pytest.param(
            PLAIN.replace(b"\r\nETag", b"\r\nConnection: Foo, Close\r\nETag"), False, id="closes among others"
        ),
        pytest.param(PLAIN.replace(b"1.1", b"1.0", 1), False, id="HTTP 1.0"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, True, id="100 first"),
        pytest.param(PLAIN.replace(b"\r\nETag", b"\r\nContent-Length: 18\r\nETag"), True, id="length twice"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwhat\r\ne\r\n was asked for\r\n0\r\n\r\n",
            True,
            id="chunked",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
            b"12\r\nwhat was asked for\r\n0\r\n\r\n",
            True,
            id="chunked with a length",
        ),
        pytest.param(PLAIN + b"HTTP/1.1 200 OK\r\n", False, id="more than was asked for"),
    ],
)
def test_an_answer_of_any_form_is_understood(ends: tuple[Line, socket.socket], answer: bytes, *, is_kept: bool) -> None:
    line, server = ends
    server.sendall(answer)

    assert line.ask(question()).status == 200
    assert read(line) == BODY
    assert (line.end() and line.is_good) == is_kept


def test_a_head_that_comes_in_pieces_is_understood(ends: tuple[Line, socket.socket]) -> None:
    line, server = ends
    server.sendall(PLAIN[:20])
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)

    class Late(Line):
        """Lets the rest come only after the first piece was read."""

        def _read(self, most_bytes: int, patience_s: float, until_s: float) -> int:
            count = super()._read(most_bytes, patience_s, until_s)
            if count == 20:
                server.sendall(PLAIN[20:])
            return count

    late = Late(line._socket)

    assert late.ask(question()).headers["etag"] == '"1"'
    assert read(late) == BODY
    assert late.end()


def test_one_answer_follows_the_other_whatever_their_forms(ends: tuple[Line, socket.socket]) -> None:
    line, server = ends

    for answer in (PLAIN, PLAIN.replace(b"\r\n", b"\n"), PLAIN):
        server.sendall(answer)
        line.ask(question())
        assert read(line) == BODY
        assert line.end()


def test_an_answer_without_a_body_is_at_its_end(ends: tuple[Line, socket.socket]) -> None:
    line, server = ends
    server.sendall(b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n")

    assert line.ask(question()).status == 204
    assert read(line) == b""
    assert line.end()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", id="no HTTP"),
        pytest.param(PLAIN[:-1], id="cut"),
        pytest.param(PLAIN.replace(b"\r\nETag", b"\r\nContent-Length: 5\r\nETag"), id="two lengths"),
        pytest.param(PLAIN.replace(b"18", b"+18"), id="a length that is no number"),
    ],
)
def test_an_answer_that_is_none_is_told(ends: tuple[Line, socket.socket], answer: bytes) -> None:
    line, server = ends
    server.sendall(answer)
    server.shutdown(socket.SHUT_WR)

    def taken() -> bytes:
        line.ask(question())
        return read(line)

    with pytest.raises(httpx.RemoteProtocolError):
        taken()
    assert not line.end()


def test_a_server_that_keeps_silent_is_waited_for_as_long_as_was_said(ends: tuple[Line, socket.socket]) -> None:
    line, server = ends
    begun_s = time.monotonic()

    with pytest.raises(httpx.ReadTimeout):
        line.ask(question(patience_s=0.2))

    server.sendall(PLAIN[:-1])
    with pytest.raises(httpx.ReadTimeout):
        list(_with_answer(ends[0], 0.2))
    assert 0.4 <= time.monotonic() - begun_s < 8


def test_a_server_that_takes_nothing_is_waited_for_as_long_as_was_said(ends: tuple[Line, socket.socket]) -> None:
    line, _ = ends

    with pytest.raises(httpx.WriteTimeout):
        line.ask(question(patience_s=0.2, content=bytes(50_000_000)))


def test_what_nobody_read_is_not_taken_for_the_next_answer(ends: tuple[Line, socket.socket]) -> None:
    line, server = ends
    server.sendall(PLAIN[:-5])

    line.ask(question())

    assert not line.end()


@pytest.mark.parametrize("value", ["a\r\nx-more: b", "a\nb", "a\0b", " a", "a ", "é"])
def test_no_header_can_carry_another_one(ends: tuple[Line, socket.socket], value: str) -> None:
    line, _ = ends

    with pytest.raises(httpx.LocalProtocolError):
        line.ask(question(authorization=value))


@pytest.mark.parametrize("path", ["/temp/x.wav", "/temp/a%20b.wav?sign=1&a=b'c", "/a;b=1/[x]", "/%", "/temp/a~b"])
def test_a_request_asks_for_what_httpx_would_ask_for(path: str) -> None:
    asked = question(path, range="bytes=5-")
    url = httpx.URL(asked.target.url)

    assert asked.written.split(b"\r\n")[:3] == [
        b"GET " + url.raw_path + b" HTTP/1.1",
        b"host: 127.0.0.1:3000",
        b"range: bytes=5-",
    ]
    assert asked.origin[:3] == (url.scheme, url.host, url.port)
