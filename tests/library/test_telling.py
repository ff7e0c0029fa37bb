"""What a save leaves undone although somebody may count on it is one line in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from tests.contracts.service_suite import ASSET, CUSTOMER, call, without_url
from tests.library.sounds import wav

if TYPE_CHECKING:
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer


def test_an_ordinary_save_is_not_worth_a_line(
    service: AudioLibraryService, server: SpeechServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("audio_xyz.wav", wav())

    for _ in range(2):
        service.save_audio_to_library(**call())
    service.settle()

    assert caplog.messages == []


@pytest.mark.parametrize("other", [{"folder": "elsewhere"}, {"tags": ["new"]}, {"tags": []}], ids=str)
def test_a_folder_or_tags_that_an_equal_request_does_not_change_are_told(
    service: AudioLibraryService, server: SpeechServer, caplog: pytest.LogCaptureFixture, other: dict[str, Any]
) -> None:
    server.put("audio_xyz.wav", wav())
    first = service.save_audio_to_library(**call())

    again = service.save_audio_to_library(**call(**other))

    assert without_url(again) == without_url(first)
    asset = service.get_asset(ASSET, customer_id=CUSTOMER)
    assert (len(asset.versions), asset.folder, asset.tags) == (1, "greetings", ("test", "demo"))
    [line] = caplog.messages
    assert line == f"{ASSET}: kept before; its folder and tags stay, and are changed by update_asset or `library edit`"


@pytest.mark.parametrize("name", ["a%0Ab.wav", "..%2f..%2fx.wav", "a%5cb.wav"])
def test_a_temporary_file_of_a_name_that_is_never_removed_is_told(
    service: AudioLibraryService, server: SpeechServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    server.put(unquote(name), wav())

    service.save_audio_to_library(**call(audio_url=f"/temp/{name}"))
    service.settle()

    assert server.removed == []
    [line] = caplog.messages
    assert f"/temp/{name} stays at the speech server" in line
