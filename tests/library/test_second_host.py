"""A host that comes later, or one whose library began anew, uses the storage and the documents of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AccessDenied, UploadFailed
from tests.contracts.service_suite import CUSTOMER, call, read
from tests.faults import Fail, FaultyBackend
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.buckets import BucketServer
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


def save(service: AudioLibraryService, server: SpeechServer, number: int) -> dict[str, Any]:
    """Keep another asset."""
    url = server.put(f"{number}.wav", wav(number))
    return service.save_audio_to_library(**call(asset_id=f"a{number}", audio_url=url))


@pytest.fixture
def first(services: MakeService, servers_config: Path, server: SpeechServer) -> AudioLibraryService:
    """A service that has kept an asset."""
    service = services(servers_config)
    save(service, server, 1)
    service.settle()
    return service


@pytest.fixture
def second_config(first: AudioLibraryService, servers_config: Path, tmp_path: Path) -> Path:
    """The same storage and documents, with another library."""
    config = tmp_path / "second" / "audiotui.yaml"
    config.parent.mkdir()
    config.write_text(servers_config.read_text())
    config.chmod(0o600)
    return config


def edit(service: AudioLibraryService) -> None:
    service.update_asset("a1", customer_id=CUSTOMER, folder="edited")
    service.settle()


def reconcile(service: AudioLibraryService) -> None:
    assert [one.is_repaired for one in service.reconcile(repair=True)] == [True]


@pytest.mark.parametrize("act", [edit, reconcile])
def test_what_its_catalog_hears_of_first_locks_it_not_out(
    services: MakeService, second_config: Path, server: SpeechServer, act: Callable[[AudioLibraryService], None]
) -> None:
    act(services(second_config))
    again = services(second_config)

    save(again, server, 2)
    again.settle()

    assert read(again, "a1") == wav(1)
    assert read(again, "a2") == wav(2)
    assert len(list(again.parts.manager.find())) == 2


def test_a_first_save_that_does_not_come_to_storing_locks_it_not_out(
    services: MakeService, second_config: Path, server: SpeechServer
) -> None:
    second = services(second_config)
    shelf = second.parts.shelf
    refusal = UploadFailed("No.", service="studio", retryable=False)
    shelf.backend = FaultyBackend(shelf.backend, Fail(verb="put_small", error=refusal))

    with pytest.raises(UploadFailed):
        save(second, server, 2)
    again = services(second_config)
    save(again, server, 2)

    assert read(again, "a2") == wav(2)


def test_a_bucket_that_is_gone_is_not_made_anew_by_what_its_catalog_should_hear(
    services: MakeService, first: AudioLibraryService, second_config: Path, minio: BucketServer
) -> None:
    bucket = first.parts.shelf.bucket
    minio.remove(bucket)
    second = services(second_config)

    edit(second)

    assert bucket not in {one["Name"] for one in minio.client.list_buckets()["Buckets"]}
    [failure] = second.resume().failures
    assert isinstance(failure, UploadFailed)
    assert not second.parts.manager.catalog.was_used("studio")


def test_another_bucket_in_its_place_is_not_taken_for_it(
    services: MakeService, first: AudioLibraryService, second_config: Path, minio: BucketServer
) -> None:
    bucket = first.parts.shelf.bucket
    minio.remove(bucket)
    minio.client.create_bucket(Bucket=bucket)
    second = services(second_config)

    edit(second)

    [failure] = second.resume().failures
    assert "lacks the mark of the documents" in str(failure)
    assert not second.parts.manager.catalog.was_used("studio")
    assert "Contents" not in minio.client.list_objects_v2(Bucket=bucket)


def test_its_bucket_is_missed_once_its_catalog_has_heard_of_it(
    services: MakeService, first: AudioLibraryService, second_config: Path, minio: BucketServer, server: SpeechServer
) -> None:
    edit(services(second_config))
    bucket = first.parts.shelf.bucket
    minio.remove(bucket)

    with pytest.raises(UploadFailed, match="no other is made in its place"):
        save(services(second_config), server, 2)

    assert bucket not in {one["Name"] for one in minio.client.list_buckets()["Buckets"]}


def test_where_it_may_store_nothing_it_reads_on(services: MakeService, second_config: Path) -> None:
    second = services(second_config)
    shelf = second.parts.shelf
    shelf.backend = FaultyBackend(shelf.backend, Fail(verb="claim", error=AccessDenied("No.", location="studio")))
    edit(second)

    again = services(second_config)

    assert len(list(again.parts.manager.find())) == 1
    assert read(again, "a1") == wav(1)
