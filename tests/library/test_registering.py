"""The catalog hears of every asset that it can take; one that it refuses is named, and stands in nobody's way."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.base import Change
from audiotui.errors import CatalogError, CatalogReadOnly
from audiotui.library.background import FIRST_PAUSE_S, LONGEST_PAUSE_S, REFUSED_PAUSE_S, Background
from audiotui.library.claims import utc_now
from audiotui.library.following import TOGETHER
from audiotui.library.reconciling import Trouble
from audiotui.library.registering import recording_uid
from audiotui.model import AUDIO, NewCopy, NewFile, NewRecording, VerifyLevel
from audiotui.transfer.leases import LEASE_S
from tests.contracts.documents import asset, put, stored_file
from tests.contracts.service_suite import ASSET, CUSTOMER, call
from tests.library.sounds import wav
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.asset import Asset
    from audiotui.library import AudioLibraryService
    from tests.library.clock import Clock
    from tests.servers.speech import SpeechServer

REFUSED = "a1"


@pytest.fixture
def background(service: AudioLibraryService, clock: Clock) -> Iterator[Background]:
    """A second background on the same documents, whose time the test moves."""
    made = Background(service.parts, clock=clock)
    yield made
    made.close(1.0)


def unsynced(asset_id: str) -> Asset:
    """An asset of which the catalog has still to hear."""
    return asset(asset_id=asset_id, is_unsynced=True)


def take_key_of(service: AudioLibraryService, one: Asset) -> None:
    """Somebody adds a recording of another sound, whose copy lies where the asset's file is."""
    shelf, file = service.parts.shelf, one.current.file
    copy = NewCopy(shelf.name, shelf.location_key(file), managed=False, verify_level=VerifyLevel.SIZE)
    other = NewFile(
        kind=AUDIO, original_name="other.wav", size_bytes=1, sha256="0" * 64, media=file.media, copies=(copy,)
    )
    service.parts.manager.catalog.add_recordings([(NewRecording(text="Other"), [other])])


def left(service: AudioLibraryService) -> list[str]:
    """The assets of which the catalog has still to hear."""
    return [one.asset_id for one in service.parts.documents.unfinished()]


def texts(service: AudioLibraryService) -> list[str]:
    return sorted(one.text for one in service.parts.manager.find())


@pytest.mark.parametrize("model", ["", "  ", "\n"])
def test_a_blank_model_is_none(service: AudioLibraryService, server: SpeechServer, model: str) -> None:
    server.put("audio_xyz.wav", wav())

    service.save_audio_to_library(**call(model=model))
    service.settle()

    recording = service.parts.manager.catalog.recording(recording_uid(CUSTOMER, ASSET))
    assert (recording.model, recording.ai_identity) == ("", None)
    assert left(service) == []


def test_no_parameter_stands_in_for_a_field(service: AudioLibraryService, server: SpeechServer) -> None:
    server.put("audio_xyz.wav", wav())

    service.save_audio_to_library(**call(parameters={"voice": "v2", "provider": "other", "speed": 9, "seed": 7}))
    service.settle()

    generation = service.parts.manager.catalog.recording(recording_uid(CUSTOMER, ASSET)).generation
    assert generation == {"provider": "", "voice": "kokoro-82m", "voice_name": "Kokoro", "speed": 1.0, "seed": 7}


def test_a_key_that_is_taken_keeps_no_other_asset_from_the_catalog(service: AudioLibraryService) -> None:
    take_key_of(service, unsynced(REFUSED))
    put(service.parts.documents, *(asset(asset_id=f"a{n}", text=f"Take {n}", is_unsynced=True) for n in range(4)))

    service.resume()

    assert texts(service) == ["Other", "Take 0", "Take 2", "Take 3"]
    assert left(service) == [REFUSED]


def test_a_generation_that_is_too_large_keeps_no_other_asset_from_the_catalog(service: AudioLibraryService) -> None:
    large = asset(asset_id=REFUSED, parameters={"prompt": "x" * 1_000_001}, is_unsynced=True)
    put(service.parts.documents, large, asset(asset_id="a2", text="Take 2", is_unsynced=True))

    [failure] = service.resume().failures

    assert "1,000,0" in failure.message
    assert texts(service) == ["Take 2"]
    assert left(service) == [REFUSED]


