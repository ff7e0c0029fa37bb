"""Parts that the store itself compares with their digests: not hashed on this side, and nothing wrong counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.items import PutItem
from audiotui.backends.minio import MinioBackend
from audiotui.backends.options import MinioOptions
from audiotui.backends.sources import open_file
from audiotui.errors import SourceChanged, SourceDamaged
from audiotui.model import PART_BYTES, SecretStr
from tests.backends.buckets import LIBRARY
from tests.contracts.samples import BIG, content_of, put_all, read_all, sample
from tests.faults import flip_byte
from tests.servers.lying import Lie, lying_server, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend
    from tests.servers.buckets import BucketServer
    from tests.servers.lying import LyingServer

DECOY = "partNumber=10000"
"""In the request for the part that nobody needs."""

ANY_PART = "partNumber="
TAKES_ALL: dict[str, Any] = {"method": "PUT", "headers": {"ETag": '"taken"'}}


@pytest.fixture(params=["minio", "seaweed"])
def server(request: pytest.FixtureRequest) -> BucketServer:
    """Each server that refuses wrong parts."""
    found: BucketServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def liar(server: BucketServer) -> Iterator[LyingServer]:
    """What stands before the server."""
    with lying_server(server.port) as liar:
        yield liar


@pytest.fixture
def bucket(server: BucketServer, liar: LyingServer) -> Iterator[Backend]:
    """A new bucket there."""
    options = MinioOptions(
        endpoint=f"127.0.0.1:{liar.port}",
        bucket=server.new_bucket(),
        access_key=server.access_key,
        secret_key=SecretStr(server.secret_key),
        secure=False,
    )
    with MinioBackend("studio", options, library_id=LIBRARY) as backend:
        yield backend


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of three parts, as the catalog knows it."""
    file = tmp_path / "file.wav"
    file.write_bytes(sample(BIG))
    return file


def item_of(file: Path, *, then: Callable[[], object] = lambda: None) -> PutItem:
    """What the file was; ``then`` happens when its upload begins."""

    def on_start(held_bytes: int) -> None:
        del held_bytes
        then()

    return PutItem("file.wav", content_of(sample(BIG)), lambda: open_file(file), on_start=on_start)


def damage(file: Path, at: int) -> None:
    """Turn a bit as a disk does, which nothing tells."""
    before = file.stat()
    flip_byte(file, at)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_file_in_order_is_stored_whole_and_proven_by_the_store(bucket: Backend, file: Path) -> None:
    [outcome] = put_all(bucket, [item_of(file)])

    assert outcome.error is None
    assert read_all(bucket, "file.wav") == sample(BIG)
    assert list(bucket.list_unfinished()) == []


def test_a_store_that_refuses_a_wrong_part_proves_them_all(bucket: Backend, liar: LyingServer) -> None:
    upload = bucket.start_upload("file.wav", content_of(sample(BIG)), temp="")

    assert upload.proves_parts
    assert sum(DECOY in asked for asked in liar.asked) == 1
    again = bucket.resume_upload(upload.token, "file.wav", content_of(sample(BIG)))
    assert again.proves_parts
    assert again.missing == [0, 1, 2]
    again.abort()


@pytest.mark.parametrize("at", [0, PART_BYTES + 7, BIG - 1])
def test_a_damaged_source_is_found_by_the_store_and_told_with_its_place(bucket: Backend, file: Path, at: int) -> None:
    damage(file, at)

    [outcome] = put_all(bucket, [item_of(file)])

    assert isinstance(outcome.error, SourceDamaged)
    assert f"bytes from {at // PART_BYTES * PART_BYTES})" in str(outcome.error)
    assert not bucket.exists("file.wav")


def test_a_source_that_is_written_to_meanwhile_has_changed_and_is_not_damaged(bucket: Backend, file: Path) -> None:
    def write() -> None:
        flip_byte(file, 2 * PART_BYTES)
        os.utime(file, ns=(1, 1))

    [outcome] = put_all(bucket, [item_of(file, then=write)])

    assert isinstance(outcome.error, SourceChanged)
    assert not bucket.exists("file.wav")


def test_a_source_that_becomes_shorter_has_changed(bucket: Backend, file: Path) -> None:
    [outcome] = put_all(bucket, [item_of(file, then=lambda: os.truncate(file, PART_BYTES + 5))])

    assert isinstance(outcome.error, SourceChanged)
    assert not bucket.exists("file.wav")


@pytest.mark.parametrize(
    "answer",
    [
        TAKES_ALL,
        {"method": "PUT", **refusal("InvalidRequest", 400)},
        {"method": "PUT", **refusal("NotImplemented", 501)},
    ],
    ids=["takes it", "cannot read it", "knows no sums"],
)
def test_where_wrong_parts_are_not_refused_as_wrong_a_damaged_source_is_found_on_this_side(
    bucket: Backend, liar: LyingServer, file: Path, answer: dict[str, Any]
) -> None:
    bucket.exists("file.wav")
    damage(file, BIG - 1)
    liar.lies = [Lie(word=DECOY, **answer), Lie(word=ANY_PART, **TAKES_ALL)]

    [outcome] = put_all(bucket, [item_of(file)])

    assert isinstance(outcome.error, SourceDamaged)
    assert not bucket.exists("file.wav")


def test_a_part_that_was_changed_on_its_way_is_not_the_fault_of_the_source(
    bucket: Backend, liar: LyingServer, file: Path
) -> None:
    liar.lies = [Lie(word="partNumber=2&", times=1, method="PUT", **refusal("BadDigest", 400))]

    [outcome] = put_all(bucket, [item_of(file)])

    assert outcome.error is not None
    assert not isinstance(outcome.error, SourceDamaged)
    assert "other bytes arrived" in str(outcome.error)


def test_a_decoy_that_was_taken_is_no_part_of_the_file(bucket: Backend, liar: LyingServer, file: Path) -> None:
    liar.lies = [Lie(word=DECOY, **TAKES_ALL)]

    [outcome] = put_all(bucket, [item_of(file)])

    assert outcome.error is None
    assert read_all(bucket, "file.wav") == sample(BIG)
