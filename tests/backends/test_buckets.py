"""S3 and MinIO locations: the contract of all backends, on real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backends.buckets import BucketStorage, bucket_storage
from tests.contracts.backend import BackendContract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.buckets import BucketServer


@pytest.fixture(scope="module")
def minio_bucket(minio: BucketServer) -> tuple[BucketServer, str]:
    """MinIO and a bucket there."""
    return minio, minio.new_bucket()


@pytest.fixture(scope="module")
def seaweed_bucket(seaweed: BucketServer) -> tuple[BucketServer, str]:
    """SeaweedFS and a bucket there."""
    return seaweed, seaweed.new_bucket()


@pytest.mark.matrix
class TestMinioOnMinio(BackendContract):
    """Every promise of the contract, kept by the kind minio on MinIO."""

    @pytest.fixture
    def storage(self, minio_bucket: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*minio_bucket, "minio") as storage:
            yield storage


class TestS3OnMinio(BackendContract):
    """Every promise of the contract, kept by the kind s3 on MinIO."""

    @pytest.fixture
    def storage(self, minio_bucket: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*minio_bucket, "s3") as storage:
            yield storage


@pytest.mark.matrix
class TestS3OnSeaweed(BackendContract):
    """Every promise of the contract, kept by the kind s3 on SeaweedFS."""

    @pytest.fixture
    def storage(self, seaweed_bucket: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*seaweed_bucket, "s3") as storage:
            yield storage


@pytest.mark.matrix
class TestMinioOnSeaweed(BackendContract):
    """Every promise of the contract, kept by the kind minio on SeaweedFS."""

    @pytest.fixture
    def storage(self, seaweed_bucket: tuple[BucketServer, str]) -> Iterator[BucketStorage]:
        """An empty bucket."""
        with bucket_storage(*seaweed_bucket, "minio") as storage:
            yield storage
