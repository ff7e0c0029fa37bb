"""Servers that each process of the tests starts once, when a test first wants them; tests make their own buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.buckets import BucketServer
    from tests.servers.mongo import MongoServer
    from tests.servers.openssh import OpenSsh


@pytest.fixture(scope="session")
def minio() -> Iterator[BucketServer]:
    """A MinIO server."""
    from tests.servers.minio import minio_server

    with minio_server() as server:
        yield server


@pytest.fixture(scope="session")
def seaweed() -> Iterator[BucketServer]:
    """A SeaweedFS server."""
    from tests.servers.seaweed import seaweed_server

    with seaweed_server() as server:
        yield server


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A server of MongoDB's protocol."""
    from tests.servers.mongo import mongo

    with mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """An SSH server that is never stopped."""
    from tests.servers.openssh import OpenSsh

    server = OpenSsh(tmp_path_factory.mktemp("ssh"))
    server.prepare()
    with server.running():
        yield server
