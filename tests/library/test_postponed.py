"""What failed waits for its turn, however much it is, and keeps nobody from the service meanwhile."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.grouped import GroupedWrites
from audiotui.errors import DatabaseFailed
from audiotui.library.background import FIRST_PAUSE_S, LONGEST_PAUSE_S, Background
from audiotui.library.following import TOGETHER
from audiotui.library.postponed import Postponed
from tests.contracts.documents import asset, put
from tests.library.faulty import FaultyDocuments
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.documents.asset import Asset
    from audiotui.library import AudioLibraryService
    from tests.library.clock import Clock

MANY = TOGETHER + 8


class WatchedDocuments(FaultyDocuments):
    """Documents of which a test sees which are read together; ``on_reading`` is called before."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.read: list[int] = []
        self.on_reading: Callable[[], object] = lambda: None

    def get(self, customer_id: str, asset_id: str) -> Asset | None:
        self.read.append(1)
        self.on_reading()
        return super().get(customer_id, asset_id)

    def get_many(self, ids: Any) -> Any:
        self.read.append(len(ids))
        self.on_reading()
        return super().get_many(ids)


@pytest.fixture
def documents(service: AudioLibraryService) -> WatchedDocuments:
    return WatchedDocuments(service.parts.documents)


@pytest.fixture
def background(service: AudioLibraryService, documents: WatchedDocuments, clock: Clock) -> Iterator[Background]:
    """A background on documents that fail as ordered, whose time the test moves."""
    parts = replace(service.parts, documents=documents, writes=GroupedWrites(documents))
    made = Background(parts, clock=clock)
    yield made
    documents.on_reading = lambda: None
    made.close(PATIENCE_S)


@pytest.fixture
def failed(background: Background, documents: WatchedDocuments) -> list[str]:
    """Many assets, by id, for each of which the first try has failed."""
    ids = [f"a{number:03}" for number in range(MANY)]
    put(documents, *map(unsynced, ids))
    documents.fails = lambda change: True
    for one in ids:
        background.notify(unsynced(one))
    assert background.settle(PATIENCE_S)
    documents.fails = lambda change: False
    documents.read.clear()
    return ids


def unsynced(asset_id: str) -> Asset:
    """An asset of which the catalog has still to hear."""
    return asset(asset_id=asset_id, is_unsynced=True)


def left(documents: WatchedDocuments) -> list[str]:
    """The assets of which the catalog has still to hear."""
    return [one.asset_id for one in documents.inner.unfinished()]


def wake(background: Background, clock: Clock, seconds: float) -> None:
    """Let time pass, and something come that ends the sleep of the thread."""
    clock.now_s += seconds
    background.notify(unsynced("gone"))


def test_what_is_due_is_read_together(
    background: Background, documents: WatchedDocuments, clock: Clock, failed: list[str]
) -> None:
    wake(background, clock, FIRST_PAUSE_S + 1)
    eventually(lambda: left(documents) == [])

    assert [size for size in documents.read if size > 1] == [TOGETHER, MANY - TOGETHER]


def test_a_store_that_keeps_silent_holds_up_no_save(
    background: Background, documents: WatchedDocuments, clock: Clock, failed: list[str]
) -> None:
    reached, release = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        assert release.wait(PATIENCE_S)

    documents.on_reading = hold
    wake(background, clock, FIRST_PAUSE_S + 1)
    assert reached.wait(PATIENCE_S)
    saving = threading.Thread(target=background.notify, args=[unsynced("saved")])
    saving.start()
    saving.join(PATIENCE_S / 2)
    is_held_up = saving.is_alive()
    release.set()
    saving.join(PATIENCE_S)

    assert not is_held_up


def test_a_store_that_is_away_is_asked_once_for_all_that_is_due(
    background: Background, documents: WatchedDocuments, clock: Clock, failed: list[str]
) -> None:
    def fail() -> None:
        raise DatabaseFailed("The database is down.", service="faulty", retryable=True)

    documents.on_reading = fail
    wake(background, clock, FIRST_PAUSE_S + 1)
    assert background.settle(PATIENCE_S)
    wake(background, clock, FIRST_PAUSE_S + 1)
    assert background.settle(PATIENCE_S)
    asked = [size for size in documents.read if size > 1]

    documents.on_reading = lambda: None
    wake(background, clock, LONGEST_PAUSE_S)
    eventually(lambda: left(documents) == [])
    assert asked == [TOGETHER]


def test_what_is_due_first_comes_first_and_what_is_postponed_again_only_then() -> None:
    postponed, random = Postponed(), Random(7)
    times = random.sample(range(1_000), 100)
    for number, due_s in enumerate(times):
        postponed.postpone(("anna", str(number)), due_s + 1_000.0)
        postponed.postpone(("anna", str(number)), float(due_s), tries=2)

    assert postponed.next_s == min(times)
    taken = [*postponed.take(499.0, 10), *postponed.take(499.0)]

    assert [times[int(number)] for _, number in taken] == sorted(due_s for due_s in times if due_s < 500)
    assert postponed.take(499.0) == []
    assert postponed.next_s == min(due_s for due_s in times if due_s >= 500)
    assert taken[0] in postponed
    assert postponed.tries(taken[0]) == 2
    postponed.postpone(taken[0], 499.5)
    assert postponed.take(500.0) == [taken[0]]


def test_what_is_dropped_is_never_due() -> None:
    postponed = Postponed()
    postponed.postpone(("anna", "a1"), 1.0)

    postponed.drop(("anna", "a1"))
    postponed.drop(("anna", "a1"))

    assert ("anna", "a1") not in postponed
    assert postponed.next_s == math.inf
    assert postponed.take(1e9) == []
