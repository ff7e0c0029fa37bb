"""A pull of many small files has a process at its side, whatever becomes of either."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.keys import TEMP_NAME
from audiotui.events import Failed, Retrying
from audiotui.transfer.jobs import JobState
from audiotui.transfer.sides import sides
from audiotui.transfer.sides.helpers import helpers
from audiotui.transfer.sides.side import Side
from tests.transfer.bucket_library import BucketLibrary, put_beside
from tests.transfer.killing import children_of, drive, is_alive
from tests.transfer.library import Heard
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.buckets import BucketServer
    from tests.transfer.library import Library


@pytest.fixture
def bucket_library(tmp_path: Path, minio: BucketServer) -> Iterator[Callable[[int], tuple[Library, list[int]]]]:
    """A library of so many files whose archive is a bucket of MinIO, all pushed and lost here."""
    opened: list[BucketLibrary] = []

    def make(files: int) -> tuple[Library, list[int]]:
        put_beside(tmp_path, minio, "minio", minio.new_bucket(), "p")
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

    has_ended = threading.Event()

    def kill() -> None:
        with suppress(ProcessLookupError):
            pid = eventually(lambda: (made and made[0].pid) or has_ended.is_set())
            if pid is not True:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        job = library.pull(ids)
    finally:
        has_ended.set()
        killer.join()

    assert len(made) == 1
    assert (job.state, job.done_items, job.failed_items) == (JobState.DONE, len(ids), 0)
    assert not library.untruths("local")


@pytest.mark.matrix
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


@pytest.mark.matrix
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


def holds_a_file(pid: int) -> bool:
    """Whether a process that is stopped has an unfinished file locked; one that it has just made is open before."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        if TEMP_NAME.fullmatch(descriptor.readlink().name):
            with descriptor.open("rb") as again:
                try:
                    fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
    return False


def is_stopped(pid: int) -> bool:
    """Whether each thread of a process has stopped; one may have been in the middle of a call of the system."""
    with suppress(FileNotFoundError):
        return all(") T " in (thread / "stat").read_text() for thread in Path(f"/proc/{pid}/task").iterdir())
    return False


def stop_among_files(pid: int) -> bool:
    """Stop a process; True if it was in the middle of files, else it goes on."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: is_stopped(pid))
    if holds_a_file(pid):
        return True
    os.kill(pid, signal.SIGCONT)
    return False


@pytest.mark.matrix
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
