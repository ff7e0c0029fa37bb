"""The line of small objects: what it says to a store, and what it makes of any answer."""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.objectstore.errors import as_audiotui_error
from audiotui.backends.objectstore.objectline import ObjectLine, Range, Stored
from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused, answer_in
from audiotui.backends.objectstore.target import Keys
from audiotui.errors import AlreadyExists, LocationError
from audiotui.model import SecretStr
from tests.backends.lines import BROKEN, DATA, NOT_UNDERSTOOD, line_to
from tests.contracts.samples import sample
from tests.servers.playing import Play, PlayingServer, answer, chunked, part, playing_server
from tests.servers.process import free_port
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.buckets import BucketServer

NAMES = (
    "plain.wav",
    "a folder/take 1.wav",
    "a+b=c&d?e#f%g'; $(id)",
    "%20%2F",
    '~tilde-._*!()[]{}|^`"<>@,:',
    "é/e\u0301/ß/中文",
    "\U0001f3a4.wav",
)


@pytest.fixture
def store(minio: BucketServer) -> Iterator[tuple[ObjectLine, str]]:
    """A line to a bucket there, and the bucket's name."""
    bucket = minio.new_bucket()
    keys = Keys(minio.access_key, SecretStr(minio.secret_key))
    with closing(line_to(minio.port, bucket=bucket, keys=lambda: keys)) as line:
        yield line, bucket
    minio.empty(bucket)
    minio.client.delete_bucket(Bucket=bucket)


def got(line: ObjectLine, length: int = len(DATA), *, offset: int = 0, name: str = "file", etag: str = "") -> Any:
    """The bytes of a range; None if the answer was not understood."""
    pieces: list[bytes] = []
    is_understood = line.receive(Range(name, offset, length, etag), lambda piece: pieces.append(bytes(piece)))
    return b"".join(pieces) if is_understood else None


def sent(line: ObjectLine, data: bytes = DATA, *, name: str = "file", **about: str) -> Stored:
    """Store an object as files are."""
    digest = hashlib.sha256(data).hexdigest()
    told = {name.replace("_", "-"): value for name, value in about.items()}
    return line.send(name, data, sha256=digest, about=told, checked=True, signed=False, create=True)


@pytest.mark.parametrize("name", NAMES)
def test_an_object_of_any_name_comes_back_as_it_went(
    store: tuple[ObjectLine, str], minio: BucketServer, name: str
) -> None:
    line, bucket = store

    stored = sent(line, name=name)

    assert got(line, name=name, etag=stored.etag) == DATA
    assert minio.client.get_object(Bucket=bucket, Key=name)["Body"].read() == DATA


