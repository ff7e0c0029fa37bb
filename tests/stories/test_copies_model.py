"""The last good copy never goes: two clients, three folders and an adversary, in any order that hypothesis thinks of.

The adversary deletes, damages and unmounts what he likes, but always leaves one good copy of each file. Then whatever
the clients do, and wherever they die, a good copy must be left under its key: what lies in a trash does not count.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from audiotui import AudioManager
from audiotui.errors import AudiotuiError, Unreachable
from tests.faults import Fail, Fault, FaultyBackend, LoseAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Backend, Entry

PLACES = ("local", "archive", "nas")

CONFIG = """audio_manager:
  db_path: library.db
  locations:
    local: {type: local, path: local}
    archive: {type: local, path: archive}
    nas: {type: local, path: nas}
"""

MOST_RECORDINGS = 4

places = st.sampled_from(PLACES)
clients = st.integers(0, 1)
numbers = st.integers(0, 3)


class Died(BaseException):
    """A client's process ends at this point."""


@dataclass(frozen=True, kw_only=True)
class Die(Fault):
    """The process dies in the call, before its effect or after it."""

    late: bool = False

    def before(self) -> None:
        """Die early."""
        if not self.late:
            raise Died

    def after(self) -> None:
        """Die late."""
        if self.late:
            raise Died


faults = st.sampled_from(
    [
        Die(verb="move"),
        Die(verb="move", late=True),
        Die(verb="stat", on=2),
        Die(verb="delete", late=True),
        Fail(verb="move"),
        LoseAnswer(verb="move"),
        Fail(verb="stat", times=3),
        Fail(verb="read"),
        LoseAnswer(verb="delete"),
    ]
)


