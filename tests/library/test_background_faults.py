"""What nobody foresaw ends nothing for good: the background goes on, and what waited is done later."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.grouped import GroupedWrites
from audiotui.library.background import FIRST_PAUSE_S, Background
from tests.contracts.documents import asset, put
from tests.contracts.service_suite import call
from tests.library.faulty import FaultyDocuments
from tests.library.sounds import wav
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import Change
    from audiotui.library import AudioLibraryService
    from tests.library.clock import Clock
    from tests.servers.speech import SpeechServer


@pytest.fixture
def documents(service: AudioLibraryService) -> FaultyDocuments:
    return FaultyDocuments(service.parts.documents)


@pytest.fixture
def background(service: AudioLibraryService, documents: FaultyDocuments, clock: Clock) -> Iterator[Background]:
    """A background on documents that fail as ordered, whose time the test moves."""
    parts = replace(service.parts, documents=documents, writes=GroupedWrites(documents))
    made = Background(parts, clock=clock)
    yield made
    made.close(PATIENCE_S)


def unsynced(asset_id: str) -> Asset:
    """An asset of which the catalog has still to hear."""
    return asset(asset_id=asset_id, is_unsynced=True)


def left(documents: FaultyDocuments) -> list[str]:
    """The assets of which the catalog has still to hear."""
    return [one.asset_id for one in documents.inner.unfinished()]


def test_an_error_that_nobody_foresaw_is_told_and_the_asset_is_done_later(
    background: Background, documents: FaultyDocuments, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    put(documents, unsynced("a1"), unsynced("a2"))
    documents.fails = lambda change: 1 / 0

    background.notify(unsynced("a1"))
    assert background.settle(PATIENCE_S)
    documents.fails = lambda change: False
    clock.now_s += FIRST_PAUSE_S + 1
    background.notify(unsynced("a2"))
    eventually(lambda: left(documents) == [])

    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_an_error_that_nobody_foresaw_holds_up_no_other_asset(
    background: Background, documents: FaultyDocuments
) -> None:
    ids = [f"a{number}" for number in range(6)]
    put(documents, *map(unsynced, ids))

    def is_broken(change: Change) -> object:
        return change.id[1] == "a3" and 1 / 0

    documents.fails = is_broken
    for one in ids:
        background.notify(unsynced(one))
    assert background.settle(PATIENCE_S)

    assert left(documents) == ["a3"]


def test_what_was_left_behind_is_looked_for_again_after_an_error_that_nobody_foresaw(
    background: Background, documents: FaultyDocuments, clock: Clock
) -> None:
    put(documents, unsynced("a1"))
    looks = []

    def look(one: Asset) -> None:
        looks.append(one)
        if len(looks) == 1:
            raise ZeroDivisionError

    documents.after_reading = look
    clock.now_s += FIRST_PAUSE_S + 1
    background.watch()
    eventually(lambda: looks)
    assert left(documents) == ["a1"]
    eventually(lambda: background._behind.due_s > clock.now_s)
    clock.now_s = background._behind.due_s + 1
    background.notify(unsynced("gone"))  # wakes it

    eventually(lambda: left(documents) == [])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it ends for the test
def test_a_thread_that_ended_is_started_again(background: Background, documents: FaultyDocuments) -> None:
    put(documents, unsynced("a1"), unsynced("a2"))

    def end_the_thread(_change: Change) -> object:
        raise SystemExit

    documents.fails = end_the_thread
    background.notify(unsynced("a1"))
    thread = background._thread
    assert thread is not None
    thread.join(PATIENCE_S)
    documents.fails = lambda change: False
    background.notify(unsynced("a2"))

    eventually(lambda: left(documents) == ["a1"])


def test_a_system_that_has_no_thread_to_give_fails_no_save(
    service: AudioLibraryService, server: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("audio_xyz.wav", wav())
    service.check_health()
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name in {"audiotui-library", "audiotui-leases"}:
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        service.save_audio_to_library(**call())
    assert service.settle(PATIENCE_S)

    assert server.removed == ["audio_xyz.wav"]
    assert list(service.parts.documents.unfinished()) == []
