"""What buckets can do beyond storing: links, moves, a probe, names from outside, and secrets that stay secret."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
import urllib3

from audiotui.backends.options import S3Options
from audiotui.backends.s3 import S3Backend
from audiotui.errors import AccessDenied, AudiotuiError, InvalidInput, KeyNotFound
from audiotui.model import SecretStr
from tests.backends.buckets import LIBRARY, BucketStorage, bucket_storage
from tests.contracts.samples import BIG, content_of, part_of, put, put_all, put_item, read_all, sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Piece
    from tests.servers.buckets import BucketServer


@pytest.fixture(scope="module")
def server_bucket(minio: BucketServer) -> tuple[BucketServer, str]:
    """MinIO and a bucket there."""
    return minio, minio.new_bucket()


@pytest.fixture(params=["minio", "s3"])
def storage(request: pytest.FixtureRequest, server_bucket: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
    """An empty bucket."""
    with bucket_storage(*server_bucket, request.param) as storage:
        yield storage


@pytest.fixture
def backend(storage: BucketStorage) -> Iterator[Backend]:
    """The bucket as a location."""
    with storage.connect() as backend:
        yield backend


def test_a_link_reads_the_file_as_audio_without_a_credential(backend: Backend) -> None:
    put(backend, "a folder/take 1 é.wav", b"sound")

    link = backend.presign("a folder/take 1 é.wav", 60)

    answer = urllib3.request("GET", link.reveal())
    assert (answer.status, answer.data) == (200, b"sound")
    assert answer.headers["Content-Type"] == "audio/wav"
    assert "X-Amz" not in repr(link)


@pytest.mark.parametrize("seconds", [-1, 0, 604_801, pytest.param(10**5000, id="5,001 digits")])
def test_a_link_is_valid_for_a_week_at_most(backend: Backend, seconds: int) -> None:
    with pytest.raises(InvalidInput):
        backend.presign("file", seconds)


def test_the_probe_says_what_the_server_can_do_and_leaves_nothing(backend: Backend, storage: BucketStorage) -> None:
    found = backend.probe()

    assert found == {
        "checksums": "SHA-256 of each file and part, checked by the server",
        "conditional writes": "yes",
        "conditional commits": "yes",
        "full-object checksum": "CRC64NVME",
    }
    assert not any("probe" in name for name in names_in(storage))
    assert list(backend.list_unfinished()) == []


def test_a_moved_file_of_several_parts_is_whole(backend: Backend) -> None:
    data = sample(BIG)
    put(backend, "from/file", data)

    backend.move("from/file", "to/file")

    assert read_all(backend, "to/file") == data
    assert backend.checksum("to/file").matches(content_of(data)) is not False


def test_names_that_no_key_can_have_are_not_listed_and_not_touched(backend: Backend, storage: BucketStorage) -> None:
    client = storage.server.client
    hostile = [
        "back\\slash",
        "C:\\Windows\\x.wav",
        "tab\there",
        "line\nend",
        "escape\x1b[2J",
        ".audiotui-own",
        "x.atpart",
    ]
    for name in hostile:
        client.put_object(Bucket=storage.bucket, Key=name, Body=b"x")
    put(backend, "good", b"x")

    assert [entry.key for entry in backend.list()] == ["good"]
    assert set(hostile) <= set(names_in(storage))


def test_a_prefix_is_a_location_of_its_own(storage: BucketStorage) -> None:
    client = storage.server.client
    client.put_object(Bucket=storage.bucket, Key="other/file", Body=b"theirs")
    client.put_object(Bucket=storage.bucket, Key="takes-too/file", Body=b"theirs")
    with storage.connect_with(prefix="/takes/") as backend:
        put(backend, "file", b"ours")
        put(backend, "big", sample(BIG))

        assert sorted(entry.key for entry in backend.list()) == ["big", "file"]
        assert read_all(backend, "file") == b"ours"
        with pytest.raises(KeyNotFound):
            backend.stat("other/file")
    assert {"takes/file", "takes/big"} <= set(names_in(storage))


def test_what_was_stored_says_whose_and_what_it_is(backend: Backend, storage: BucketStorage) -> None:
    item = put_item("take.flac", b"sound")
    (outcome,) = put_all(backend, [item])

    found = storage.server.client.head_object(Bucket=storage.bucket, Key="take.flac")
    assert outcome.error is None
    assert found["ContentType"] == "audio/flac"
    assert found["Metadata"]["sha256"] == item.content.sha256
    assert backend.stat("take.flac").sha256 == item.content.sha256


SURPRISES = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_PROFILE": "nobody",
    "AWS_ACCESS_KEY_ID": "canary-of-the-environment",
    "AWS_SECRET_ACCESS_KEY": "canary-secret",
    "AWS_SESSION_TOKEN": "canary-token",
    "AWS_REGION": "mars-1",
    "AWS_DEFAULT_REGION": "mars-1",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_REQUEST_PAYER": "true",
    "AWS_CA_BUNDLE": "/nowhere",
    "AWS_MAX_ATTEMPTS": "9",
    "AWS_S3_EXPRESS": "true",
    "AWS_UNSIGNED_PAYLOAD": "true",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    "AWS_CHECKSUM_ALGORITHM": "CRC64NVME",
}


def test_the_environment_cannot_change_what_the_configuration_says(
    storage: BucketStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SURPRISES.items():
        monkeypatch.setenv(name, value)

    with storage.connect() as backend:
        put(backend, "small", b"x")
        put(backend, "big", sample(BIG))

        assert sorted(entry.key for entry in backend.list()) == ["big", "small"]


def test_a_profile_gives_the_credentials(
    server_bucket: tuple[BucketServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, bucket = server_bucket
    credentials = tmp_path / "credentials"
    credentials.write_text(
        f"[studio]\naws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    options = S3Options(endpoint_url=f"http://127.0.0.1:{server.port}", bucket=bucket, profile="studio")

    with S3Backend("studio", options) as backend:
        put(backend, "by-profile", b"x")
        put(backend, "by-profile-big", sample(BIG))
        assert read_all(backend, "by-profile") == b"x"
    with pytest.raises(AccessDenied, match="no such profile"):
        S3Backend("studio", S3Options(bucket=bucket, profile="nobody")).open()


def test_no_secret_is_logged_or_told_even_at_debug(storage: BucketStorage, caplog: pytest.LogCaptureFixture) -> None:
    backend = storage.connect()  # the test's own client, which asks here, may log what it likes
    with caplog.at_level(logging.DEBUG), backend:
        put(backend, "small", b"x")
        put(backend, "big", sample(BIG))
        read_all(backend, "big")
        backend.move("small", "moved")
        told = [repr(backend), repr(vars(backend))]
        try:
            backend.stat("nothing")
        except AudiotuiError as error:
            told += [str(error), repr(error), repr(error.__cause__), str(error.__cause__)]

    everything = "\n".join([*told, caplog.text])
    assert storage.server.secret_key not in everything
    assert "Signature=" not in caplog.text


def test_secrets_of_options_are_never_shown() -> None:
    options = S3Options(
        bucket="takes",
        aws_access_key_id="someone",
        aws_secret_access_key=SecretStr("canary-1"),
        aws_session_token=SecretStr("canary-2"),
    )

    assert "canary" not in repr(options)
    assert {field.name for field in fields(options)} >= {"aws_session_token", "ca_file", "storage_class"}


def names_in(storage: BucketStorage) -> list[str]:
    """Every name in the bucket, asked past everything that is tested."""
    return [found["Key"] for found in storage.server.client.list_objects_v2(Bucket=storage.bucket).get("Contents", [])]


def test_parts_of_a_big_file_need_no_mark_and_the_file_itself_does(storage: BucketStorage) -> None:
    data = sample(BIG)
    with storage.connect() as backend:
        upload = backend.start_upload("big", content_of(data))
        for number in upload.missing:
            upload.write_part(number, part_of(data, number))
        before = names_in(storage)
        upload.commit()

        assert before == []
        assert sorted(names_in(storage)) == [f".audiotui-location/{LIBRARY}", "big"]


def test_getting_ready_claims_the_bucket_and_leaves_trouble_to_whoever_stores(storage: BucketStorage) -> None:
    with storage.connect_without_rights() as refused:
        refused.get_ready()
        with pytest.raises(AccessDenied):
            put(refused, "file", b"x")
    with closing(storage.connect()) as backend:
        assert not backend.used_before

        backend.get_ready()

        assert backend.used_before


def test_the_pieces_of_a_big_range_come_in_memory_that_is_used_again(storage: BucketStorage) -> None:
    data = sample(BIG)
    with closing(storage.connect()) as backend:
        put(backend, "file", data)
        pieces: list[Piece] = []
        copies: list[bytes] = []

        def take(piece: Piece) -> None:
            pieces.append(piece)
            copies.append(bytes(piece))

        backend.read_into("file", take, offset=5, length=BIG)

        assert b"".join(copies) == data[5:]
        assert pieces[1] is pieces[0]
        copies.clear()
        backend.read_into("file", take, offset=BIG, length=BIG)
        assert copies == []