def test_a_new_version_that_is_refused_keeps_no_other_asset_from_the_catalog(service: AudioLibraryService) -> None:
    known = asset(asset_id=REFUSED, is_unsynced=True)
    put(service.parts.documents, known)
    service.resume()
    before = service.get_asset(REFUSED, customer_id="anna")
    second = replace(before.current, number=2, file=stored_file("anna/u1/audio/a1.v2.wav"))
    newer = before.changed(utc_now(), versions=(*before.versions, second), is_unsynced=True)
    service.parts.documents.write([Change(before, newer)])
    take_key_of(service, newer)
    put(service.parts.documents, asset(asset_id="a2", text="Take 2", is_unsynced=True))

    service.resume()

    assert texts(service) == ["Hello world", "Other", "Take 2"]
    assert left(service) == [REFUSED]


def test_a_refusal_names_the_asset_and_says_why(service: AudioLibraryService) -> None:
    take_key_of(service, unsynced(REFUSED))
    put(service.parts.documents, unsynced(REFUSED))

    [failure] = service.resume().failures

    assert isinstance(failure, CatalogError)
    assert failure.message.startswith("The catalog does not take asset a1 of anna: At local, the key ")
    assert failure.hint == "Remove that recording's copy first, or choose another key."


def test_a_catalog_that_cannot_be_written_is_told_once(service: AudioLibraryService) -> None:
    put(service.parts.documents, *(unsynced(f"a{number}") for number in range(3)))
    database = service.parts.manager.catalog.database
    with database.write() as connection:
        connection.execute("PRAGMA query_only=1")

    try:
        [failure] = service.resume().failures
    finally:
        with database.read() as connection:
            connection.execute("PRAGMA query_only=0")

    assert isinstance(failure, CatalogReadOnly)


def test_a_repair_that_the_catalog_refuses_says_why(service: AudioLibraryService) -> None:
    refused = asset(asset_id=REFUSED)
    put(service.parts.documents, refused)
    before = service.parts.documents.get("anna", REFUSED)
    assert before is not None
    large = replace(before.current, generation=replace(before.current.generation, parameters={"x": "y" * 1_000_001}))
    service.parts.documents.write([Change(before, before.changed(utc_now(), versions=(large,)))])

    [unknown] = [one for one in service.reconcile(repair=True) if one.trouble is Trouble.UNKNOWN]

    assert (unknown.asset_id, unknown.is_repaired) == (REFUSED, False)
    assert "The catalog does not take asset a1" in unknown.remark


def test_what_is_refused_is_tried_again_at_long_intervals_only(
    service: AudioLibraryService, background: Background, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    refused = unsynced(REFUSED)
    take_key_of(service, refused)
    put(service.parts.documents, refused)
    caplog.set_level(logging.WARNING, "audiotui.library")

    def tries() -> int:
        return sum("does not take asset a1" in record.getMessage() for record in caplog.records)

    def pass_time(seconds: float) -> None:
        clock.now_s += seconds
        background.notify(unsynced("gone"))  # wakes it
        background.settle(PATIENCE_S)

    background.notify(refused)
    background.settle(PATIENCE_S)
    for _ in range(5):
        pass_time(LONGEST_PAUSE_S)
    assert tries() == 1
    pass_time(REFUSED_PAUSE_S)
    eventually(lambda: tries() == 2)


def test_a_change_of_what_was_refused_is_told_at_once(service: AudioLibraryService, background: Background) -> None:
    refused = asset(asset_id=REFUSED, parameters={"prompt": "x" * 1_000_001}, is_unsynced=True)
    put(service.parts.documents, refused)
    background.notify(refused)
    background.settle(PATIENCE_S)
    mended = refused.changed(utc_now(), versions=asset(asset_id=REFUSED).versions)
    service.parts.documents.write([Change(refused, mended)])

    background.notify(mended)
    background.settle(PATIENCE_S)

    assert left(service) == []


def test_refused_assets_of_a_process_that_is_gone_stand_in_no_others_way(
    service: AudioLibraryService, clock: Clock
) -> None:
    refused = [unsynced(f"a{number:03}") for number in range(3)]
    for one in refused:
        take_key_of(service, one)
    others = [unsynced(f"b{number:03}") for number in range(TOGETHER + 3)]
    put(service.parts.documents, *refused, *others)
    assert all((utc_now() - one.updated_at).total_seconds() > LEASE_S for one in others)

    started = Background(service.parts, clock=clock)
    clock.now_s += FIRST_PAUSE_S + 1
    started.watch()
    eventually(lambda: len(left(service)) == len(refused))
    started.close(PATIENCE_S)

    assert left(service) == [one.asset_id for one in refused]