@pytest.mark.parametrize("size_bytes", [0, 1, 300_000, 1_048_576, 16 * 1_048_576])
def test_objects_of_every_size_are_stored(store: tuple[ObjectLine, str], minio: BucketServer, size_bytes: int) -> None:
    line, bucket = store

    stored = sent(line, sample(size_bytes))

    head = minio.client.head_object(Bucket=bucket, Key="file", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ETag"].strip('"')) == (size_bytes, stored.etag)
    assert got(line, 1_000) == sample(size_bytes)[:1_000]
    assert minio.client.get_object(Bucket=bucket, Key="file")["Body"].read() == sample(size_bytes)


def test_what_is_said_of_an_object_is_kept_with_it(store: tuple[ObjectLine, str], minio: BucketServer) -> None:
    line, bucket = store

    sent(
        line,
        content_type="audio/ogg; codecs=opus",
        x_amz_meta_title="two  words, ~%41+=&\"'",
        x_amz_storage_class="REDUCED_REDUNDANCY",
    )

    head = minio.client.head_object(Bucket=bucket, Key="file")
    assert head["ContentType"] == "audio/ogg; codecs=opus"
    assert " ".join(head["Metadata"]["title"].split()) == "two words, ~%41+=&\"'"
    assert head["StorageClass"] == "REDUCED_REDUNDANCY"


def test_ranges_end_where_the_object_ends(store: tuple[ObjectLine, str]) -> None:
    line, _ = store
    sent(line)

    assert got(line, 10) == DATA[:10]
    assert got(line, 10, offset=4_995) == DATA[4_995:]
    assert got(line, 10_000) == DATA
    assert got(line, 10, offset=5_000) == b""


def test_a_store_says_why_not(store: tuple[ObjectLine, str]) -> None:
    line, _ = store
    sent(line)

    with pytest.raises(Refused) as taken:
        sent(line, b"other")
    with pytest.raises(Refused) as missing:
        got(line, name="missing")
    with pytest.raises(Refused) as replaced:
        got(line, etag="0" * 32)

    assert isinstance(as_audiotui_error(taken.value, location="studio", key="file"), AlreadyExists)
    assert (missing.value.answer.status, missing.value.answer.code) == (404, "NoSuchKey")
    assert replaced.value.answer.status == 412


def test_many_requests_take_one_connection(player: PlayingServer, line: ObjectLine) -> None:
    player.plays = [Play((part(DATA),)) for _ in range(5)] + [
        Play((answer(200, b"", 'ETag: "1"'),)),
    ]

    assert [got(line) for _ in range(5)] == [DATA] * 5
    assert sent(line) == Stored("1", "")
    assert player.connections == 1
    assert player.bodies[-1] == DATA


def test_an_answer_may_come_byte_by_byte_after_a_greeting(player: PlayingServer, line: ObjectLine) -> None:
    said = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nx: y\r\n\r\n" + part(DATA[:100], "x: \xe9")
    player.plays = [Play(tuple(said[at : at + 1] for at in range(len(said)))), Play((said + b"",))]

    assert got(line, 100) == DATA[:100]
    assert got(line, 100) == DATA[:100]
    assert player.connections == 1


@pytest.mark.parametrize("said", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_an_unusual_answer_is_left_to_others_and_nothing_of_it_stays_behind(
    player: PlayingServer, line: ObjectLine, said: bytes
) -> None:
    player.plays = [Play((said,)), Play((part(DATA),))]

    assert got(line) is None
    assert got(line) == DATA


ENDS = {
    "Connection: close": (part(DATA, "Connection: Close"), "close"),
    "HTTP/1.0": (part(DATA).replace(b"HTTP/1.1", b"HTTP/1.0"), "close"),
    "bytes that nobody asked for": (part(DATA) + b"HTTP/1.1 200 OK\r\n\r\n", "go on"),
    "an end that was not announced": (part(DATA), "close"),
    "a reset that was not announced": (part(DATA), "reset"),
}


@pytest.mark.parametrize(("said", "then"), ENDS.values(), ids=ENDS)
def test_a_connection_is_used_again_only_if_nothing_is_left_on_it(
    player: PlayingServer, line: ObjectLine, said: bytes, then: Any
) -> None:
    player.plays = [Play((said,), then), Play((part(DATA),))]

    assert got(line) == DATA
    assert got(line) == DATA
    assert player.connections == 2


@pytest.mark.parametrize(("said", "then"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["get", "put"])
def test_an_answer_that_breaks_off_is_none(
    player: PlayingServer, line: ObjectLine, said: bytes, then: Any, method: str
) -> None:
    player.plays = [Play((said,), then), Play((part(DATA),))]

    with pytest.raises(NoAnswer):
        got(line) if method == "get" else sent(line)

    assert len(player.asked) == 1
    assert got(line) == DATA


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_question_on_a_connection_that_had_ended_is_asked_once_more(
    player: PlayingServer, line: ObjectLine, then: Any
) -> None:
    player.plays = [Play((part(DATA),)), Play((), then), Play((part(DATA),))]

    assert [got(line), got(line)] == [DATA, DATA]
    assert player.connections == 2


def test_a_question_is_not_asked_a_third_time(player: PlayingServer, line: ObjectLine) -> None:
    player.plays = [Play((part(DATA),)), Play((), "close"), Play((), "close"), Play((part(DATA),))]
    got(line)

    with pytest.raises(NoAnswer):
        got(line)

    assert len(player.asked) == 3


@pytest.mark.parametrize("said", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_question_that_was_answered_in_part_is_not_asked_once_more(
    player: PlayingServer, line: ObjectLine, said: bytes
) -> None:
    player.plays = [Play((part(DATA),)), Play((said,), "close"), Play((part(DATA),))]
    got(line)

    with pytest.raises(NoAnswer):
        got(line)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_an_object_is_not_sent_twice(player: PlayingServer, line: ObjectLine, then: Any) -> None:
    player.plays = [Play((part(DATA),)), Play((), then), Play((answer(200, b"", 'ETag: "1"'),))]
    got(line)

    with pytest.raises(NoAnswer):
        sent(line)

    assert len(player.asked) == 2


ERROR = b"<Error><Code>QuotaExceeded</Code><Message>full &amp; more</Message></Error>"
REFUSALS = {
    "with a length": (answer(403, ERROR), "go on"),
    "in chunks": (chunked(403, ERROR), "go on"),
    "to the end of the connection": (answer(403, ERROR, "Connection: close").replace(b"Content-Length", b"x"), "close"),
    "under the status 200": (answer(200, ERROR, 'ETag: "1"'), "go on"),
    "under the status 200 in chunks": (chunked(200, ERROR, 'ETag: "1"'), "go on"),
}


@pytest.mark.parametrize(("said", "then"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_read_to_its_end(player: PlayingServer, line: ObjectLine, said: bytes, then: Any) -> None:
    player.plays = [Play(tuple(said[at : at + 7] for at in range(0, len(said), 7)), then)]

    with pytest.raises(Refused) as caught:
        sent(line)

    assert (caught.value.answer.code, caught.value.answer.message) == ("QuotaExceeded", "full & more")


def test_a_refusal_that_has_no_end_keeps_nobody_waiting_for_ever(player: PlayingServer, line: ObjectLine) -> None:
    player.plays = [Play((chunked(403, ERROR)[:-9],), "wait")]

    with pytest.raises(Refused) as caught:
        sent(line)

    assert caught.value.answer.status == 403


@pytest.mark.parametrize(
    "value", ["Mon, 22 Nov 99999999999 10:00:00 GMT", "Nov +0000 GMT 10.0.0 99999999999 ::", "9" * 400, "soon", "-1"]
)
def test_a_time_to_wait_that_is_none_changes_nothing_else(player: PlayingServer, line: ObjectLine, value: str) -> None:
    player.plays = [Play((answer(503, b"", f"Retry-After: {value}"),))]

    with pytest.raises(Refused) as caught:
        got(line)

    assert caught.value.answer.status == 503


def test_a_refusal_before_the_end_of_the_object_is_heard(player: PlayingServer, line: ObjectLine) -> None:
    player.plays = [Play((answer(403, ERROR),), "close", reads_body=False)]

    with pytest.raises((Refused, NoAnswer)) as caught:  # a reset may overtake the words
        sent(line, sample(16 * 1_048_576))

    told = answer_in(caught.value)
    assert told is not None
    assert told.code in {"QuotaExceeded", ""}


def test_a_server_that_takes_nothing_is_given_up(player: PlayingServer, line: ObjectLine) -> None:
    player.plays = [Play((), "wait", reads_body=False)]

    with pytest.raises(NoAnswer):
        sent(line, sample(16 * 1_048_576))


def test_an_endpoint_may_be_an_address_of_ipv6_and_have_a_path() -> None:
    with playing_server("::1") as player:
        player.plays = [Play((part(DATA),))]
        keys = Keys("someone", SecretStr("canary"), SecretStr("a token"))
        with closing(line_to(player.port, host="[::1]", path="/base/", keys=lambda: keys)) as line:
            assert got(line, name="a b~é") == DATA

        head = player.asked[0]
        assert head.startswith("GET /base/takes/a%20b~%C3%A9 HTTP/1.1\r\n")
        assert f"\r\nhost: [::1]:{player.port}\r\n" in head
        assert "\r\nx-amz-security-token: a token\r\n" in head
        assert "canary" not in head


def test_a_bucket_may_be_part_of_the_hosts_name(player: PlayingServer) -> None:
    player.plays = [Play((part(DATA),))]
    with closing(line_to(player.port, host="localhost", bucket="takes", virtual_style=True)) as line:
        request = line.request(Range("file", 0, 1))

    assert request.startswith(b"GET /file HTTP/1.1\r\n")
    assert b"\r\nhost: takes.localhost:" in request


@pytest.mark.parametrize(("port", "header"), [(80, b"\r\nhost: studio\r\n"), (8080, b"\r\nhost: studio:8080\r\n")])
def test_the_usual_port_is_not_named(port: int, header: bytes) -> None:
    assert header in line_to(port, host="studio").request(Range("file", 0, 1)).replace(b"HTTP/1.1", b"")


def test_nobody_there_is_no_answer() -> None:
    nobody = line_to(80, host="nobody.invalid")

    for ask in (lambda: got(line_to(free_port())), lambda: got(nobody), nobody.places):
        with pytest.raises(NoAnswer):
            ask()


def test_a_connection_that_ended_as_it_was_made_is_no_answer(
    player: PlayingServer, line: ObjectLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    del player
    ended = socket.socket()
    ended.close()
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: ended)

    with pytest.raises(NoAnswer):
        got(line)


def test_many_threads_share_the_connections(player: PlayingServer, line: ObjectLine) -> None:
    player.usual = lambda head: Play((part(DATA),))
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(60):
                assert got(line) == DATA
        except BaseException as error:  # noqa: BLE001 - the thread's, for the test
            problems.append(error)

    switches_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switches_s)

    assert not problems
    assert player.connections <= 8


def test_a_connection_that_was_in_use_is_closed_with_the_line(player: PlayingServer, line: ObjectLine) -> None:
    player.usual = lambda head: Play((part(DATA),))
    got(line)
    line.receive(Range("file", 0, len(DATA)), lambda piece: line.close())

    eventually(lambda: not player.open_count, what="the end of every connection")


def test_whoever_cannot_take_the_bytes_leaves_no_connection_behind(player: PlayingServer, line: ObjectLine) -> None:
    player.usual = lambda head: Play((part(DATA),))

    def refuse(piece: memoryview) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        line.receive(Range("file", 0, len(DATA)), refuse)

    eventually(lambda: not player.open_count, what="the end of the connection")
    assert got(line) == DATA


@pytest.mark.parametrize(
    "keys",
    [
        Keys("someone", SecretStr("canary"), SecretStr("token\r\nx-amz-acl: public-read")),
        Keys("someone", SecretStr("canary"), SecretStr("token\n")),
        Keys("some\rone", SecretStr("canary")),
    ],
)
def test_a_line_break_in_a_credential_sends_nothing_and_is_told(player: PlayingServer, keys: Keys) -> None:
    with closing(line_to(player.port, keys=lambda: keys)) as line, pytest.raises(LocationError) as caught:
        got(line)

    assert "line break" in caught.value.message
    assert "canary" not in str(caught.value)
    assert player.asked == []


def test_a_line_break_in_what_is_kept_with_an_object_sends_nothing(player: PlayingServer) -> None:
    about = {"x-amz-storage-class": "STANDARD\r\nx-amz-acl: public-read"}
    with closing(line_to(player.port)) as line, pytest.raises(LocationError):
        line.send(
            "file", b"x", sha256=hashlib.sha256(b"x").hexdigest(), about=about, checked=True, signed=True, create=True
        )

    assert player.asked == []
