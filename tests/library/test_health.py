"""Whether a service can be used is told soon, also of servers that keep silent, and by few threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AudiotuiError, DatabaseFailed, UploadFailed
from audiotui.library.health import LIMIT_S, Health
from tests.contracts.service_suite import call
from tests.library.sounds import wav
from tests.servers.relay import Relay
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.buckets import BucketServer
    from tests.servers.mongo import MongoServer
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]

SOON_S = 0.3


@pytest.fixture
def storage(minio: BucketServer) -> Iterator[Relay]:
    """The line to the storage."""
    with Relay(minio.port) as relay:
        yield relay


@pytest.fixture
def database(mongo_server: MongoServer) -> Iterator[Relay]:
    """The line to the documents."""
    with Relay(mongo_server.port) as relay:
        yield relay


@pytest.fixture
def service(
    services: MakeService,
    servers_config: Path,
    minio: BucketServer,
    mongo_server: MongoServer,
    storage: Relay,
    database: Relay,
    server: SpeechServer,
) -> AudioLibraryService:
    """A service whose lines the test holds, with its bucket."""
    text = servers_config.read_text()
    for there, relay in ((minio, storage), (mongo_server, database)):
        text = text.replace(f"127.0.0.1:{there.port}", f"127.0.0.1:{relay.port}")
    servers_config.write_text(text)
    made = services(servers_config)
    server.put("audio_xyz.wav", wav())
    made.save_audio_to_library(**call())
    made.settle()
    return made


def fails(health: Health) -> bool:
    try:
        health.check()
    except AudiotuiError:
        return True
    return False


def test_a_storage_that_keeps_silent_is_told_in_a_few_seconds(service: AudioLibraryService, storage: Relay) -> None:
    storage.stand_still()
    begun_s = time.monotonic()

    with pytest.raises(UploadFailed, match="studio does not answer within 3 s") as caught:
        service.check_health()

    assert LIMIT_S <= time.monotonic() - begun_s < 2 * LIMIT_S
    assert caught.value.retryable
    storage.go_on()
    eventually(lambda: not fails(Health(service.parts)))


def test_documents_that_keep_silent_are_told_soon(service: AudioLibraryService, database: Relay) -> None:
    health = Health(service.parts, limit_s=SOON_S)
    database.stand_still()

    with pytest.raises(DatabaseFailed, match=r"MongoDB at .* does not answer within 0.3 s") as caught:
        health.check()

    assert caught.value.retryable
    database.go_on()
    eventually(lambda: not fails(health))


def test_any_number_of_callers_asks_a_silent_server_once(service: AudioLibraryService, storage: Relay) -> None:
    health = Health(service.parts, limit_s=SOON_S)
    storage.stand_still()

    with ThreadPoolExecutor(8) as pool:
        answers = [one.result(PATIENCE_S) for one in [pool.submit(fails, health) for _ in range(40)]]

    assert answers == [True] * 40
    eventually(lambda: [thread.name for thread in threading.enumerate()].count("audiotui-health") == 1)
    storage.go_on()
    eventually(lambda: not fails(health))


def test_a_server_that_is_gone_is_told_with_its_reason(service: AudioLibraryService, storage: Relay) -> None:
    with storage.away(), pytest.raises(UploadFailed) as caught:
        service.check_health()

    assert "does not answer within" not in caught.value.message


def test_a_system_that_has_no_thread_to_give_is_told_and_asked_again_later(
    service: AudioLibraryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = Health(service.parts)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(DatabaseFailed, match="has no thread to give now") as caught:
            health.check()

    assert caught.value.retryable
    health.check()
