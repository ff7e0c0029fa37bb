"""A purge leaves nothing anywhere: of a save that failed and was left, too, its temporary file goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AssetNotFound, DownloadFailed
from tests.contracts.service_suite import ASSET, CUSTOMER, call, keys_in, read
from tests.library.sounds import wav
from tests.servers.speech import CLEANUP, Fault
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

NAME = "audio_xyz.wav"
URL, REMOVAL = f"/temp/{NAME}", f"{CLEANUP}{NAME}"


@pytest.fixture(params=["embedded_config", "servers_config"], ids=["embedded", "servers"])
def service(
    request: pytest.FixtureRequest, services: Callable[[Path], AudioLibraryService], server: SpeechServer
) -> AudioLibraryService:
    """A service with a save that failed and was left."""
    config: Path = request.getfixturevalue(request.param)
    config.write_text(f"{config.read_text()}    limits: {{max_seconds: 1}}\n")
    service = services(config)
    server.put(NAME, wav())
    server.fail(URL, Fault(status=503, times=1_000))
    with pytest.raises(DownloadFailed):
        service.save_audio_to_library(**call())
    return service


def documents_of(service: AudioLibraryService) -> list[str]:
    return [one.asset_id for one in service.parts.documents.everything()]


def test_a_save_that_failed_leaves_no_temporary_file(service: AudioLibraryService, server: SpeechServer) -> None:
    service.purge_asset(ASSET, customer_id=CUSTOMER)
    service.settle()

    assert NAME not in server.files
    assert documents_of(service) == []


def test_a_speech_server_that_fails_is_asked_again_and_fails_no_purge(
    service: AudioLibraryService, server: SpeechServer
) -> None:
    server.fail(REMOVAL, Fault(status=503, times=1_000))

    service.purge_asset(ASSET, customer_id=CUSTOMER)

    with pytest.raises(AssetNotFound):
        service.get_asset(ASSET, customer_id=CUSTOMER)
    with pytest.raises(AssetNotFound):
        service.purge_asset(ASSET, customer_id=CUSTOMER)
    assert not service.list_assets(customer_id=CUSTOMER)
    service.settle()
    server.faults.pop(REMOVAL)
    eventually(lambda: service.resume().is_clean)
    assert NAME not in server.files
    assert documents_of(service) == []


def test_what_is_saved_again_meanwhile_is_kept(service: AudioLibraryService, server: SpeechServer) -> None:
    server.fail(REMOVAL, Fault(status=503, times=1_000))
    service.purge_asset(ASSET, customer_id=CUSTOMER)
    service.settle()
    server.faults.pop(URL)

    service.save_audio_to_library(**call())
    server.faults.pop(REMOVAL)
    service.resume()

    assert read(service) == wav()
    assert NAME not in server.files


def test_a_later_version_that_failed_leaves_no_temporary_file(
    service: AudioLibraryService, server: SpeechServer
) -> None:
    service.save_audio_to_library(**call(asset_id="b", audio_url=server.put("first.wav", wav(2))))
    service.settle()
    with pytest.raises(DownloadFailed):
        service.save_audio_to_library(**call(asset_id="b"))

    service.purge_asset("b", customer_id=CUSTOMER)

    assert NAME not in server.files
    assert keys_in(service) == set()
