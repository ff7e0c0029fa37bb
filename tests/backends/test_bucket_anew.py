"""A bucket that was used and goes is missed: none is made in its place, and one that others make is no such one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.minio import MinioBackend
from audiotui.backends.objectstore.markwatch import MarkWatch
from audiotui.backends.options import MinioOptions
from audiotui.errors import KeyNotFound, Unreachable
from audiotui.model import SecretStr
from tests.backends.buckets import LIBRARY
from tests.contracts.samples import put, read_all
from tests.library.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Backend
    from tests.servers.buckets import BucketServer

MARK = f".audiotui-location/{LIBRARY}"


@pytest.fixture
def bucket(minio: BucketServer) -> Iterator[str]:
    """A bucket that the test may remove and make."""
    name = minio.new_bucket()
    yield name
    minio.remove(name)


@pytest.fixture
def connect(minio: BucketServer, bucket: str) -> Iterator[Callable[..., MinioBackend]]:
    """Connects with the bucket, which may be made."""
    made: list[MinioBackend] = []

    def connect(*, used: bool = False) -> MinioBackend:
        options = MinioOptions(
            endpoint=f"127.0.0.1:{minio.port}",
            bucket=bucket,
            access_key=minio.access_key,
            secret_key=SecretStr(minio.secret_key),
            secure=False,
            create_bucket=True,
        )
        made.append(MinioBackend("studio", options, library_id=LIBRARY, used_before=used))
        return made[-1]

    yield connect
    for backend in made:
        backend.close()


@pytest.fixture
def backend(connect: Callable[..., MinioBackend]) -> MinioBackend:
    """A backend that has stored a file."""
    made = connect()
    put(made, "first", b"x")
    return made


def refusals(backend: Backend) -> list[Unreachable]:
    """What is said to all who want something of the bucket."""
    calls: list[Callable[[], object]] = [
        lambda: put(backend, "new", b"x"),
        lambda: backend.stat("first"),
        lambda: read_all(backend, "first"),
        lambda: list(backend.list()),
        backend.open,
    ]
    found = []
    for call in calls:
        try:
            call()
        except Unreachable as error:
            found.append(error)
    return found


def test_the_hint_for_a_bucket_that_went_names_the_steps_and_nothing_that_is_set_already(
    minio: BucketServer, bucket: str, backend: MinioBackend, connect: Callable[..., MinioBackend]
) -> None:
    minio.remove(bucket)

    told = [*refusals(backend), *refusals(connect(used=True))]

    assert len(told) == 9, "an open backend says nothing when it is opened"
    for error in told:
        assert f"the bucket is not there ({bucket!r})" in error.message
        assert "no other is made in its place" in error.hint
        assert f"an object named {MARK!r}" in error.hint
        assert "create_bucket" not in error.hint


def test_a_bucket_that_was_made_anew_is_refused_by_who_saw_the_old_one_go(
    minio: BucketServer, bucket: str, backend: MinioBackend, connect: Callable[..., MinioBackend]
) -> None:
    minio.remove(bucket)
    with pytest.raises(Unreachable):
        put(backend, "second", b"x")
    minio.client.create_bucket(Bucket=bucket)

    told = [*refusals(backend), *refusals(connect(used=True))]

    assert len(told) == 9
    assert all("has lost the mark" in error.message for error in told)
    assert minio.client.list_objects_v2(Bucket=bucket).get("Contents", []) == []


def test_a_bucket_that_was_made_anew_is_refused_by_who_was_idle_meanwhile(
    minio: BucketServer, bucket: str, backend: MinioBackend
) -> None:
    clock = Clock()
    backend._watch = MarkWatch(backend._look, clock=clock)
    backend._watch.note()
    minio.remove(bucket)
    minio.client.create_bucket(Bucket=bucket)
    clock.now_s += 60

    told = refusals(backend)

    assert len(told) == 4
    assert all("has lost the mark" in error.message for error in told)


def test_a_bucket_with_the_mark_may_begin_anew(minio: BucketServer, bucket: str, backend: MinioBackend) -> None:
    minio.remove(bucket)
    with pytest.raises(Unreachable):
        put(backend, "second", b"x")
    minio.client.create_bucket(Bucket=bucket)
    minio.client.put_object(Bucket=bucket, Key=MARK, Body=b"")

    put(backend, "second", b"y")

    assert read_all(backend, "second") == b"y"
    with pytest.raises(KeyNotFound):
        backend.stat("first")


def test_a_bucket_that_goes_before_it_was_used_is_made_with_the_first_file(
    minio: BucketServer, bucket: str, connect: Callable[..., MinioBackend]
) -> None:
    backend = connect()
    backend.open()
    minio.remove(bucket)
    with pytest.raises(Unreachable, match="the bucket is not there") as caught:
        put(backend, "first", b"x")

    put(backend, "first", b"x")

    assert "Try again" in caught.value.hint
    assert read_all(backend, "first") == b"x"
