"""A host that falls silent makes few files wait, and not each of them: neither in a drop nor in a repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import LastCopy, Unreachable
from audiotui.model import CopyState
from audiotui.transfer.removal import THREADS, Removal, Remover
from audiotui.transfer.repair import Repairer
from audiotui.transfer.silences import SHORTEST_S, Silences
from tests.faults import FaultyBackend, Meanwhile
from tests.transfer.library import Library
from tests.transfer.test_repair import bad_copies, look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT_S = 8.0


class Clock:
    """A clock that stands still, unless somebody waits for an answer."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def keep_silent(self) -> None:
        """Let a time-out pass, and fail."""
        self.now_s += TIMEOUT_S
        raise Unreachable("Cannot reach archive: it does not answer.", "Look at it.", location="archive")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.fixture
def clock() -> Clock:
    return Clock()


def silent(library: Library, clock: Clock) -> FaultyBackend:
    """Let the archive answer nothing any more."""
    faults = [Meanwhile(verb=verb, act=clock.keep_silent, times=999) for verb in ("stat", "move")]
    backend = FaultyBackend(library.backends["archive"], *faults)
    library.backends["archive"] = backend
    return backend


def removals(library: Library, ids: list[int], location: str) -> list[Removal]:
    return [Removal("", file, copy) for file in library.files(ids) for copy in file.copies if copy.location == location]


def ask(silences: Silences, clock: Clock, takes_s: float) -> None:
    with silences.asking("archive"):
        clock.now_s += takes_s
        raise Unreachable("It does not answer.", location="archive")


def test_who_asks_after_two_long_silences_is_refused_at_once_for_a_while(library: Library, clock: Clock) -> None:
    silences = Silences(library.backends.__getitem__, clock=clock)
    for _ in range(2):
        with pytest.raises(Unreachable):
            ask(silences, clock, TIMEOUT_S)

    with pytest.raises(Unreachable, match="does not answer"), silences.asking("archive"):
        pytest.fail("it was asked")
    with silences.asking("local") as other:
        assert other is library.backends["local"]
    clock.now_s += SHORTEST_S
    with silences.asking("archive") as again:
        assert again is library.backends["archive"]


def test_what_fails_at_once_is_asked_anew(library: Library, clock: Clock) -> None:
    silences = Silences(library.backends.__getitem__, clock=clock)
    for _ in range(3):
        with pytest.raises(Unreachable):
            ask(silences, clock, 0.1)

    assert silences.refusal("archive") is None


def test_a_single_connection_that_broke_refuses_nobody(library: Library, clock: Clock) -> None:
    silences = Silences(library.backends.__getitem__, clock=clock)
    for _ in range(3):
        with pytest.raises(Unreachable):
            ask(silences, clock, TIMEOUT_S)
        with silences.asking("archive"):
            pass

    assert silences.refusal("archive") is None


def test_a_drop_waits_few_times_for_the_host_of_the_other_copies(library: Library, clock: Clock) -> None:
    ids = library.add_many(100)
    library.push(ids)
    archive = silent(library, clock)

    remover = Remover(library.catalog, library.backends.__getitem__, clock=clock)
    done = list(remover.remove(removals(library, ids, "local")))

    assert all(isinstance(one.error, LastCopy) and "does not answer" in one.error.message for one in done)
    assert archive.calls["stat"] <= 3 * THREADS


def test_a_drop_waits_few_times_for_its_own_host_and_what_was_not_tried_stays(library: Library, clock: Clock) -> None:
    ids = library.add_many(100)
    library.push(ids)
    archive = silent(library, clock)

    remover = Remover(library.catalog, library.backends.__getitem__, clock=clock)
    done = list(remover.remove(removals(library, ids, "archive")))

    assert [type(one.error) for one in done] == [Unreachable] * 100
    assert archive.calls["move"] <= 3 * THREADS
    unsure = library.states("archive", ids).count(CopyState.TRASHED)
    assert unsure <= 3 * THREADS
    assert library.states("archive", ids).count(CopyState.PRESENT) == 100 - unsure


def test_a_host_that_falls_silent_after_the_move_is_not_called_the_same_place(library: Library, clock: Clock) -> None:
    ids = library.add(b"some bytes")
    library.push(ids)
    archive = FaultyBackend(library.backends["archive"], Meanwhile(verb="stat", act=clock.keep_silent, on=2, times=999))
    look(library)
    library.backends["archive"] = archive

    remover = Remover(library.catalog, library.backends.__getitem__, clock=clock)
    [done] = remover.remove(removals(library, ids, "local"))

    assert isinstance(done.error, LastCopy)
    assert "does not answer" in done.error.message
    assert "went too" not in done.error.message
    assert library.states("local", ids) == [CopyState.PRESENT]
    assert library.untruths("local") == []


def test_a_repair_waits_few_times_for_a_host(library: Library, clock: Clock) -> None:
    ids = library.add_many(100)
    library.push(ids)
    library.lose("archive", ids)
    look(library)
    archive = silent(library, clock)

    done = list(Repairer(library.catalog, library.backends.__getitem__, clock=clock).repair(bad_copies(library)))

    assert [type(one.error) for one in done] == [Unreachable] * 100
    assert archive.calls["stat"] <= 3 * THREADS
