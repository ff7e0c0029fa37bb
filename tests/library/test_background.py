"""What follows a save: tried again until it is done, and never in the way."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.base import Change
from audiotui.library.background import FIRST_PAUSE_S, LONGEST_PAUSE_S, Background
from audiotui.library.claims import utc_now
from audiotui.library.lookingback import LookBack
from tests.contracts.documents import asset, put
from tests.contracts.service_suite import ASSET, CUSTOMER, call
from tests.library.sounds import wav
from tests.servers.speech import CLEANUP, Fault
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.library.clock import Clock
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.fixture
def background(service: AudioLibraryService, clock: Clock) -> Iterator[Background]:
    """A second background on the same documents, whose time the test moves."""
    made = Background(service.parts, clock=clock)
    yield made
    made.close(1.0)


def test_what_failed_is_tried_again_after_a_pause(
    service: AudioLibraryService, background: Background, clock: Clock, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    server.fail(f"{CLEANUP}audio_xyz.wav", Fault(status=500, times=2))
    service.save_audio_to_library(**call())
    service.settle()
    asset = service.get_asset(ASSET, customer_id=CUSTOMER)

    background.notify(asset)
    background.settle(PATIENCE_S)
    assert server.removed == []
    clock.now_s += FIRST_PAUSE_S + 1
    background.notify(asset)
    eventually(lambda: server.removed)

    eventually(lambda: service.get_asset(ASSET, customer_id=CUSTOMER).cleanup == ())


def later(minutes: float) -> datetime:
    """A time that is not yet, as documents hold times."""
    return utc_now() + timedelta(minutes=minutes)


def test_what_a_process_that_is_gone_left_is_done_after_a_start(
    services: MakeService, service: AudioLibraryService, embedded_config: Path, clock: Clock, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    server.fail(f"{CLEANUP}audio_xyz.wav", Fault(status=500))
    service.save_audio_to_library(**call())
    service.close()
    parts = replace(services(embedded_config).parts, clock=lambda: later(2))

    started = Background(parts, clock=clock)
    clock.now_s += FIRST_PAUSE_S + 1
    started.watch()
    eventually(lambda: server.removed)
    started.close(PATIENCE_S)

    assert server.removed == ["audio_xyz.wav"]
    assert list(parts.documents.unfinished()) == []


def test_what_a_living_process_has_just_saved_is_left_to_it(
    services: MakeService, service: AudioLibraryService, embedded_config: Path, clock: Clock, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    server.fail(f"{CLEANUP}audio_xyz.wav", Fault(status=500))
    service.save_audio_to_library(**call())
    service.settle()

    another = LookBack(services(embedded_config).parts, first_s=0.0, pause_s=1.0, clock=clock)

    assert another.next_batch(besides=()) == []


def test_a_cleanup_that_was_switched_off_removes_nothing_any_more(
    services: MakeService, service: AudioLibraryService, embedded_config: Path, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    server.fail(f"{CLEANUP}audio_xyz.wav", Fault(status=500))
    service.save_audio_to_library(**call())
    service.close()
    with embedded_config.open("a") as config:
        config.write("    cleanup: false\n")

    report = services(embedded_config).resume()

    assert report.is_clean
    assert server.removed == []
    assert list(services(embedded_config).parts.documents.unfinished()) == []


def test_what_is_too_much_for_memory_is_done_after_a_look_back(
    service: AudioLibraryService, clock: Clock, server: SpeechServer
) -> None:
    reached, release = threading.Event(), threading.Event()
    ids = [f"a{number}" for number in range(9)]
    background = Background(service.parts, clock=clock, most_kept=2)
    for one in ids:
        server.put(f"{one}.wav", wav())
        put(service.parts.documents, asset(asset_id=one, cleanup=(f"{one}.wav",)))

    def hold() -> None:
        reached.set()
        release.wait(PATIENCE_S)

    server.fail(f"{CLEANUP}a0.wav", Fault(run=hold))
    background.notify(asset(asset_id="a0", cleanup=("a0.wav",)))
    assert reached.wait(PATIENCE_S)
    for one in ids[1:]:
        background.notify(asset(asset_id=one, cleanup=(f"{one}.wav",)))
    release.set()
    assert background.settle(PATIENCE_S)
    assert sorted(server.removed) == ["a0.wav", "a1.wav", "a2.wav"]
    clock.now_s += LONGEST_PAUSE_S + 1
    background.notify(asset(asset_id="gone", is_unsynced=True))  # wakes it
    eventually(lambda: len(server.removed) == len(ids))
    background.close(PATIENCE_S)


@pytest.mark.parametrize("kept", [1, 8])
def test_what_failed_is_done_later_however_many_turns_there_are(
    service: AudioLibraryService, clock: Clock, server: SpeechServer, kept: int
) -> None:
    ids = [f"a{number}" for number in range(4)]
    background = Background(service.parts, clock=clock, most_kept=kept)
    for one in ids:
        server.put(f"{one}.wav", wav())
        server.fail(f"{CLEANUP}{one}.wav", Fault(status=500, times=2))
        put(service.parts.documents, asset(asset_id=one, cleanup=(f"{one}.wav",)))
        background.notify(asset(asset_id=one, cleanup=(f"{one}.wav",)))
        background.settle(PATIENCE_S)

    def are_removed_with_time() -> bool:
        clock.now_s += LONGEST_PAUSE_S + 1
        background.notify(asset(asset_id="gone", is_unsynced=True))  # wakes it
        return len(server.removed) == len(ids)

    eventually(are_removed_with_time)
    background.close(PATIENCE_S)


def test_a_removal_that_hangs_keeps_no_asset_from_the_catalog(
    service: AudioLibraryService, server: SpeechServer
) -> None:
    reached, release = threading.Event(), threading.Event()
    server.put("audio_xyz.wav", wav())

    def hold() -> None:
        reached.set()
        release.wait(PATIENCE_S)

    server.fail(f"{CLEANUP}audio_xyz.wav", Fault(run=hold))
    service.save_audio_to_library(**call())
    assert reached.wait(PATIENCE_S)
    known = service.parts.manager.count()
    release.set()

    assert known == 1


def test_a_change_during_the_telling_is_told_again(
    service: AudioLibraryService, background: Background, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    service.save_audio_to_library(**call())
    service.settle()
    before = service.get_asset(ASSET, customer_id=CUSTOMER)
    edited = before.changed(before.updated_at, folder="old", is_unsynced=True)
    newer = edited.changed(before.updated_at, folder="new")
    documents = service.parts.documents

    assert documents.write([Change(before, edited)]) == [True]
    assert documents.write([Change(edited, newer)]) == [True]
    background.work_off([edited])

    assert not service.get_asset(ASSET, customer_id=CUSTOMER).is_unsynced
    assert next(iter(service.parts.manager.find())).folder == "new"


def test_without_register_nothing_is_told_to_the_catalog(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    with embedded_config.open("a") as config:
        config.write("    register: false\n    cleanup: false\n")
    service = services(embedded_config)
    server.put("audio_xyz.wav", wav())

    service.save_audio_to_library(**call())
    service.settle()

    assert list(service.parts.manager.find()) == []
    assert server.removed == []
    assert list(service.reconcile()) == []
