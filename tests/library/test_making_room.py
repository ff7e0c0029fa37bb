"""A save that failed and may come later: it keeps nobody from the asset, and can be taken back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AssetNotFound, DownloadFailed
from tests.contracts.service_suite import ASSET, CUSTOMER, call, read
from tests.library.sounds import wav
from tests.library.test_crashes import assert_all_agree
from tests.servers.speech import Fault
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

LEFT = "/temp/never.wav"


@pytest.fixture(params=["embedded_config", "servers_config"])
def service(
    request: pytest.FixtureRequest, services: Callable[[Path], AudioLibraryService], server: SpeechServer
) -> AudioLibraryService:
    """A service whose speech server has ``audio_xyz.wav``, and does not give out ``never.wav``."""
    service = services(request.getfixturevalue(request.param))
    service.parts.speech._sleep = lambda _: None
    server.put("audio_xyz.wav", wav())
    server.put("never.wav", wav(1))
    server.fail(LEFT, Fault(status=503, times=1_000))
    return service


def leave(service: AudioLibraryService) -> None:
    """Begin a save that fails, perhaps for a while."""
    with pytest.raises(DownloadFailed) as failure:
        service.save_audio_to_library(**call(audio_url=LEFT, text="never said"))
    assert failure.value.retryable


def test_another_save_of_the_asset_takes_the_place_of_one_that_was_left(service: AudioLibraryService) -> None:
    leave(service)

    service.save_audio_to_library(**call())

    assert read(service) == wav()
    assert service.settle(PATIENCE_S)
    assert service.resume().failures == []
    assert len(service.get_asset(ASSET, customer_id=CUSTOMER).versions) == 1
    assert_all_agree(service)


def test_the_same_save_once_more_is_the_one_that_was_left(service: AudioLibraryService, server: SpeechServer) -> None:
    leave(service)
    leave(service)
    server.faults.clear()

    service.save_audio_to_library(**call(audio_url=LEFT, text="never said"))

    assert read(service) == wav(1)
    assert service.settle(PATIENCE_S)
    assert_all_agree(service)


def test_an_equal_request_is_answered_while_a_newer_version_is_left(
    service: AudioLibraryService, server: SpeechServer
) -> None:
    first = service.save_audio_to_library(**call())
    leave(service)
    asked = len(server.requests)

    again = service.save_audio_to_library(**call())

    assert again["storage"]["key"] == first["storage"]["key"]
    assert not [path for _, path, _ in server.requests[asked:] if path == LEFT]
    server.faults.clear()
    assert service.resume().finished == 1
    assert len(service.get_asset(ASSET, customer_id=CUSTOMER).versions) == 2


def test_who_needs_the_asset_for_something_else_is_told_of_the_save_that_was_left(
    service: AudioLibraryService,
) -> None:
    service.save_audio_to_library(**call())
    leave(service)

    for ask in (
        partial(service.transcode_asset, ASSET, "flac", customer_id=CUSTOMER),
        partial(service.save_audio_to_library, **call(transcode="flac")),
    ):
        with pytest.raises(DownloadFailed) as failure:
            ask()
        assert failure.value.retryable
        assert failure.value.message.startswith(
            f"Asset {ASSET} has a save that was begun and left, and cannot be ended"
        )
        assert "503" in failure.value.message
        assert "another save takes its place" in failure.value.hint


def test_the_same_save_once_more_is_told_its_own_failure(service: AudioLibraryService) -> None:
    leave(service)

    with pytest.raises(DownloadFailed, match=r"^speech server answered 503"):
        service.save_audio_to_library(**call(audio_url=LEFT, text="never said"))


def test_a_purge_takes_back_a_first_save_that_was_left(service: AudioLibraryService) -> None:
    leave(service)

    service.purge_asset(ASSET, customer_id=CUSTOMER)
    service.settle()

    assert list(service.parts.documents.everything()) == []
    assert service.resume().failures == []
    with pytest.raises(AssetNotFound):
        service.purge_asset(ASSET, customer_id=CUSTOMER)
