"""A MongoDB that cannot be used is told in one line: which, why in a few words, and what may help."""

from __future__ import annotations

import logging
import socket
import threading
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.mongo import MongoDocuments
from audiotui.errors import DatabaseFailed
from audiotui.model import SecretStr
from tests.contracts.documents import asset, put
from tests.servers.process import free_port
from tests.servers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.mongo import MongoServer

SECRET = "s3cret-pass"

OF_THE_DRIVER = (
    "Errno", "Timeout", "timeoutMS", "Topology", "AutoReconnect", "Failure", "Error", "full error", "errmsg", "{", "<",
)  # fmt: skip
"""What is of the driver's inside."""


def told(address: str, *, timeout_s: float = 0.3) -> DatabaseFailed:
    """What is told of an address that cannot be used."""
    documents = MongoDocuments(SecretStr(address), timeout_s=timeout_s, sleep=lambda _: None)
    with documents, pytest.raises(DatabaseFailed) as caught:
        documents.get("anna", "a1")
    return caught.value


def assert_plain(error: DatabaseFailed, reason: str, *, retryable: bool) -> None:
    """One line with the address and the reason, and nothing of the driver or of secrets."""
    assert error.message.endswith(f": {reason}.")
    assert "MongoDB at 127.0.0.1:" in error.message or "MongoDB at nobody.invalid" in error.message
    assert error.retryable == retryable
    assert ("try again later" in error.hint) == (retryable and "configuration" not in error.hint)
    for word in (*OF_THE_DRIVER, SECRET, "\n"):
        assert word not in str(error)


@pytest.fixture
def documents(mongo_server: MongoServer) -> Iterator[MongoDocuments]:
    """A connected store."""
    address = SecretStr(mongo_server.address(f"t{uuid.uuid4().hex}"))
    with MongoDocuments(address, timeout_s=2, sleep=lambda _: None) as documents:
        documents.get("anna", "a1")
        yield documents


def test_a_host_that_refuses_is_told_and_the_driver_s_words_are_in_the_debug_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "audiotui.documents")

    error = told(f"mongodb://anna:{SECRET}@127.0.0.1:{free_port()}/x")

    assert_plain(error, "its host refuses the connection", retryable=True)
    assert error.message.startswith("Cannot reach MongoDB at 127.0.0.1:")
    assert "ServerSelectionTimeoutError" in caplog.text
    assert SECRET not in caplog.text


def test_a_replica_set_of_which_nobody_answers_is_told_in_one_line() -> None:
    error = told(f"mongodb://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/x?replicaSet=rs0")

    assert_plain(error, "its host refuses the connection", retryable=True)


def test_a_host_that_nobody_knows_is_told() -> None:
    assert_plain(told("mongodb://nobody.invalid/x"), "its host is not known", retryable=True)


def test_a_server_that_keeps_silent_is_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        error = told(f"mongodb://127.0.0.1:{server.getsockname()[1]}/x")

    assert_plain(error, "it does not answer", retryable=True)


def test_a_server_of_another_kind_is_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=answer_as_http, args=[server], daemon=True).start()
        error = told(f"mongodb://127.0.0.1:{server.getsockname()[1]}/x", timeout_s=1)

    assert_plain(error, "what answers there is no MongoDB", retryable=True)


def answer_as_http(server: socket.socket) -> None:
    """Say to everybody what a server of pages says."""
    while True:
        try:
            connection, _ = server.accept()
            with connection:
                connection.recv(1_000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\n" + b"x" * 100)
        except OSError:
            return


def test_a_server_that_falls_silent_later_is_told(mongo_server: MongoServer) -> None:
    with Relay(mongo_server.port) as relay:
        address = mongo_server.address("silent").replace(f":{mongo_server.port}", f":{relay.port}")
        with MongoDocuments(SecretStr(address), timeout_s=0.5, sleep=lambda _: None) as documents:
            documents.get("anna", "a1")
            relay.stand_still()
            with pytest.raises(DatabaseFailed) as caught:
                documents.get("anna", "a1")
            relay.go_on()

    assert_plain(caught.value, "it does not answer", retryable=True)


@pytest.mark.parametrize(
    ("how", "reason", "retryable"),
    [
        ({"errorCode": 50}, "it takes too long to answer", True),
        ({"errorCode": 13}, "the user may not do this", False),
        ({"errorCode": 14031}, "its disk is full", False),
        ({"errorCode": 211}, "it refuses the request (code 211)", False),
    ],
)
def test_what_a_server_answers_is_told_by_its_meaning(
    mongo_server: MongoServer, documents: MongoDocuments, how: dict[str, Any], reason: str, retryable: bool
) -> None:
    with mongo_server.failing(["find"], times=1_000, **how), pytest.raises(DatabaseFailed) as caught:
        documents.get("anna", "a1")

    assert_plain(caught.value, reason, retryable=retryable)


def test_a_write_that_too_few_confirm_is_told_as_that_and_not_as_the_duplicate_that_it_left(
    mongo_server: MongoServer, documents: MongoDocuments
) -> None:
    late = {"code": 64, "errmsg": "waiting for replication timed out"}
    with mongo_server.failing(["insert"], times=1_000, writeConcernError=late), pytest.raises(DatabaseFailed) as caught:
        put(documents, asset())

    assert_plain(caught.value, "too few of its servers confirmed the write in time", retryable=True)
