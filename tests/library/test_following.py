"""What follows saves is done for assets as they are, however much happens to them meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.documents.base import Change
from audiotui.library.following import FollowUps
from tests.contracts.documents import asset, put
from tests.contracts.service_suite import ASSET, CUSTOMER, call
from tests.library.sounds import wav

if TYPE_CHECKING:
    from audiotui.documents.asset import Asset
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer


@pytest.fixture
def saved(service: AudioLibraryService, server: SpeechServer) -> Asset:
    """An asset of which the catalog has still to hear, as somebody has read it."""
    server.put("audio_xyz.wav", wav())
    service.save_audio_to_library(**call())
    service.settle()
    settled = service.get_asset(ASSET, customer_id=CUSTOMER)
    unsynced = settled.changed(settled.updated_at, is_unsynced=True)
    service.parts.documents.write([Change(settled, unsynced)])
    return unsynced


def folders(service: AudioLibraryService) -> list[str]:
    """The folders of all recordings that the catalog knows."""
    return [one.folder for one in service.parts.manager.find()]


def test_an_asset_that_was_purged_meanwhile_is_no_recording(service: AudioLibraryService, saved: Asset) -> None:
    service.purge_asset(ASSET, customer_id=CUSTOMER)

    failures = FollowUps(service.parts).work_off([saved])

    assert failures == []
    assert folders(service) == []


def test_an_asset_that_is_purged_right_after_its_save_is_no_recording(
    service: AudioLibraryService, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    service.save_audio_to_library(**call())

    service.purge_asset(ASSET, customer_id=CUSTOMER)
    service.settle()

    assert folders(service) == []


def test_an_asset_that_was_purged_and_saved_again_is_a_recording(
    service: AudioLibraryService, server: SpeechServer, saved: Asset
) -> None:
    service.purge_asset(ASSET, customer_id=CUSTOMER)
    service.save_audio_to_library(**call(audio_url=server.put("again.wav", wav()), folder="again"))
    service.settle()

    FollowUps(service.parts).work_off([saved])

    assert folders(service) == ["again"]
    assert list(service.parts.documents.unfinished()) == []


def test_what_another_process_has_told_since_is_not_taken_back(service: AudioLibraryService, saved: Asset) -> None:
    service.update_asset(ASSET, customer_id=CUSTOMER, folder="new")
    service.settle()

    FollowUps(service.parts).work_off([saved])

    assert folders(service) == ["new"]
    assert list(service.parts.documents.unfinished()) == []


def test_a_repair_of_the_catalog_brings_no_purged_asset_back(service: AudioLibraryService, saved: Asset) -> None:
    service.purge_asset(ASSET, customer_id=CUSTOMER)

    FollowUps(service.parts).tell_anew(saved)

    assert folders(service) == []


def test_what_is_closed_begins_no_more_removals(service: AudioLibraryService, server: SpeechServer) -> None:
    waiting = asset(cleanup=("audio_xyz.wav",))
    server.put("audio_xyz.wav", wav())
    put(service.parts.documents, waiting)
    follow_ups = FollowUps(service.parts)
    follow_ups.close()

    [failure] = follow_ups.work_off([waiting])

    assert failure.error.retryable
    assert server.removed == []
