"""Long saves keep their leases, whatever else the service does meanwhile."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.grouped import GroupedWrites
from audiotui.errors import DatabaseFailed
from audiotui.library.background import Background
from audiotui.library.renewing import Renewals
from audiotui.transfer.leases import LEASE_S, RENEW_S
from tests.contracts.documents import asset, put
from tests.contracts.service_suite import ASSET, CUSTOMER, call
from tests.library.faulty import FaultyDocuments
from tests.library.sounds import wav
from tests.library.test_background import later
from tests.servers.speech import CLEANUP, Fault
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import Change
    from audiotui.library import AudioLibraryService
    from audiotui.library.parts import Parts
    from tests.library.clock import Clock
    from tests.servers.speech import SpeechServer


@pytest.fixture
def begun(service: AudioLibraryService, server: SpeechServer) -> Iterator[Asset]:
    """A save that has begun, and ends after the test."""
    reached, release = threading.Event(), threading.Event()
    server.put("audio_xyz.wav", wav())

    def hold() -> None:
        reached.set()
        release.wait(PATIENCE_S)

    server.fail("/temp/audio_xyz.wav", Fault(run=hold))
    thread = threading.Thread(target=service.save_audio_to_library, kwargs=call())
    thread.start()
    assert reached.wait(PATIENCE_S)
    asset = service.parts.documents.get(CUSTOMER, ASSET)
    assert asset is not None
    yield asset
    release.set()
    thread.join(PATIENCE_S)
    assert len(service.list_versions(ASSET, customer_id=CUSTOMER)) == 1


def aged(service: AudioLibraryService, minutes: float) -> Parts:
    """The parts of the service, so many minutes later."""
    return replace(service.parts, clock=lambda: later(minutes))


def revision(service: AudioLibraryService) -> int:
    """Of the document as it is now; its save goes on."""
    now = service.parts.documents.get(CUSTOMER, ASSET)
    assert now is not None
    assert now.pending is not None
    return now.revision


def test_the_lease_of_a_long_save_is_renewed(service: AudioLibraryService, clock: Clock, begun: Asset) -> None:
    renewals = Renewals(aged(service, 0.5), clock=clock)

    clock.now_s += RENEW_S + 1
    renewals.watch()
    eventually(lambda: revision(service) > begun.revision)
    renewals.close(PATIENCE_S)

    assert LEASE_S > 2 * RENEW_S


def test_the_lease_of_a_save_that_has_just_begun_is_left_as_it_is(
    service: AudioLibraryService, clock: Clock, begun: Asset
) -> None:
    renewals = Renewals(service.parts, clock=clock)

    clock.now_s += RENEW_S + 1
    renewals.watch()
    eventually(lambda: renewals._renewed_s == clock.now_s)
    renewals.close(PATIENCE_S)

    assert revision(service) == begun.revision


def test_a_lease_is_renewed_while_the_removal_of_a_temporary_file_hangs(
    service: AudioLibraryService, clock: Clock, begun: Asset, server: SpeechServer
) -> None:
    background = Background(aged(service, 0.5), clock=clock)
    reached, release = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        release.wait(PATIENCE_S)

    server.fail(f"{CLEANUP}hangs.wav", Fault(run=hold))
    background.notify(asset(asset_id="other", cleanup=("hangs.wav",)))
    assert reached.wait(PATIENCE_S)
    clock.now_s += RENEW_S + 1
    background.watch()
    try:
        eventually(lambda: revision(service) > begun.revision, patience_s=5.0)
    finally:
        release.set()
        background.close(PATIENCE_S)


@pytest.mark.parametrize("is_foreseen", [True, False], ids=["foreseen", "unforeseen"])
def test_a_renewal_that_failed_is_followed_by_others(
    service: AudioLibraryService, clock: Clock, begun: Asset, caplog: pytest.LogCaptureFixture, is_foreseen: bool
) -> None:
    parts = aged(service, 0.5)
    documents = FaultyDocuments(parts.documents)
    renewals = Renewals(replace(parts, documents=documents, writes=GroupedWrites(documents)), clock=clock)
    failed = threading.Event()

    def fail_once(_change: object) -> object:
        if failed.is_set():
            return False
        failed.set()
        clock.now_s += RENEW_S + 1
        return is_foreseen or 1 / 0

    documents.fails = fail_once
    clock.now_s += RENEW_S + 1
    renewals.watch()
    eventually(lambda: revision(service) > begun.revision)
    renewals.close(PATIENCE_S)

    [record] = [one for one in caplog.records if one.name == "audiotui.library.renewing"]
    assert record.levelno == (logging.WARNING if is_foreseen else logging.ERROR)


def test_a_store_that_fails_is_not_asked_for_each_lease(
    service: AudioLibraryService, clock: Clock, begun: Asset
) -> None:
    parts = aged(service, 0.5)
    assert begun.pending is not None
    second = parts.claims.new((CUSTOMER, "second"), begun.pending.work, {})
    put(parts.documents, replace(begun, asset_id="second", pending=second))
    documents = FaultyDocuments(parts.documents)
    tried: list[str] = []

    def fail(change: Change) -> object:
        tried.append(change.id[1])
        return True

    documents.fails = fail
    renewals = Renewals(replace(parts, documents=documents, writes=GroupedWrites(documents)), clock=clock)
    with pytest.raises(DatabaseFailed):
        renewals._renew()
    parts.claims.release(second)

    assert tried in ([ASSET], ["second"])
