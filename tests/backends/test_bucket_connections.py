"""Before a bucket can answer at all: names, ports, TLS and certificates, each mistake told as what it is."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.options import S3Options
from audiotui.backends.s3 import S3Backend
from audiotui.errors import LocationError, Unreachable
from audiotui.model import SecretStr
from tests.backends.buckets import bucket_at
from tests.contracts.samples import BIG, put, read_all, sample
from tests.servers.certificates import Certificates, certificates, self_signed
from tests.servers.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend
    from tests.servers.buckets import BucketServer

KINDS = pytest.mark.parametrize("kind", ["s3", "minio"])


def refusal(backend: Backend) -> LocationError:
    """Why a location cannot be opened, in our own words, with what to do."""
    with pytest.raises(LocationError) as caught, backend:
        pass
    error = caught.value
    assert error.message.startswith("Cannot use studio: ")
    assert error.hint.endswith(".")
    assert not any(word in str(error) for word in ("Errno", "Error", "rustls", "canary"))
    return error


@contextmanager
def showing(shows: Certificates) -> Iterator[str]:
    """The address of a server that shows a certificate, and says nothing more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shows.server, shows.server_key)

    def greet() -> None:
        while True:
            try:
                visitor, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(visitor, server_side=True) as line:
                line.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@KINDS
def test_a_server_with_an_authority_of_its_own_takes_and_gives_files(kind: str, tls: BucketServer) -> None:
    bucket, big = tls.new_bucket(), sample(BIG)
    address, keys = f"127.0.0.1:{tls.port}", (tls.access_key, tls.secret_key)
    with bucket_at(kind, address, tls=True, ca_file=tls.ca_file, bucket=bucket, keys=keys) as backend:
        put(backend, "small", b"x")
        put(backend, "big", big)

        assert sorted(entry.key for entry in backend.list()) == ["big", "small"]
        assert backend.stat("big").size_bytes == len(big)
        assert (read_all(backend, "small"), read_all(backend, "big")) == (b"x", big)


@KINDS
@pytest.mark.parametrize("knows_another", [False, True])
def test_a_certificate_that_is_not_trusted_is_no_missing_connection(
    kind: str, knows_another: bool, tls: BucketServer, tmp_path: Path
) -> None:
    ca_file = certificates(tmp_path / "others").authority if knows_another else None

    error = refusal(bucket_at(kind, f"127.0.0.1:{tls.port}", tls=True, ca_file=ca_file))

    assert "its certificate is not trusted" in error.message
    assert "ca_file" in error.hint
    assert not error.retryable


@KINDS
def test_a_certificate_for_another_host_is_told(kind: str, tls: BucketServer) -> None:
    error = refusal(bucket_at(kind, f"localhost:{tls.port}", tls=True, ca_file=tls.ca_file))

    assert "its certificate is for another name" in error.message


@KINDS
def test_the_certificate_of_an_authority_that_a_server_shows_is_told(kind: str, tmp_path: Path) -> None:
    shows = self_signed(tmp_path / "self-signed")
    with showing(shows) as address:
        error = refusal(bucket_at(kind, address, tls=True, ca_file=shows.authority))

    assert "it shows the certificate of an authority as its own" in error.message
    assert "CA:FALSE" in error.hint


@KINDS
def test_tls_where_there_is_none_is_told(kind: str, minio: BucketServer) -> None:
    error = refusal(bucket_at(kind, f"127.0.0.1:{minio.port}", tls=True))

    assert "it does not speak TLS" in error.message
    assert "http://" in error.hint
    assert not error.retryable


@KINDS
def test_plain_words_to_a_server_that_wants_tls_are_told(kind: str, tls: BucketServer) -> None:
    error = refusal(bucket_at(kind, f"127.0.0.1:{tls.port}", tls=False))

    assert "it wants TLS" in error.message
    assert "https://" in error.hint


@KINDS
def test_a_name_that_nobody_has_and_a_port_where_nobody_listens_are_told(kind: str) -> None:
    nobody = refusal(bucket_at(kind, "nobody.invalid:9000", tls=False))
    closed = refusal(bucket_at(kind, f"127.0.0.1:{free_port()}", tls=False))

    assert "no host of that name is known" in nobody.message
    assert "refused the connection" in closed.message
    assert isinstance(nobody, Unreachable)
    assert isinstance(closed, Unreachable)


@KINDS
def test_the_proxy_of_the_environment_is_used_by_every_client(
    kind: str, minio: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server answers what was asked of another host too, and so it is a proxy to a host that is not there.
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{minio.port}")
    bucket, big = minio.new_bucket(), sample(BIG)
    keys = (minio.access_key, minio.secret_key)
    with bucket_at(kind, "studio.invalid:9000", tls=False, bucket=bucket, keys=keys) as backend:
        put(backend, "small", b"x")
        put(backend, "big", big)

        assert sorted(entry.key for entry in backend.list()) == ["big", "small"]
        assert backend.stat("big").size_bytes == len(big)
        assert (read_all(backend, "small"), read_all(backend, "big")) == (b"x", big)
        backend.delete("small")
    monkeypatch.setenv("no_proxy", "studio.invalid")
    assert "no host of that name" in refusal(bucket_at(kind, "studio.invalid:9000", tls=False)).message


def nothing(path: Path) -> None:
    """No file."""


def words(path: Path) -> None:
    path.write_text("no certificate")


def folder(path: Path) -> None:
    path.mkdir()


@KINDS
@pytest.mark.parametrize("spoil", [nothing, words, folder])
def test_a_ca_file_that_is_none_is_told_before_anything_is_asked(kind: str, spoil: Any, tmp_path: Path) -> None:
    ca_file = tmp_path / "authority.pem"
    spoil(ca_file)

    error = refusal(bucket_at(kind, f"127.0.0.1:{free_port()}", tls=True, ca_file=ca_file))

    assert str(ca_file) in error.message
    assert "ca_file" in error.hint
    assert not error.retryable


def test_a_panic_of_the_library_below_is_an_error_like_any_other() -> None:
    secret = SecretStr("canary-secret")
    options = S3Options(  # which the configuration refuses: there are no names inside of an address
        endpoint_url="https://127.0.0.1:9000",
        addressing_style="virtual",
        bucket="takes",
        aws_access_key_id="someone",
        aws_secret_access_key=secret,
    )
    assert list(options.problems())

    with pytest.raises(LocationError) as caught:
        S3Backend("studio", options).open()

    assert "studio" in caught.value.message
    assert not caught.value.retryable
