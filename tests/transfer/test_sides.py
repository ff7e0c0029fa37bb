"""A process at a job's side moves what is plain, gives back the rest, and takes nothing with it when it dies."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.base import GetItem, Limits
from audiotui.backends.lanecrew import LANE_BYTES
from audiotui.backends.local import LocalBackend
from audiotui.backends.objectstore.lending import BucketLoan
from audiotui.backends.objectstore.target import Keys, Target
from audiotui.backends.options import LocalOptions
from audiotui.errors import TransferCancelled
from audiotui.model import SecretStr, VerifyLevel
from audiotui.transfer.job_feed import JobFeed
from audiotui.transfer.sides.helpers import Helper, helpers
from audiotui.transfer.sides.side import MOST_GIVEN_BACK, Loans, Side
from tests.contracts.samples import content_of, read_all, sample
from tests.servers.playing import Play, PlayingServer, of_objects, playing_server
from tests.transfer.killing import children_of, is_alive
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Outcome

FILES = {f"{number}.wav": sample(300 + number, number) for number in range(60)}
SECRET = "canary-of-the-side"


@pytest.fixture
def player() -> Iterator[PlayingServer]:
    """A store that is told what to answer, and has all files."""
    with playing_server() as player:
        player.usual = of_objects({f"/takes/{key}": data for key, data in FILES.items()})
        yield player


@pytest.fixture
def near(tmp_path: Path) -> Iterator[LocalBackend]:
    """Where files are fetched to."""
    with LocalBackend("local", LocalOptions(path=tmp_path / "near"), library_id="library-1") as near:
        yield near


class WatchedFeed(JobFeed[GetItem]):
    """A feed that tells how often somebody has asked for files to take together, and which were given then."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.asked = 0
        self.given: list[GetItem] = []

    def take_fresh(self, most: int, suits: Callable[[GetItem], bool]) -> list[GetItem]:
        """Take them, and write that down."""
        taken = super().take_fresh(most, suits)
        self.given += taken
        self.asked += 1
        return taken


class Started:
    """A process at the side of a feed, and what it has moved so far."""

    def __init__(self, port: int, near: LocalBackend, files: dict[str, bytes], **options: Any) -> None:
        self.feed = WatchedFeed()
        self.feed.most_in_flight = 1_000
        for number, (key, data) in enumerate(files.items()):
            self.feed.add(GetItem(key, content_of(data), near, key, id=number))
        self.limits = Limits()
        self.outcomes: list[Outcome[GetItem]] = []
        keys = Keys("someone", SecretStr(SECRET))
        target = Target(
            bucket="takes", prefix="", endpoint=f"http://127.0.0.1:{port}", region="us-east-1", keys=lambda: keys
        )
        loan = BucketLoan.of("studio", target, checksums="auto")
        loans = Loans(loan, near.lend())
        self.side = Side(lambda: loans, self.feed, self.limits, **{"requests": lambda: 8, **options})
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for outcome in self.side.outcomes():
            self.outcomes.append(outcome)
            self.feed.settled()

    def ended(self) -> list[Outcome[GetItem]]:
        """Wait for its end; the outcomes in the order of their numbers."""
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        assert not self.side.pid
        return sorted(self.outcomes, key=lambda outcome: outcome.item.id)


@contextmanager
def started(player: PlayingServer, near: LocalBackend, files: dict[str, bytes], **options: Any) -> Iterator[Started]:
    one = Started(player.port, near, files, **options)
    try:
        yield one
    finally:
        one.limits.cancel.set()
        one.thread.join(PATIENCE_S)


def test_all_small_files_of_a_feed_arrive_proven(player: PlayingServer, near: LocalBackend) -> None:
    told: list[int] = []
    with started(player, near, {}) as one:
        for number, (key, data) in enumerate(FILES.items()):
            one.feed.add(GetItem(key, content_of(data), near, key, id=number, on_bytes=told.append))
        eventually(lambda: len(one.outcomes) == len(FILES))
        one.feed.close()
        outcomes = one.ended()

    assert [outcome.error for outcome in outcomes] == [None] * len(FILES)
    assert {outcome.entry.level for outcome in outcomes if outcome.entry} == {VerifyLevel.READ_BACK}
    assert all(read_all(near, key) == data for key, data in FILES.items())
    assert [outcome.entry for outcome in outcomes] == [
        replace(near.stat(outcome.item.new_key), level=VerifyLevel.READ_BACK) for outcome in outcomes
    ]
    assert sum(told) == sum(map(len, FILES.values()))
    assert one.feed.in_flight == 0


