"""S3 and MinIO locations: the contract of all backends, on real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backends.buckets import BucketStorage, bucket_storage
from tests.contracts.backend import BackendContract
from tests.servers.minio import minio_server
from tests.servers.seaweed import seaweed_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.buckets import BucketServer


@pytest.fixture(scope="module")
def minio() -> Iterator[tuple[BucketServer, str]]:
    """MinIO and a bucket there."""
    with minio_server() as server:
        yield server, server.new_bucket()


@pytest.fixture(scope="module")
def seaweed() -> Iterator[tuple[BucketServer, str]]:
    """SeaweedFS and a bucket there."""
    with seaweed_server() as server:
        yield server, server.new_bucket()


@pytest.mark.matrix
class TestMinioOnMinio(BackendContract):
    """Every promise of the contract, kept by the kind minio on MinIO."""

    @pytest.fixture
    def storage(self, minio: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*minio, "minio") as storage:
            yield storage


class TestS3OnMinio(BackendContract):
    """Every promise of the contract, kept by the kind s3 on MinIO."""

    @pytest.fixture
    def storage(self, minio: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*minio, "s3") as storage:
            yield storage


@pytest.mark.matrix
class TestS3OnSeaweed(BackendContract):
    """Every promise of the contract, kept by the kind s3 on SeaweedFS."""

    @pytest.fixture
    def storage(self, seaweed: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*seaweed, "s3") as storage:
            yield storage


@pytest.mark.matrix
class TestMinioOnSeaweed(BackendContract):
    """Every promise of the contract, kept by the kind minio on SeaweedFS."""

    @pytest.fixture
    def storage(self, seaweed: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*seaweed, "minio") as storage:
            yield storage
