"""What processes that are gone left reaches the catalog after a start, whatever else does not work then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.grouped import GroupedWrites
from audiotui.library.background import FIRST_PAUSE_S, LONGEST_PAUSE_S, Background
from audiotui.library.following import PARALLEL, TOGETHER
from tests.contracts.documents import asset, put
from tests.library.faulty import FaultyDocuments
from tests.library.sounds import wav
from tests.servers.speech import CLEANUP, Fault
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.base import Change
    from audiotui.library import AudioLibraryService
    from tests.library.clock import Clock
    from tests.servers.speech import SpeechServer

IDS = [f"a{number:03}" for number in range(3 * TOGETHER)]


@pytest.fixture
def documents(service: AudioLibraryService, server: SpeechServer) -> FaultyDocuments:
    """Documents of saves that processes which are gone did not come to the end of."""
    made = FaultyDocuments(service.parts.documents)
    for one in IDS:
        server.put(f"{one}.wav", wav())
        put(made, asset(asset_id=one, text=one, cleanup=(f"{one}.wav",), is_unsynced=True))
    return made


@pytest.fixture
def background(service: AudioLibraryService, documents: FaultyDocuments, clock: Clock) -> Iterator[Background]:
    """A background after a start, when the first pause is over."""
    parts = replace(service.parts, documents=documents, writes=GroupedWrites(documents))
    made = Background(parts, clock=clock)
    clock.now_s += FIRST_PAUSE_S + 1
    yield made
    made.close(PATIENCE_S)


def unsynced(documents: FaultyDocuments) -> int:
    """Of how many assets the catalog has still to hear."""
    return sum(one.is_unsynced for one in documents.inner.unfinished())


def wake(background: Background, clock: Clock, seconds: float) -> None:
    """Let time pass, and something come that ends the sleep of the thread."""
    clock.now_s += seconds
    background.notify(asset(asset_id="gone", is_unsynced=True))


def test_a_speech_server_that_fails_keeps_no_asset_from_the_catalog(
    service: AudioLibraryService, documents: FaultyDocuments, background: Background, server: SpeechServer
) -> None:
    for one in IDS:
        server.fail(f"{CLEANUP}{one}.wav", Fault(status=503, times=1_000))

    background.watch()
    eventually(lambda: unsynced(documents) == 0)

    assert service.parts.manager.count() == len(IDS)


def test_temporary_files_that_could_not_be_removed_are_removed_later(
    documents: FaultyDocuments, background: Background, clock: Clock, server: SpeechServer
) -> None:
    for one in IDS:
        server.fail(f"{CLEANUP}{one}.wav", Fault(status=503, times=1_000))
    background.watch()
    eventually(lambda: unsynced(documents) == 0)
    asked = server.count("DELETE")
    server.faults.clear()

    def are_removed_with_time() -> bool:
        wake(background, clock, LONGEST_PAUSE_S + 1)
        return len(server.removed) == len(IDS)

    eventually(are_removed_with_time)

    assert asked < 2 * PARALLEL
    eventually(lambda: list(documents.inner.unfinished()) == [])


def test_a_catalog_that_cannot_be_told_is_left_alone_for_a_while(
    documents: FaultyDocuments, background: Background, clock: Clock, server: SpeechServer
) -> None:
    tried: list[str] = []

    def fail(change: Change) -> object:
        tried.append(change.id[1])
        return len(tried) == 1

    documents.fails = fail
    background.watch()
    eventually(lambda: tried and background._behind.due_s > clock.now_s)
    wake(background, clock, 1.0)
    assert background.settle(PATIENCE_S)

    assert tried == [IDS[0], "gone"]
    wake(background, clock, LONGEST_PAUSE_S + 1)
    eventually(lambda: list(documents.inner.unfinished()) == [])


def test_a_server_that_fails_for_all_is_told_once_for_each_batch(
    documents: FaultyDocuments, background: Background, server: SpeechServer, caplog: pytest.LogCaptureFixture
) -> None:
    for one in IDS:
        server.fail(f"{CLEANUP}{one}.wav", Fault(status=503, times=1_000))

    background.watch()
    eventually(lambda: unsynced(documents) == 0)

    assert sum("Not tried, because" in record.getMessage() for record in caplog.records) <= len(IDS) // TOGETHER
