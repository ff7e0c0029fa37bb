"""A MongoDB that keeps silent is waited for once, whoever asks, and holds up nobody who wants to end."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui.documents import mongo
from audiotui.documents.mongo import MongoDocuments
from audiotui.errors import DatabaseFailed
from audiotui.model import SecretStr
from tests.servers.relay import Relay
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.servers.mongo import MongoServer

LONG_S = 2.5
"""Longer than what everybody tries anew for himself."""


@pytest.fixture
def relay(mongo_server: MongoServer) -> Iterator[Relay]:
    """The line to the documents, on which nothing moves."""
    with Relay(mongo_server.port) as made:
        made.stand_still()
        yield made


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every time that the collections were to be prepared."""
    made: list[int] = []
    prepare = mongo._prepare

    def counted(database: Any) -> None:
        made.append(1)
        prepare(database)

    monkeypatch.setattr(mongo, "_prepare", counted)
    return made


def reached_by(relay: Relay, mongo_server: MongoServer, timeout_s: float) -> MongoDocuments:
    address = mongo_server.address(f"t{secrets.token_hex(8)}").replace(f":{mongo_server.port}", f":{relay.port}")
    return MongoDocuments(SecretStr(address), timeout_s=timeout_s)


def test_a_silent_server_is_waited_for_once_by_all_who_come_meanwhile(
    relay: Relay, mongo_server: MongoServer, tries: list[int]
) -> None:
    with reached_by(relay, mongo_server, LONG_S) as documents, ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(documents.get, "anna", "a1") for _ in range(8)]
        failures = [one.exception(PATIENCE_S) for one in answers]
        relay.go_on()
        tried = len(tries)
        eventually(lambda: not isinstance(failure_of(documents), DatabaseFailed))

    assert all(isinstance(one, DatabaseFailed) and one.retryable for one in failures)
    assert tried == 1


def failure_of(documents: MongoDocuments) -> Exception | None:
    try:
        documents.get("anna", "a1")
    except DatabaseFailed as error:
        return error
    return None


def test_an_end_waits_for_no_server_that_is_being_connected_to(
    relay: Relay, mongo_server: MongoServer, tries: list[int]
) -> None:
    documents = reached_by(relay, mongo_server, 2 * PATIENCE_S)
    asking = threading.Thread(target=failure_of, args=[documents], daemon=True)
    closing = threading.Thread(target=documents.close)
    asking.start()
    eventually(lambda: tries)

    closing.start()
    closing.join(PATIENCE_S / 2)
    is_held_up = closing.is_alive()
    relay.go_on()
    asking.join(PATIENCE_S)
    closing.join(PATIENCE_S)

    assert not is_held_up
    assert documents._client is None
