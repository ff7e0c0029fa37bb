"""Whatever the wire between us and a bucket does: no file is ever silently wrong, and another try heals it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import Unreachable
from tests.backends.bad_line import TRIES, push_and_pull, random_fault
from tests.backends.buckets import BucketStorage, bucket_at, bucket_storage
from tests.contracts.samples import BIG, content_of, part_of, put, put_all, put_item, sample
from tests.servers.relay import Relay, WireFault
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.base import Backend
    from tests.servers.buckets import BucketServer

FEW, MANY = 30, 1_000
"""Pushes, and as many pulls, in the default run and in the long one."""

BIG_FAULTS = 8

SILENCE_S = 1.0
"""A server that lost a part of a request waits for it; so long do we."""


@pytest.fixture(scope="module", params=["minio", pytest.param("seaweed", marks=pytest.mark.long)])
def server_bucket(request: pytest.FixtureRequest) -> tuple[BucketServer, str]:
    """A server, and a bucket there."""
    server: BucketServer = request.getfixturevalue(request.param)
    return server, server.new_bucket()


@pytest.fixture
def silence_s() -> float:
    """How long a server may say nothing; a test in which nothing is swallowed can have more patience."""
    return SILENCE_S


@pytest.fixture(params=["minio", pytest.param("s3", marks=pytest.mark.matrix)])
def storage(
    request: pytest.FixtureRequest, server_bucket: tuple[BucketServer, str], silence_s: float
) -> Iterator[BucketStorage]:
    """An empty bucket behind a relay."""
    with bucket_storage(*server_bucket, request.param, silence_s=silence_s) as storage:
        yield storage


@pytest.fixture
def backend(storage: BucketStorage) -> Iterator[Backend]:
    """The bucket as a location that knows its server's abilities already."""
    with storage.connect() as backend:
        backend.claim()
        yield backend


def stored(storage: BucketStorage, key: str) -> bytes:
    """What the server holds, asked past the relay."""
    return storage.server.client.get_object(Bucket=storage.bucket, Key=key)["Body"].read()


def check_pushes_and_pulls(storage: BucketStorage, backend: Backend, near: Backend, count: int) -> None:
    """Of two faults in each round, those count that lay within what was said."""
    seen = push_and_pull(storage.relay, backend, near, lambda key: stored(storage, key), count)

    assert storage.relay.faults_done > count // 2, seen


def test_pushes_and_pulls_over_a_bad_line_end_with_the_right_bytes(
    storage: BucketStorage, backend: Backend, near: Backend
) -> None:
    check_pushes_and_pulls(storage, backend, near, FEW)


@pytest.mark.long
def test_a_thousand_pushes_and_pulls_over_a_bad_line_end_with_the_right_bytes(
    storage: BucketStorage, backend: Backend, near: Backend
) -> None:
    check_pushes_and_pulls(storage, backend, near, MANY)


@pytest.mark.matrix
def test_a_big_file_over_a_bad_line_ends_with_the_right_bytes(storage: BucketStorage, backend: Backend) -> None:
    random = Random(1)
    data = sample(BIG)
    for number in range(BIG_FAULTS):
        key, token = f"big/{number}", ""
        fault = random_fault(random, 4_000 if number % 2 else BIG)
        storage.relay.order(fault)
        for _ in range(TRIES):
            tokens: list[str] = []
            item = replace(put_item(key, data), resume_token=token, on_token=tokens.append)
            (outcome,) = put_all(backend, [item])
            if outcome.error is None:
                break
            token = tokens[-1] if tokens else token
        storage.relay.clear()

        assert outcome.error is None, (fault, outcome.error)
        assert stored(storage, key) == data
        storage.server.client.delete_object(Bucket=storage.bucket, Key=key)


@pytest.mark.parametrize("at", [10, 300, 5_000, 100_000])
def test_a_line_that_ends_politely_in_the_middle_of_a_request_may_heal(minio: BucketServer, at: int) -> None:
    with Relay(minio.port) as relay:
        keys = (minio.access_key, minio.secret_key)
        with bucket_at("minio", relay.address, tls=False, bucket=minio.new_bucket(), keys=keys) as backend:
            put(backend, "first", b"so that all is known of the bucket")
            relay.order(WireFault(do="cut", at=at))
            (outcome,) = put_all(backend, [put_item("file", sample(200_000))])

            assert relay.faults_done == 1
            assert outcome.error is not None
            assert outcome.error.retryable
            put(backend, "file", sample(200_000))


@pytest.mark.parametrize("silence_s", [PATIENCE_S], ids=[""])
@pytest.mark.parametrize("verb", ["create", "part", "commit"])
def test_an_answer_that_is_lost_costs_a_repetition_and_nothing_else(
    storage: BucketStorage, backend: Backend, verb: str
) -> None:
    data = sample(BIG)
    tokens: list[str] = []
    cut_answer = WireFault(do="reset", direction="down", at=0)
    if verb == "create":
        storage.relay.order(cut_answer)
        (first,) = put_all(backend, [replace(put_item("file", data), on_token=tokens.append)])
        assert first.error is not None
    else:
        upload = backend.start_upload("file", content_of(data))
        tokens.append(upload.token)
        for number in upload.missing:
            if verb == "part" and number == 1:
                storage.relay.order(cut_answer)
                with pytest.raises(Unreachable):
                    upload.write_part(number, part_of(data, number))
            else:
                upload.write_part(number, part_of(data, number))
        if verb == "commit":
            storage.relay.order(cut_answer)
            with pytest.raises(Unreachable):
                upload.commit()

    (again,) = put_all(backend, [replace(put_item("file", data), resume_token=tokens[-1] if tokens else "")])

    assert again.error is None
    assert again.existed is (verb == "commit")
    assert stored(storage, "file") == data
    assert storage.relay.faults_done == 1
