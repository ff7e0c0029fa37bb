"""Whether an asset is deleted after a new version was saved: what somebody said last counts."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.contracts.service_suite import ASSET, CUSTOMER, call, read
from tests.faults import Fail, Hold
from tests.library.sounds import wav
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.library import AudioLibraryService
    from tests.library.faulty import Faulty
    from tests.servers.speech import SpeechServer


@contextmanager
def a_version_on_its_way(faulty: Faulty, server: SpeechServer) -> Iterator[None]:
    """Inside it a second version is being saved, and waits for its storage."""
    held = Hold(verb="put_small", on=2)
    faulty.storage_fails(held)
    second = call(audio_url=server.put("b.wav", wav(2)))
    thread = threading.Thread(target=faulty.service.save_audio_to_library, kwargs=second)
    thread.start()
    assert held.reached.wait(PATIENCE_S)
    yield
    held.release.set()
    thread.join(PATIENCE_S)
    faulty.service.settle()


@pytest.fixture
def saved(faulty: Faulty) -> AudioLibraryService:
    """A service with one asset."""
    faulty.service.save_audio_to_library(**call())
    faulty.service.settle()
    return faulty.service


def is_deleted(service: AudioLibraryService) -> bool:
    """Whether the asset is, as its document has it, and the catalog too."""
    said = service.get_asset(ASSET, customer_id=CUSTOMER).is_deleted
    assert (list(service.parts.manager.find()) == []) == said
    return said


def test_a_delete_while_a_version_is_saved_stands(
    faulty: Faulty, saved: AudioLibraryService, server: SpeechServer
) -> None:
    with a_version_on_its_way(faulty, server):
        saved.delete_asset(ASSET, customer_id=CUSTOMER)

    assert is_deleted(saved)
    assert saved.list_assets(customer_id=CUSTOMER) == []
    assert read(saved) == wav(2)


def test_a_version_that_is_saved_after_the_delete_brings_the_asset_back(
    faulty: Faulty, saved: AudioLibraryService, server: SpeechServer
) -> None:
    saved.delete_asset(ASSET, customer_id=CUSTOMER)

    with a_version_on_its_way(faulty, server):
        pass

    assert not is_deleted(saved)


def test_a_second_delete_while_a_version_is_saved_stands_too(
    faulty: Faulty, saved: AudioLibraryService, server: SpeechServer
) -> None:
    saved.delete_asset(ASSET, customer_id=CUSTOMER)

    with a_version_on_its_way(faulty, server):
        saved.delete_asset(ASSET, customer_id=CUSTOMER)

    assert is_deleted(saved)


def test_who_restores_it_meanwhile_has_it(faulty: Faulty, saved: AudioLibraryService, server: SpeechServer) -> None:
    with a_version_on_its_way(faulty, server):
        saved.delete_asset(ASSET, customer_id=CUSTOMER)
        saved.restore_asset(ASSET, customer_id=CUSTOMER)

    assert not is_deleted(saved)


def test_an_equal_save_after_the_delete_brings_the_asset_back(
    faulty: Faulty, saved: AudioLibraryService, server: SpeechServer
) -> None:
    with a_version_on_its_way(faulty, server):
        saved.delete_asset(ASSET, customer_id=CUSTOMER)
        saved.save_audio_to_library(**call())

    assert not is_deleted(saved)


def test_a_delete_stands_though_resume_ends_the_save(
    faulty: Faulty, saved: AudioLibraryService, server: SpeechServer
) -> None:
    faulty.storage_fails(Fail(verb="put_small", times=1_000))
    with pytest.raises(Exception, match="The line is down"):
        saved.save_audio_to_library(**call(audio_url=server.put("b.wav", wav(2))))
    saved.delete_asset(ASSET, customer_id=CUSTOMER)
    faulty.heal()

    saved.resume()

    assert is_deleted(saved)
    assert read(saved) == wav(2)
