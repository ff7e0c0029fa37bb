"""Renditions that were asked for together with a save: all of it or none, and of the version that was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput
from tests.contracts.service_suite import ASSET, CUSTOMER, call, keys_in, read
from tests.library.sounds import wav
from tests.library.test_crashes import assert_all_agree, die

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.documents.asset import Asset
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]

SOUND = wav(seconds=0.3)


def the_asset(service: AudioLibraryService) -> Asset:
    return service.get_asset(ASSET, customer_id=CUSTOMER)


@pytest.mark.parametrize("point", ["library.after_claim", "library.after_document", "library.after_rendition"])
def test_what_was_to_be_made_of_a_sound_is_made_after_a_crash(
    services: MakeService, embedded_config: Path, server: SpeechServer, point: str
) -> None:
    server.put("audio_xyz.wav", SOUND)
    wanted = call(transcode="flac", loudness=True)
    die(embedded_config, point, f"service.save_audio_to_library(**{wanted!r})")
    service = services(embedded_config)

    report = service.resume()

    assert report.is_clean
    assert [one.name for one in the_asset(service).renditions] == ["flac-loud"]
    assert read(service, rendition="flac-loud")[:4] == b"fLaC"
    assert_all_agree(service)


def test_what_can_never_be_made_is_told_once_and_not_wanted_any_more(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", SOUND)
    die(embedded_config, "library.after_document", f"service.save_audio_to_library(**{call(transcode='mp3')!r})")
    service = services(embedded_config)
    service.parts.shelf.discard(the_asset(service).current.file)

    first, second = service.resume(), service.resume()

    assert len(first.failures) == 1
    assert second.is_clean
    assert list(service.parts.documents.unfinished()) == []


def test_the_version_that_answers_is_the_one_that_is_transcoded(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    service = services(embedded_config)
    for number, text in enumerate(("One", "Two")):
        service.save_audio_to_library(**call(text=text, audio_url=server.put(f"{number}.wav", wav(number + 1))))

    service.save_audio_to_library(**call(text="One", audio_url="/temp/0.wav", transcode="flac"))

    asset = the_asset(service)
    assert [(one.version, one.name) for one in asset.renditions] == [(1, "flac")]
    assert {one.file.key for one in asset.renditions} < keys_in(service)


def test_who_asks_for_what_a_version_does_not_have_hears_which_versions_have_what(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    service = services(embedded_config)
    for number, text in enumerate(("One", "Two")):
        service.save_audio_to_library(**call(text=text, audio_url=server.put(f"{number}.wav", wav(number + 1))))
        if number == 0:
            service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

    with pytest.raises(InvalidInput) as caught:
        service.get_url(ASSET, customer_id=CUSTOMER, rendition="flac")

    assert caught.value.message == f"Asset {ASSET} has no version 2 as 'flac'."
    assert caught.value.hint == "It has version 1 (also as flac); version 2."
