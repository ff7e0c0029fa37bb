"""Downloads over real HTTP, from a server that breaks off, lies, trickles and redirects."""

from __future__ import annotations

import gzip
import ipaddress
import socketserver
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from audiotui.errors import DownloadFailed
from audiotui.model import SecretStr
from audiotui.speech.client import SpeechClient
from audiotui.speech.client import SpeechServer as Settings
from audiotui.speech.download import FetchLimits
from audiotui.speech.failures import of_transport, retry_after_s, wait_s
from audiotui.speech.rules import Rules
from tests.servers.process import free_port
from tests.servers.speech import Fault, speech
from tests.speech.conftest import Clock, Memory

if TYPE_CHECKING:
    from tests.servers.speech import SpeechServer


def test_a_file_arrives_as_it_is(server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes) -> None:
    client.download(server.put("x.wav", data), sink)

    assert sink.data == data
    [headers] = server.headers_of("/temp/x.wav")
    assert headers["accept-encoding"] == "identity"
    assert headers["host"] == server.url.removeprefix("http://")


def test_a_file_that_kokoro_tells_of_is_found_where_it_is(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    server.fail("/v1/download/x.wav", Fault(status=200, body=data))

    client.download("/download/x.wav", sink)

    assert sink.data == data
    assert [path for _, path, _ in server.requests] == ["/download/x.wav", "/v1/download/x.wav"]


def test_a_file_that_is_in_neither_place_is_told_as_it_was_asked_for(client: SpeechClient, sink: Memory) -> None:
    with pytest.raises(DownloadFailed, match=r"404 for http://[^/]+/download/x\.wav"):
        client.download("/download/x.wav", sink)


def test_a_body_that_breaks_off_is_gone_on_with(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    server.fail("/temp/x.wav", Fault(cut=200_000), Fault(cut=100_000))

    client.download(server.put("x.wav", data), sink)

    assert sink.data == data
    assert sink.restarts == 0
    ranges = [headers.get("range") for headers in server.headers_of("/temp/x.wav")]
    assert ranges == [None, "bytes=200000-", "bytes=300000-"]


def test_a_file_that_was_replaced_begins_again(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    url = server.put("x.wav", data)
    newer = data[::-1]
    server.fail("/temp/x.wav", Fault(cut=200_000), Fault(run=lambda: server.put("x.wav", newer)))

    client.download(url, sink)

    assert sink.data == newer
    assert sink.restarts == 1


def test_a_server_without_ranges_begins_again(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    server.fail("/temp/x.wav", Fault(cut=200_000), Fault(no_ranges=True))

    client.download(server.put("x.wav", data), sink)

    assert sink.data == data


def test_without_a_strong_validator_nothing_is_joined(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    server.fail("/temp/x.wav", Fault(cut=200_000, headers={"etag": 'W/"1"'}), Fault(headers={"etag": 'W/"1"'}))

    client.download(server.put("x.wav", data), sink)

    assert sink.data == data
    assert "range" not in server.headers_of("/temp/x.wav")[1]


def test_a_range_that_begins_elsewhere_is_not_joined(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    wrong = Fault(headers={"content-range": f"bytes 5-{len(data) - 1}/{len(data)}"})
    server.fail("/temp/x.wav", Fault(cut=200_000), wrong)

    client.download(server.put("x.wav", data), sink)

    assert sink.data == data


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_passing_answer_is_asked_again(server: SpeechServer, client: SpeechClient, sink: Memory, status: int) -> None:
    server.fail("/temp/x.wav", Fault(status=status, times=3))

    client.download(server.put("x.wav", b"sound"), sink)

    assert sink.data == b"sound"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_refusal_is_not_asked_again(server: SpeechServer, client: SpeechClient, sink: Memory, status: int) -> None:
    server.fail("/temp/x.wav", Fault(status=status))

    with pytest.raises(DownloadFailed) as caught:
        client.download("/temp/x.wav", sink)

    assert not caught.value.retryable
    assert (caught.value.service, caught.value.url) == ("speech server", f"{server.url}/temp/x.wav")
    assert server.count("GET") == 1


def test_a_server_that_keeps_failing_is_given_up_as_something_to_retry(
    server: SpeechServer, client: SpeechClient, sink: Memory, clock: Clock
) -> None:
    server.fail("/temp/x.wav", Fault(status=500, times=99))

    with pytest.raises(DownloadFailed) as caught:
        client.download("/temp/x.wav", sink)

    assert caught.value.retryable
    assert server.count("GET") == FetchLimits().tries
    assert len(clock.slept) == FetchLimits().tries - 1


def test_retry_after_is_obeyed(server: SpeechServer, client: SpeechClient, sink: Memory, clock: Clock) -> None:
    server.fail("/temp/x.wav", Fault(status=503, headers={"retry-after": "42"}))

    client.download(server.put("x.wav", b"sound"), sink)

    assert clock.slept == [42.0]


def test_a_pause_that_is_too_long_ends_the_download(server: SpeechServer, sink: Memory, clock: Clock) -> None:
    limits = FetchLimits(max_seconds=30)
    client = SpeechClient(Settings(url=server.url, limits=limits), clock=clock, sleep=clock.sleep)
    server.fail("/temp/x.wav", Fault(status=503, headers={"retry-after": "42"}))

    with pytest.raises(DownloadFailed) as caught:
        client.download("/temp/x.wav", sink)

    assert caught.value.retryable
    client.close()


def test_a_server_that_is_not_there_is_told_by_name(sink: Memory, clock: Clock) -> None:
    port = free_port()
    client = SpeechClient(Settings(url=f"http://127.0.0.1:{port}"), clock=clock, sleep=clock.sleep)

    with pytest.raises(DownloadFailed) as caught:
        client.download("/temp/x.wav", sink)

    assert caught.value.retryable
    assert f"127.0.0.1:{port}" in caught.value.message
    assert caught.value.__cause__ is not None


def test_an_answer_that_is_too_big_is_stopped(server: SpeechServer, sink: Memory, data: bytes) -> None:
    client = SpeechClient(Settings(url=server.url, limits=FetchLimits(max_bytes=100_000)))
    url = server.put("x.wav", data)
    server.fail(
        "/temp/x.wav", Fault(headers={"content-length": "10000000000000"}), Fault(headers={"content-length": ""})
    )

    for _ in ("what it says", "what it sends"):
        with pytest.raises(DownloadFailed, match=r"bigger than 100 kB") as caught:
            client.download(url, sink)
        assert not caught.value.retryable
    assert len(sink.data) < 300_000
    client.close()


def test_an_answer_that_trickles_is_broken_off(server: SpeechServer, sink: Memory, data: bytes) -> None:
    clock = Clock(step_s=15.0)
    limits = FetchLimits(min_bytes_per_second=1_000_000, max_seconds=1e9, tries=2)
    client = SpeechClient(Settings(url=server.url, limits=limits), clock=clock, sleep=clock.sleep)

    with pytest.raises(DownloadFailed, match=r"only \d+ bytes came in") as caught:
        client.download(server.put("x.wav", data), sink)

    assert caught.value.retryable
    client.close()


def test_a_download_that_takes_too_long_is_ended(server: SpeechServer, sink: Memory, data: bytes) -> None:
    clock = Clock(step_s=15.0)
    client = SpeechClient(Settings(url=server.url, limits=FetchLimits(max_seconds=20)), clock=clock)

    with pytest.raises(DownloadFailed, match="took longer than 20 s"):
        client.download(server.put("x.wav", data), sink)

    client.close()


def test_a_compressed_answer_is_refused(server: SpeechServer, client: SpeechClient, sink: Memory) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    server.fail("/temp/x.wav", Fault(body=bomb, headers={"content-encoding": "gzip"}))

    with pytest.raises(DownloadFailed, match="compressed it") as caught:
        client.download("/temp/x.wav", sink)

    assert not caught.value.retryable
    assert sink.data == b""


def test_an_empty_answer_is_no_file(server: SpeechServer, client: SpeechClient, sink: Memory) -> None:
    with pytest.raises(DownloadFailed, match="is empty"):
        client.download(server.put("x.wav", b""), sink)


def test_redirects_are_followed_within_the_rules(
    server: SpeechServer, client: SpeechClient, sink: Memory, data: bytes
) -> None:
    server.put("x.wav", data)
    server.fail("/temp/old.wav", Fault(status=302, headers={"location": "/temp/x.wav"}))

    client.download("/temp/old.wav", sink)

    assert sink.data == data


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/x.wav", "http://169.254.169.254/", "file:///etc/passwd", "https://evil.example/x", "//[::1]:1/x"],
)
def test_a_redirect_to_elsewhere_is_refused(
    server: SpeechServer, client: SpeechClient, sink: Memory, location: str
) -> None:
    server.fail("/temp/x.wav", Fault(status=307, headers={"location": location}))

    with pytest.raises(DownloadFailed) as caught:
        client.download("/temp/x.wav", sink)

    assert not caught.value.retryable
    assert server.count("GET") == 1


def test_redirects_without_end_are_stopped(server: SpeechServer, client: SpeechClient, sink: Memory) -> None:
    server.fail("/temp/x.wav", Fault(status=302, times=99, headers={"location": "/temp/x.wav"}))

    with pytest.raises(DownloadFailed, match="redirected more than 5 times"):
        client.download("/temp/x.wav", sink)


def test_a_redirect_to_nowhere_is_told(server: SpeechServer, client: SpeechClient, sink: Memory) -> None:
    server.fail("/temp/x.wav", Fault(status=302))

    with pytest.raises(DownloadFailed, match="it redirects to nowhere"):
        client.download("/temp/x.wav", sink)

    assert server.count("GET") == 1


def test_headers_that_trickle_end_with_the_time_of_the_download(sink: Memory) -> None:
    class Trickle(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            gone = threading.Event()
            with suppress(OSError):
                self.request.sendall(b"HTTP/1.1 200 OK\r\n")
                while not gone.wait(0.05):
                    self.request.sendall(b"a: b\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Trickle) as trickling:
        threading.Thread(target=trickling.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{trickling.server_address[1]}"
        client = SpeechClient(Settings(url=url, limits=FetchLimits(max_seconds=1)))
        with pytest.raises(DownloadFailed, match="no answer in time") as caught:
            client.download("/temp/x.wav", sink)
        client.close()
        trickling.shutdown()

    assert caught.value.retryable


def test_a_certificate_that_is_not_trusted_is_told_and_not_asked_again() -> None:
    refusal = httpx.ConnectError("certificate verify failed")
    refusal.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")

    failure = of_transport(refusal, Rules("https://speech").target("/temp/x.wav"))

    assert "its certificate is not one to trust (certificate verify failed)" in failure.message
    assert failure.hint.startswith("Give the server a certificate")
    assert not failure.retryable


def test_a_name_that_stands_for_a_private_address_is_never_dialled(server: SpeechServer, sink: Memory) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        asked.append(host)
        return [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("127.0.0.1")]

    client = SpeechClient(Settings(url=server.url, allow_public_hosts=True), resolver=rebinding)

    with pytest.raises(DownloadFailed, match=r"stands for 127\.0\.0\.1"):
        client.download("https://rebinding.example/x.wav", sink)

    assert asked == ["rebinding.example"]
    assert server.count("GET") == 0
    client.close()


def test_the_address_that_was_checked_is_the_one_that_is_dialled(server: SpeechServer, sink: Memory) -> None:
    port = server.url.rpartition(":")[2]
    answers = [[ipaddress.ip_address("127.0.0.1")], [ipaddress.ip_address("10.255.255.1")]]
    client = SpeechClient(
        Settings(url=f"http://speech.test:{port}"),
        resolver=lambda host, port: list(answers.pop(0)),
    )

    client.download(server.put("x.wav", b"sound"), sink)

    assert sink.data == b"sound"
    assert server.headers_of("/temp/x.wav")[0]["host"] == f"speech.test:{port}"
    client.close()


def test_the_key_goes_to_the_speech_server_alone(server: SpeechServer, sink: Memory) -> None:
    host = server.url.removeprefix("http://")
    client = SpeechClient(
        Settings(url="http://speech.invalid:1", key=SecretStr("sesame"), allowed_hosts=[host]),
    )
    own = SpeechClient(Settings(url=server.url, key=SecretStr("sesame")))

    client.download(f"{server.url}{server.put('x.wav', b'sound')}", sink)
    own.download("/temp/x.wav", Memory())

    foreign, ours = server.headers_of("/temp/x.wav")
    assert "authorization" not in foreign
    assert ours["authorization"] == "Bearer sesame"
    client.close()
    own.close()


def test_no_other_host_gets_the_key_by_a_redirect(server: SpeechServer, sink: Memory) -> None:
    with speech() as other:
        host = other.url.removeprefix("http://")
        client = SpeechClient(Settings(url=server.url, key=SecretStr("sesame"), allowed_hosts=[host]))
        elsewhere = f"{other.url}{other.put('x.wav', b'sound')}"
        server.fail("/temp/x.wav", Fault(status=302, headers={"location": elsewhere}))

        client.download("/temp/x.wav", sink)
        client.close()

        assert server.headers_of("/temp/x.wav")[0]["authorization"] == "Bearer sesame"
        assert "authorization" not in other.headers_of("/temp/x.wav")[0]


def test_speech_is_asked_for_in_the_way_of_openai(server: SpeechServer, client: SpeechClient, sink: Memory) -> None:
    server.voice = lambda parameters: str(parameters["input"]).encode()
    server.fail("/v1/audio/speech", Fault(status=503))

    client.speak({"input": "Grüße", "voice": "af_bella", "model": "kokoro"}, sink)

    assert sink.data == "Grüße".encode()
    assert server.spoken == [{"input": "Grüße", "voice": "af_bella", "model": "kokoro"}]


def test_what_is_sent_is_never_redirected(server: SpeechServer, client: SpeechClient, sink: Memory) -> None:
    server.fail("/v1/audio/speech", Fault(status=307, headers={"location": "/elsewhere"}))

    with pytest.raises(DownloadFailed, match="redirects what was sent"):
        client.speak({"input": "secret"}, sink)

    assert server.count("POST") == 1


def test_a_temporary_file_is_removed(server: SpeechServer, client: SpeechClient) -> None:
    server.put("a b.wav", b"sound")

    client.remove_temporary("a b.wav")
    client.remove_temporary("a b.wav")

    assert server.removed == ["a b.wav"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "a/b", "."])
def test_no_name_leaves_the_path_of_temporary_files(server: SpeechServer, client: SpeechClient, name: str) -> None:
    with pytest.raises(DownloadFailed):
        client.remove_temporary(name)

    assert server.count("DELETE") == 0


def test_a_removal_that_fails_is_told(server: SpeechServer, client: SpeechClient) -> None:
    server.fail("/api/cleanup/temp/x.wav", Fault(status=500))

    with pytest.raises(DownloadFailed) as caught:
        client.remove_temporary("x.wav")

    assert caught.value.retryable


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5.0), ("", None), ("soon", None), ("-1", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("9" * 30, None)],
)
def test_what_retry_after_means(value: str, seconds: float | None) -> None:
    assert retry_after_s(value) == seconds


def test_pauses_double_up_to_half_a_minute() -> None:
    assert [wait_s(attempt, None, lambda: 1.0) for attempt in (2, 3, 4, 20)] == [0.8, 1.6, 3.2, 30.0]
    assert wait_s(2, 100_000.0, lambda: 1.0) == 300.0
