"""A bucket that goes while assets lie in it is missed by all services alike, whenever they were started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import UploadFailed
from tests.contracts.service_suite import call, read
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.buckets import BucketServer
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.fixture(params=["", "register: false"], ids=["known to the catalog", "not known to it"])
def config(request: pytest.FixtureRequest, servers_config: Path) -> Path:
    if request.param:
        servers_config.write_text(f"{servers_config.read_text()}    {request.param}\n")
    return servers_config


@pytest.fixture
def running(services: MakeService, config: Path, server: SpeechServer) -> AudioLibraryService:
    """A service that has kept an asset."""
    service = services(config)
    save(service, server, 1)
    service.settle()
    return service


def save(service: AudioLibraryService, server: SpeechServer, number: int) -> dict[str, Any]:
    """Keep another asset."""
    url = server.put(f"{number}.wav", wav(number))
    return service.save_audio_to_library(**call(asset_id=f"a{number}", audio_url=url))


def refusals(service: AudioLibraryService, server: SpeechServer) -> list[str]:
    """What is said of the storage to those who ask for its health, and who save."""
    said = []
    for ask in (service.check_health, lambda: save(service, server, 2)):
        with pytest.raises(UploadFailed) as caught:
            ask()
        said.append(str(caught.value))
    return said


def test_no_bucket_is_made_in_its_place_and_the_hint_names_the_steps(
    services: MakeService, running: AudioLibraryService, config: Path, minio: BucketServer, server: SpeechServer
) -> None:
    bucket = running.parts.shelf.bucket
    minio.remove(bucket)

    told = [*refusals(running, server), *refusals(services(config), server)]

    assert len(set(told)) == 1
    assert "no other is made in its place" in told[0]
    assert running.parts.manager.catalog.library_id in told[0]
    assert bucket not in {one["Name"] for one in minio.client.list_buckets()["Buckets"]}


def test_one_that_was_made_by_hand_is_refused_until_it_has_the_mark(
    services: MakeService, running: AudioLibraryService, config: Path, minio: BucketServer, server: SpeechServer
) -> None:
    bucket = running.parts.shelf.bucket
    minio.remove(bucket)
    refusals(running, server)
    minio.client.create_bucket(Bucket=bucket)

    told = [*refusals(running, server), *refusals(services(config), server)]
    library_id = running.parts.manager.catalog.library_id
    minio.client.put_object(Bucket=bucket, Key=f".audiotui-location/{library_id}", Body=b"")
    running.resume()

    assert len(set(told)) == 1
    assert "has lost the mark" in told[0]
    assert read(running, "a2") == wav(2)
    assert set(running.parts.shelf.marks()) == {running.parts.documents.identity()}