def test_one_process_serves_one_job_after_the_other(player: PlayingServer, near: LocalBackend) -> None:
    pids = []
    half = len(FILES) // 2
    for files in (dict(list(FILES.items())[:half]), dict(list(FILES.items())[half:])):
        with started(player, near, files) as one:
            eventually(lambda: one.side.pid)
            pids.append(one.side.pid)
            eventually(lambda: len(one.outcomes) == half)
            one.feed.close()
            one.ended()

    assert pids[0] == pids[1]
    assert all(read_all(near, key) == data for key, data in FILES.items())


def test_one_that_died_while_it_waited_is_replaced(player: PlayingServer, near: LocalBackend) -> None:
    with started(player, near, {}) as one:
        eventually(lambda: one.side.pid)
        pid = one.side.pid
        one.feed.close()
        one.ended()
    (waits,) = helpers._idle
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not waits.is_alive)
    with started(player, near, FILES) as one:
        eventually(lambda: len(one.outcomes) == len(FILES))


@contextmanager
def descriptors_left(count: int) -> Iterator[None]:
    """Let this process open so many files more, and no others."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(each.name) for each in Path("/proc/self/fd").iterdir()}
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(used) + 1 + count, limits[1]))
    taken: list[int] = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        for _ in range(count):
            os.close(taken.pop())
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize("count", [0, 2, 3])
def test_without_descriptors_for_a_process_all_is_left_to_the_job(
    player: PlayingServer, near: LocalBackend, count: int
) -> None:
    near.lend()
    with descriptors_left(count), started(player, near, FILES) as one:
        assert not one.ended()
        with suppress(OSError):
            assert len([os.dup(0) for _ in range(count)]) == count
    assert (one.feed.fresh_count, one.feed.in_flight) == (len(FILES), 0)


def test_a_job_that_is_over_opens_no_location_again(tmp_path: Path) -> None:
    near = LocalBackend("local", LocalOptions(path=tmp_path / "near"), library_id="library-1")
    cancelled, closed = Limits(), JobFeed[GetItem](time.monotonic)
    cancelled.cancel.set()
    closed.close()
    for feed, limits in ((JobFeed[GetItem](time.monotonic), cancelled), (closed, Limits())):
        side = Side(lambda: Loans(near.lend(), near.lend()), feed, limits, requests=lambda: 8)
        assert not list(side.outcomes())
    assert not (tmp_path / "near").exists()


@pytest.mark.parametrize("program", ["/nowhere/python", "/dev", "/bin/false", "/bin/cat"])
def test_where_the_interpreter_is_no_such_program_all_is_left_to_the_job(
    player: PlayingServer, near: LocalBackend, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with started(player, near, FILES) as one:
        assert not one.ended()
    assert (one.feed.fresh_count, one.feed.in_flight) == (len(FILES), 0)


def test_a_process_that_no_thread_can_watch_is_ended() -> None:
    children = children_of(os.getpid())
    usual = threading.stack_size(1 << 47)  # more than any machine has addresses
    try:
        with pytest.raises(RuntimeError, match="thread"):
            Helper()
    finally:
        threading.stack_size(usual)
    assert children_of(os.getpid()) == children


def test_a_process_that_was_forked_leaves_those_that_wait_alone(player: PlayingServer, near: LocalBackend) -> None:
    with started(player, near, {}) as one:
        one.feed.close()
        one.ended()
    assert helpers._idle
    child = os.fork()
    if not child:
        os._exit(len(helpers._idle))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert helpers._idle[0].is_alive


def test_a_process_that_was_forked_in_the_middle_of_a_job_keeps_none_alive(
    player: PlayingServer, near: LocalBackend
) -> None:
    with started(player, near, {}) as one:
        eventually(lambda: one.side.pid)
        before = set(sockets_of(os.getpid()))
        child = os.fork()
        if not child:
            signal.pause()
        try:
            eventually(lambda: sockets_of(child) < before)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def sockets_of(pid: int) -> set[str]:
    """The pairs of sockets and the connections that a process has open."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(descriptor.readlink()))
    return {name for name in found if name.startswith("socket:")}


def test_a_damaged_file_is_given_back_for_the_job_to_find_out_and_the_others_arrive(
    player: PlayingServer, near: LocalBackend
) -> None:
    bad = "30.wav"
    good = {f"/takes/{key}": data for key, data in FILES.items()}
    player.usual = of_objects({**good, f"/takes/{bad}": sample(len(FILES[bad]), 999)})
    with started(player, near, FILES) as one:
        (left,) = eventually(lambda: one.feed.take_fresh(1, lambda item: item.id in one.side.refused))
        eventually(lambda: len(one.outcomes) == len(FILES) - 1)
        one.feed.close()
        outcomes = one.ended()

    assert left.key == bad
    assert len(outcomes) == len(FILES) - 1
    assert not near.exists(bad)


