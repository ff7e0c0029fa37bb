"""One server of MongoDB's protocol for all tests of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.mongo import MongoServer, mongo

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A server that runs once."""
    with mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server
