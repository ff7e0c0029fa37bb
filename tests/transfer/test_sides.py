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
from audiotui.backends.keys import TEMP_NAME
from audiotui.backends.lanecrew import LANE_BYTES
from audiotui.backends.local import LocalBackend
from audiotui.backends.objectstore.lending import BucketLoan
from audiotui.backends.objectstore.target import Keys, Target
from audiotui.backends.options import LocalOptions
from audiotui.errors import TransferCancelled
from audiotui.events import Failed, Retrying
from audiotui.model import SecretStr, VerifyLevel
from audiotui.transfer.job_feed import JobFeed
from audiotui.transfer.jobs import JobState
from audiotui.transfer.sides import sides
from audiotui.transfer.sides.helpers import Helper, helpers
from audiotui.transfer.sides.side import MOST_GIVEN_BACK, Loans, Side
from tests.contracts.samples import content_of, read_all, sample
from tests.servers.minio import minio_server
from tests.servers.playing import Play, PlayingServer, of_objects, playing_server
from tests.transfer.bucket_library import BucketLibrary, put_beside
from tests.transfer.killing import drive
from tests.transfer.library import Heard
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Outcome
    from tests.servers.buckets import BucketServer
    from tests.transfer.library import Library

FILES = {f"{number}.wav": sample(300 + number, number) for number in range(60)}
SECRET = "canary-of-the-side"


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    """A real MinIO."""
    with minio_server() as server:
        yield server


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


class Started:
    """A process at the side of a feed, and what it has moved so far."""

    def __init__(self, port: int, near: LocalBackend, files: dict[str, bytes], **options: Any) -> None:
        self.feed: JobFeed[GetItem] = JobFeed(time.monotonic)
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


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    """No process of one test serves the next."""
    yield
    while helpers._idle:
        helpers._idle.pop().end()


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    with suppress(FileNotFoundError):
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


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


def test_it_gets_no_big_file_and_none_that_is_to_be_resumed(player: PlayingServer, near: LocalBackend) -> None:
    big, begun = sample(LANE_BYTES + 1), FILES["1.wav"]
    with started(player, near, {}) as one:
        one.feed.add(GetItem("big.wav", content_of(big), near, "big.wav", id=1))
        one.feed.add(GetItem("1.wav", content_of(begun), near, "1.wav", id=2, resume_token="x"))
        eventually(lambda: bool(one.side.pid))
        time.sleep(0.3)  # it looks every 20 ms
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


@pytest.fixture
def bucket_library(tmp_path: Path, server: BucketServer) -> Iterator[Callable[[int], tuple[Library, list[int]]]]:
    """A library of so many files whose archive is a bucket of MinIO, all pushed and lost here."""
    opened: list[BucketLibrary] = []

    def make(files: int) -> tuple[Library, list[int]]:
        put_beside(tmp_path, server, "minio", server.new_bucket(), "p")
        library = BucketLibrary(tmp_path)
        opened.append(library)
        library.__enter__()
        ids = library.add_many(files)
        library.push(ids)
        library.lose("local", ids)
        return library, ids

    yield make
    for library in opened:
        library.__exit__(None, None, None)


def sides_of(monkeypatch: pytest.MonkeyPatch) -> list[Side]:
    """Those that are made from now on."""
    made: list[Side] = []
    original = Side.__init__

    def note(self: Side, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        made.append(self)

    monkeypatch.setattr(Side, "__init__", note)
    monkeypatch.setattr(sides, "_cores", lambda: 2)
    return made


def test_a_pull_of_many_small_files_has_a_process_at_its_side_and_goes_on_when_that_is_killed(
    bucket_library: Callable[[int], tuple[Library, list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, ids = bucket_library(sides.FILES_EACH)
    made = sides_of(monkeypatch)

    def kill() -> None:
        with suppress(ProcessLookupError, IndexError):
            eventually(lambda: made and made[0].pid)
            os.kill(made[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    job = library.pull(ids)
    killer.join()

    assert len(made) == 1
    assert (job.state, job.done_items, job.failed_items) == (JobState.DONE, len(ids), 0)
    assert not library.untruths("local")


def test_few_files_few_requests_and_pushes_are_for_one_process(
    bucket_library: Callable[[int], tuple[Library, list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sides_of(monkeypatch)
    library, ids = bucket_library(sides.FILES_EACH)
    few = ids[: sides.FILES_EACH - 1]
    assert library.pull(few).done_items == len(few)
    library.lose("local", few)
    library.requests = 4
    assert library.pull(ids).done_items == len(ids)
    assert not made


def test_a_job_that_was_stopped_before_it_began_starts_no_process(
    bucket_library: Callable[[int], tuple[Library, list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, ids = bucket_library(sides.FILES_EACH)
    made = sides_of(monkeypatch)
    stopped = threading.Event()
    stopped.set()

    job = library.run(library.queue("pull", ids), cancel=stopped)
    eventually(lambda: not [each for each in threading.enumerate() if each.name == "audiotui-side"])

    assert job.state is JobState.CANCELLED
    assert len(made) == 1
    assert not helpers._idle


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
        for child in (task / "children").read_text().split()
    ]


def test_it_ends_with_the_process_of_the_job_however_that_dies(
    bucket_library: Callable[[int], tuple[Library, list[int]]], tmp_path: Path
) -> None:
    library, ids = bucket_library(4 * sides.FILES_EACH)
    library.queue("pull", ids)
    runner = drive("tests.transfer.bucket_library", tmp_path)
    try:
        (child,) = eventually(lambda: children_of(runner.pid))
        assert is_alive(child)
    finally:
        runner.kill()
        runner.wait()
    eventually(lambda: not is_alive(child))


def unfinished_of(pid: int) -> list[str]:
    """The unfinished files that a process has open."""
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.append(descriptor.readlink().name)
    return [name for name in names if TEMP_NAME.fullmatch(name)]


def stop_among_files(pid: int) -> bool:
    """Stop a process; True if it was in the middle of files, else it goes on."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: " T " in Path(f"/proc/{pid}/stat").read_text())
    if unfinished_of(pid):
        return True
    os.kill(pid, signal.SIGCONT)
    return False


def test_a_run_after_a_kill_waits_for_the_files_that_the_side_of_the_killed_one_still_holds(
    bucket_library: Callable[[int], tuple[Library, list[int]]], tmp_path: Path
) -> None:
    library, ids = bucket_library(4 * sides.FILES_EACH)
    job_id = library.queue("pull", ids)
    runner = drive("tests.transfer.bucket_library", tmp_path)
    heard = Heard()

    def kill() -> None:
        eventually(lambda: heard.of(Retrying, Failed))
        os.kill(child, signal.SIGKILL)

    try:
        (child,) = eventually(lambda: children_of(runner.pid))
        eventually(lambda: stop_among_files(child))
    finally:
        runner.kill()
        runner.wait()
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        job = library.run(job_id, heard)
    finally:
        killer.join()

    assert (job.state, job.failed_items, job.open_items) == (JobState.DONE, 0, 0)
    assert not library.untruths("local")