class Copies(RuleBasedStateMachine):
    """What clients and the adversary can do to a library of a few recordings."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="audiotui-model-"))
        self.contents: dict[str, bytes] = {}
        self.unmounted: set[str] = set()
        self.ticks = 0
        (self.folder / "audiotui.yaml").write_text(CONFIG)
        (self.folder / "audiotui.yaml").chmod(0o600)
        self.clients = [self.start(), self.start()]

    def start(self) -> AudioManager:
        """A client's process begins."""
        return AudioManager(self.folder / "audiotui.yaml")

    def teardown(self) -> None:
        """All processes end."""
        for client in self.clients:
            client.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin_with_some(self) -> None:
        """Three recordings, two of them pushed."""
        for number in range(3):
            self.add(number % 2)
        self.clients[0].push_recordings("", "archive")

    @rule(client=clients)
    def add(self, client: int) -> None:
        """A new recording, unless there are many already."""
        if len(self.contents) == MOST_RECORDINGS or "local" in self.unmounted:
            return
        data = f"the bytes of recording {self.ticks}".encode()
        self.ticks += 1
        path = self.folder / "new.txt"
        path.write_bytes(data)
        uid = self.clients[client].register_recording("text", file_paths={"notes": path})
        self.contents[uid] = data

    @rule(client=clients, place=st.sampled_from(PLACES[1:]))
    def push(self, client: int, place: str) -> None:
        """Everything to one place."""
        self.act(client, lambda manager: manager.push_recordings("", place))

    @rule(client=clients)
    def pull(self, client: int) -> None:
        """Everything from wherever it is."""
        self.act(client, lambda manager: manager.pull_recordings(""))

    @rule(client=clients, place=places, number=numbers)
    def drop(self, client: int, place: str, number: int) -> None:
        """One recording from one place."""
        self.act(client, lambda manager: manager.drop_copies([self.uid(number)], place, agreed=True))

    @rule(client=clients, place=places, faulty=places, number=numbers, fault=faults)
    def drop_with_a_fault(self, client: int, place: str, faulty: str, number: int, fault: Fault) -> None:
        """The same, while a storage fails, loses an answer, or the process dies."""
        self.spoil(client, faulty, fault)
        self.act(client, lambda manager: manager.drop_copies([self.uid(number)], place, agreed=True))
        self.restart(client)

    @rule(first=places, second=places)
    def drop_at_the_same_time(self, first: str, second: str) -> None:
        """Both clients drop everything, each from a place of his own."""
        with ThreadPoolExecutor(2) as both:
            drops = [both.submit(self.drop_all, client, place) for client, place in enumerate((first, second))]
        for drop in drops:
            drop.result()

    def drop_all(self, client: int, place: str) -> None:
        """Everything from one place."""
        self.act(client, lambda manager: manager.drop_copies("", place, agreed=True))

    @rule(client=clients, place=places)
    def restore(self, client: int, place: str) -> None:
        """What was dropped comes back."""
        self.act(client, lambda manager: manager.restore_copies("", place))

    @rule(client=clients)
    def verify(self, client: int) -> None:
        """All copies are read."""
        self.act(client, lambda manager: manager.verify())

    @rule(client=clients)
    def repair(self, client: int) -> None:
        """Bad copies are made good."""
        self.act(client, lambda manager: manager.repair())

    @rule(client=clients, faulty=places, fault=faults)
    def repair_with_a_fault(self, client: int, faulty: str, fault: Fault) -> None:
        """The same, while something fails."""
        self.spoil(client, faulty, fault)
        self.act(client, lambda manager: manager.repair())
        self.restart(client)

    @rule(client=clients, place=places)
    def scan(self, client: int, place: str) -> None:
        """A listing is compared with the catalog."""
        self.act(client, lambda manager: manager.scan_location(place))

    @rule(client=clients, place=places, kept=st.integers(0, 3))
    def scan_with_a_stale_listing(self, client: int, place: str, kept: int) -> None:
        """The same, with a listing that lacks files."""
        manager = self.clients[client]
        manager._backends[place] = Stale(manager.backend(place), kept)
        self.act(client, lambda manager: manager.scan_location(place))
        self.restart(client)

    @rule(client=clients)
    def sweep(self, client: int) -> None:
        """The trash is emptied, however young."""
        self.act(client, lambda manager: manager.sweep(0, trash_age_s=0))

    @rule(client=clients, number=numbers)
    def purge(self, client: int, number: int) -> None:
        """A recording goes from the catalog and from ``local``; its copies elsewhere stay."""
        if len(self.contents) == 1:
            return
        uid = self.uid(number)
        if not self.act(client, lambda manager: manager.delete_recordings([uid], purge=True)):
            for manager in self.clients:
                with suppress(AudiotuiError):
                    manager.restore_recording(uid)
            return
        self.check_that_a_good_copy_is_left()
        del self.contents[uid]

    @rule(place=places, number=numbers)
    def delete_behind_their_backs(self, place: str, number: int) -> None:
        """The adversary removes a good copy, if it is not the last."""
        good = self.good(self.uid(number))
        if len(good) > 1 and place in good:
            good[place].unlink()

    @rule(place=places, number=numbers)
    def damage_behind_their_backs(self, place: str, number: int) -> None:
        """The adversary flips a bit in a good copy, if it is not the last."""
        good = self.good(self.uid(number))
        if len(good) > 1 and place in good:
            data = good[place].read_bytes()
            good[place].chmod(0o600)
            good[place].write_bytes(bytes((data[0] ^ 1,)) + data[1:])
            self.ticks += 1
            os.utime(good[place], ns=(0, self.ticks))

    @rule(place=places)
    def unmount(self, place: str) -> None:
        """A disk is taken away that the catalog has copies at; one that was never used is made when it is."""
        if place not in self.unmounted and self.clients[0].catalog.has_copies_at(place):
            self.root(place).rename(self.folder / f"{place}-away")
            self.unmounted.add(place)

    @rule()
    def mount_all(self) -> None:
        """All disks are back."""
        for place in self.unmounted:
            (self.folder / f"{place}-away").rename(self.folder / place)
        self.unmounted.clear()

    @invariant()
    def check_that_a_good_copy_is_left(self) -> None:
        """The promise."""
        lost = [uid for uid in self.contents if not self.good(uid)]
        assert not lost, f"no good copy of {lost}"
        for place in self.unmounted:
            assert not (self.folder / place).exists(), f"{place} was made in place of what is not mounted"

    def act(self, client: int, what: Callable[[AudioManager], object]) -> bool:
        """Let a client do something; he may be refused, and he may die."""
        try:
            what(self.clients[client])
        except AudiotuiError:
            return False
        except Died:
            self.restart(client)
            return False
        return True

    def restart(self, client: int) -> None:
        """The client's process ends, and another one begins."""
        manager = self.clients[client]
        manager._backends.clear()
        manager.close()
        self.clients[client] = self.start()

    def spoil(self, client: int, place: str, fault: Fault) -> None:
        """Let a fault happen to one place, as one client sees it."""
        manager = self.clients[client]
        with suppress(Unreachable):
            manager._backends[place] = FaultyBackend(manager.backend(place), fault)

    def uid(self, number: int) -> str:
        """One of the recordings."""
        return list(self.contents)[number % len(self.contents)]

    def root(self, place: str) -> Path:
        """Where a place really is, mounted or not."""
        return self.folder / (f"{place}-away" if place in self.unmounted else place)

    def good(self, uid: str) -> dict[str, Path]:
        """The copies of a recording that have its bytes, under its key, by place."""
        return {
            place: path
            for place in PLACES
            for path in self.root(place).glob(f"{uid[:2]}/{uid}/*.txt")
            if path.read_bytes() == self.contents[uid]
        }


class Stale(FaultyBackend):
    """A location whose listing shows only the first few files."""

    def __init__(self, inner: Backend, kept: int) -> None:
        super().__init__(inner)
        self._kept = kept

    def _list(self, prefix: str) -> Iterator[Entry]:
        yield from islice(self.inner.list(prefix), self._kept)


@pytest.mark.parametrize("runs", [8, pytest.param(1_000, marks=pytest.mark.long)])
def test_no_recording_is_ever_without_a_good_copy(runs: int) -> None:
    run_state_machine_as_test(
        Copies,
        settings=settings(
            max_examples=runs,
            stateful_step_count=30 if runs < 100 else 50,
            deadline=None,
            derandomize=runs < 100,
            suppress_health_check=list(HealthCheck),
        ),
    )