def test_a_process_that_can_move_nothing_takes_no_more_and_all_is_left_to_the_job(
    player: PlayingServer, near: LocalBackend
) -> None:
    player.usual = lambda head: Play(then="reset")
    with started(player, near, FILES) as one:
        assert not one.ended()
        assert one.feed.fresh_count == len(FILES)
        assert one.feed.in_flight == 0
        assert len(player.asked) >= MOST_GIVEN_BACK


def test_a_key_that_is_taken_is_left_to_the_job(player: PlayingServer, near: LocalBackend) -> None:
    key, data = next(iter(FILES.items()))
    near.put_small(key, data, sha256=content_of(data).sha256)
    with started(player, near, {key: data}) as one:
        eventually(lambda: len(player.asked) > 0 or one.feed.in_flight == 0)
        eventually(lambda: one.feed.in_flight == 0 and one.feed.fresh_count == 1)
    assert not one.outcomes


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_dies_or_hangs_gives_back_what_it_had(
    player: PlayingServer, near: LocalBackend, number: signal.Signals
) -> None:
    player.usual = lambda head: Play(then="wait")
    with started(player, near, FILES, silence_s=1.5) as one:
        eventually(lambda: len(player.asked) >= 8)
        assert one.feed.in_flight > 0
        os.kill(one.side.pid, number)
        assert not one.ended()

    assert one.feed.in_flight == 0
    assert one.feed.fresh_count == len(FILES)
    taken = [one.feed.take(0.0) for _ in FILES]
    assert sorted(item.id for item in taken if item is not None) == list(range(len(FILES)))


def test_a_cancelled_job_ends_it_at_once(player: PlayingServer, near: LocalBackend) -> None:
    player.usual = lambda head: Play(then="wait")
    with started(player, near, FILES) as one:
        eventually(lambda: len(player.asked) >= 8)
        pid, begun_s = one.side.pid, time.monotonic()
        one.limits.cancel.set()
        outcomes = one.ended()

    assert time.monotonic() - begun_s < 2.0
    assert not is_alive(pid)
    assert outcomes
    assert all(isinstance(outcome.error, TransferCancelled) for outcome in outcomes)


def test_at_a_limited_rate_the_job_moves_all_by_itself(player: PlayingServer, near: LocalBackend) -> None:
    with started(player, near, {}) as one:
        eventually(lambda: one.side.pid)
        one.limits.bytes_per_s = 1_000_000
        for number, (key, data) in enumerate(FILES.items()):
            one.feed.add(GetItem(key, content_of(data), near, key, id=number))
        assert one.ended() == []
        assert not player.asked


def test_a_rate_that_is_set_in_the_middle_holds_for_what_it_has_too(player: PlayingServer, near: LocalBackend) -> None:
    player.usual = lambda head: Play(then="wait")
    with started(player, near, FILES) as one:
        eventually(lambda: len(player.asked) >= 8)
        pid = one.side.pid
        one.limits.bytes_per_s = 1_000_000
        eventually(lambda: one.feed.fresh_count == len(FILES), patience_s=5.0)
        assert one.ended() == []
    assert one.feed.in_flight == 0
    assert not is_alive(pid)


@pytest.mark.parametrize("first", ["big", "to be resumed"])
def test_it_gets_no_big_file_and_none_that_is_to_be_resumed(
    player: PlayingServer, near: LocalBackend, first: str
) -> None:
    big = GetItem("big.wav", content_of(sample(LANE_BYTES + 1)), near, "big.wav", id=1)
    begun = GetItem("1.wav", content_of(FILES["1.wav"]), near, "1.wav", id=2, resume_token="x")
    with started(player, near, {}) as one:
        for item in (big, begun) if first == "big" else (begun, big):
            one.feed.add(item)
        asked = one.feed.asked
        eventually(lambda: one.feed.asked >= asked + 2)  # the next one may have begun before they were there
        assert not one.feed.given
        assert one.feed.in_flight == 0
        assert one.feed.fresh_count == 2


def test_the_secrets_of_a_location_are_neither_in_its_arguments_nor_in_its_environment(
    player: PlayingServer, near: LocalBackend
) -> None:
    player.usual = lambda head: Play(then="wait")
    with started(player, near, FILES) as one:
        eventually(lambda: len(player.asked) >= 8)
        shown = b"".join(Path(f"/proc/{one.side.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    assert b"audiotui.transfer.sides.process" in shown
    assert SECRET.encode() not in shown
