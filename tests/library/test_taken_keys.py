"""What becomes of a save whose file another document stands for: nothing of it is left, and nothing of others goes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import DatabaseFailed
from tests.contracts.documents import asset, put, stored_file
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, call, keys_in
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.fixture(params=["followed", "not followed"])
def service(
    request: pytest.FixtureRequest, services: MakeService, servers_config: Path, server: SpeechServer
) -> AudioLibraryService:
    """A service in whose documents another one stands for the file that is going to be saved."""
    if request.param == "not followed":
        with servers_config.open("a") as config:
            config.write("    register: false\n    cleanup: false\n")
    service = services(servers_config)
    server.put("audio_xyz.wav", wav())
    other = asset(asset_id="other")
    file = stored_file(KEY)
    bucket = service.parts.shelf.bucket
    version = replace(other.current, file=replace(file, bucket=bucket))
    put(service.parts.documents, replace(other, versions=(version,)))
    return service


def test_a_save_whose_key_is_taken_leaves_nothing(service: AudioLibraryService) -> None:
    with pytest.raises(DatabaseFailed) as caught:
        service.save_audio_to_library(**call())

    assert not caught.value.retryable
    assert keys_in(service) == set()
    assert service.parts.documents.get(CUSTOMER, ASSET) is None


@pytest.mark.parametrize("url", ["/temp/audio_xyz.wav", "/temp/audio_xyz"], ids=["format known", "format unknown"])
def test_a_save_whose_key_is_taken_leaves_the_file_that_was_there(
    service: AudioLibraryService, server: SpeechServer, url: str
) -> None:
    server.put("audio_xyz", wav())
    service.check_health()
    service.parts.shelf.backend.put_small(KEY, wav(), sha256=hashlib.sha256(wav()).hexdigest())

    with pytest.raises(DatabaseFailed):
        service.save_audio_to_library(**call(audio_url=url))

    assert keys_in(service) == {KEY}
    assert service.parts.documents.get(CUSTOMER, ASSET) is None
