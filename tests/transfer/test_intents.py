"""What is being added stays somebody's for as long as it takes, also where nobody can see whether he lives."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.transfer.intents import IntendedFile, Intents
from audiotui.transfer.journal import Journal
from audiotui.transfer.leases import LEASE_S, Owner
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = IntendedFile("local", ".00000001-00000001.atpart", "ab/file.wav", "0" * 64)


class Clock:
    """A clock that only moves when it is told to."""

    now_s = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """The time since the machine started."""
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    """The journal as this process sees it."""
    journal = Journal(tmp_path / "library.jobs.db", library_id="x", boot_clock=clock)
    yield journal
    journal.close()


def in_another_container(journal: Journal, clock: Clock, *, renew_s: float) -> Intents:
    """The intents as a process uses them that this one cannot see."""
    owner = replace(Owner.this_process(), pid_namespace="pid:[1]")
    return Intents(journal._db, clock=lambda: 0, boot_clock=clock, owner=str(owner), renew_s=renew_s)


def test_a_lease_is_renewed_while_its_file_is_being_added(journal: Journal, clock: Clock) -> None:
    intents = in_another_container(journal, clock, renew_s=0.005)
    intents.intend([FILE])
    clock.now_s += 10 * LEASE_S

    eventually(lambda: not journal.intents.abandoned())

    intents.close()


def test_a_process_that_renews_no_more_has_abandoned_its_files(journal: Journal, clock: Clock) -> None:
    intents = in_another_container(journal, clock, renew_s=0.005)
    batch = intents.intend([FILE])
    intents.close()

    clock.now_s += 2 * LEASE_S

    assert journal.intents.abandoned() == [(batch, (FILE,))]


def test_nothing_is_left_running_once_all_is_settled(journal: Journal, clock: Clock) -> None:
    intents = in_another_container(journal, clock, renew_s=0.005)
    for _ in range(3):
        intents.settled(intents.intend([FILE]))

    eventually(lambda: not any(thread.name == "audiotui-intents" for thread in threading.enumerate()))

    intents.intend([FILE])
    assert any(thread.name == "audiotui-intents" for thread in threading.enumerate())
    intents.close()
    assert not any(thread.name == "audiotui-intents" for thread in threading.enumerate())
