"""What others removed or changed in the storage comes back with an equal request, and a purge ends in spite of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AssetNotFound, DownloadFailed, KeyNotFound, UploadFailed
from tests.contracts.service_suite import ASSET, CUSTOMER, call, keys_in, read
from tests.library.sounds import wav
from tests.library.test_crashes import assert_all_agree
from tests.servers.speech import Fault
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.documents.asset import StoredFile
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.fixture(params=["embedded_config", "servers_config"])
def service(request: pytest.FixtureRequest, services: MakeService, server: SpeechServer) -> AudioLibraryService:
    """A service with one asset."""
    service = services(request.getfixturevalue(request.param))
    server.put("audio_xyz.wav", wav())
    service.save_audio_to_library(**call())
    service.settle()
    return service


def lose(service: AudioLibraryService, *, damaged: bool = False) -> StoredFile:
    """Remove the asset's file behind the service's back; ``damaged`` puts another one of its size in its place."""
    file = service.get_asset(ASSET, customer_id=CUSTOMER).current.file
    shelf = service.parts.shelf
    shelf.discard(file)
    if damaged:
        key = shelf.location_key(file)
        shelf.backend.put_small(key, bytes(file.size_bytes), sha256="", attributes={})
    return file


@pytest.mark.parametrize("damaged", [False, True], ids=["lost", "damaged"])
def test_an_equal_request_stores_a_lost_file_again_under_its_key(
    service: AudioLibraryService, server: SpeechServer, damaged: bool
) -> None:
    file = lose(service, damaged=damaged)
    server.put("audio_xyz.wav", wav())

    result = service.save_audio_to_library(**call())

    assert result["storage"]["key"] == file.key
    assert read(service) == wav()
    assert len(service.get_asset(ASSET, customer_id=CUSTOMER).versions) == 1
    assert service.settle(PATIENCE_S)
    assert "audio_xyz.wav" not in server.files, "what it came from is to go as after the first save"
    assert_all_agree(service)


def test_an_equal_upload_stores_a_lost_file_again(service: AudioLibraryService, tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    path.write_bytes(wav(2))
    saved = service.save_file(path, asset_id="mine", customer_id=CUSTOMER, user_id="user_456")
    service.parts.shelf.discard(service.get_asset("mine", customer_id=CUSTOMER).current.file)

    again = service.save_file(path, asset_id="mine", customer_id=CUSTOMER, user_id="user_456")

    assert again["storage"]["key"] == saved["storage"]["key"]
    assert read(service, "mine") == wav(2)


@pytest.mark.parametrize("comes", ["nothing", "another sound"])
def test_a_lost_file_that_does_not_come_again_is_told_and_nothing_is_changed(
    service: AudioLibraryService, server: SpeechServer, comes: str
) -> None:
    lose(service)
    if comes != "nothing":
        server.put("audio_xyz.wav", wav(5))

    with pytest.raises(UploadFailed, match="has lost") as caught:
        service.save_audio_to_library(**call())

    assert "reconcile --repair" in caught.value.hint
    assert "purge" in caught.value.hint
    assert not caught.value.retryable
    assert service.get_asset(ASSET, customer_id=CUSTOMER).pending is None
    assert not keys_in(service)


@pytest.mark.parametrize("span", ["", "bytes=0-9"], ids=["whole", "a part"])
@pytest.mark.parametrize("seconds", [0.1, 30], ids=["short", "long"])
def test_reading_a_lost_file_names_what_makes_it_good(
    service: AudioLibraryService, server: SpeechServer, seconds: float, span: str
) -> None:
    server.put("b.wav", wav(seconds=seconds))
    service.save_audio_to_library(**call(audio_url="/temp/b.wav", duration=None))
    file = lose(service)

    with pytest.raises(KeyNotFound) as caught:
        read(service, span=span)

    assert caught.value.message.startswith(f"{file.key} in {file.bucket} is lost: ")
    assert "`audiotui library reconcile --repair`" in caught.value.hint


def test_coding_a_lost_file_names_what_makes_it_good(service: AudioLibraryService) -> None:
    lose(service)

    with pytest.raises(KeyNotFound, match="is lost") as caught:
        service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

    assert "`audiotui library reconcile --repair`" in caught.value.hint


def test_a_lost_file_is_not_used_again_but_generated_anew(
    service: AudioLibraryService, server: SpeechServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.voice = lambda _: wav(len(server.spoken))
    wanted: dict[str, Any] = {"customer_id": CUSTOMER, "user_id": "user_456", "voice": "af_bella", "model": "kokoro"}
    first = service.generate("Good morning", **wanted)["asset_id"]
    service.parts.shelf.discard(service.get_asset(first, customer_id=CUSTOMER).current.file)

    second = service.generate("Good morning", **wanted)["asset_id"]
    third = service.generate("Good morning", **wanted)["asset_id"]

    assert first != second == third
    assert len(read(service, second)) == len(wav())
    assert len(server.spoken) == 2
    assert "`audiotui library reconcile --repair`" in caplog.text


def test_a_purge_comes_to_its_end_where_the_speech_server_removes_nothing(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    service = services(embedded_config)
    server.put("audio_xyz.wav", wav())
    server.fail("/api/cleanup/temp/audio_xyz.wav", Fault(times=1_000, status=405))
    service.save_audio_to_library(**call())
    service.settle()

    service.purge_asset(ASSET, customer_id=CUSTOMER)

    assert not keys_in(service)
    with pytest.raises(AssetNotFound):
        service.get_asset(ASSET, customer_id=CUSTOMER)
    service.save_audio_to_library(**call())
    assert read(service) == wav()


def test_a_purge_waits_for_a_speech_server_that_is_away_for_a_while(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    service = services(embedded_config)
    server.put("audio_xyz.wav", wav())
    server.fail("/api/cleanup/temp/audio_xyz.wav", Fault(times=1_000, status=503))
    service.save_audio_to_library(**call())

    with pytest.raises(DownloadFailed) as caught:
        service.purge_asset(ASSET, customer_id=CUSTOMER)
    assert caught.value.retryable
    server.faults.clear()
    report = service.resume()

    assert report.is_clean
    assert server.removed == ["audio_xyz.wav"]
    assert list(service.parts.documents.everything()) == []
