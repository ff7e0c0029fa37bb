"""Tests of the sync that many writers share."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.groupsync import FEWEST_WRITERS, PATIENCE_S, GroupSync, whole_file_system_sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE_S = 20.0


class Disk:
    """Counts syncs, and lets each end only when the test says so; ``error`` is raised by the next ones."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.count = 0
        self.descriptor = -1
        self.error: OSError | None = None

    def sync(self, descriptor: int) -> None:
        """What stands for the system call."""
        self.count += 1
        self.descriptor = descriptor
        self.begun.release()
        assert self.may_end.acquire(timeout=DEADLINE_S)
        if self.error is not None:
            raise self.error


class Clock:
    """A clock that each look moves on by ``step_s``."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.step_s = 0.0

    def __call__(self) -> float:
        """Seconds."""
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def disk() -> Disk:
    """A disk that waits for the test."""
    return Disk()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """A folder that is written to, by its descriptor."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def group(disk: Disk, clock: Clock, folder: int) -> GroupSync:
    """As many writers as a shared sync is for."""
    group = GroupSync(disk.sync, suits=lambda _folder: True, clock=clock)
    for _ in range(FEWEST_WRITERS):
        group.enter(folder)
    return group


def disk_of(descriptor: int) -> set[int]:
    """The disk that an open file lies on."""
    return {os.fstat(descriptor).st_dev}


def test_who_comes_while_a_sync_runs_shares_the_next_one(group: GroupSync, disk: Disk, folder: int) -> None:
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(group.wait, disk_of(folder))
        assert disk.begun.acquire(timeout=DEADLINE_S)
        others = [pool.submit(group.wait, disk_of(folder)) for _ in range(4)]
        disk.may_end.release()
        assert disk.begun.acquire(timeout=DEADLINE_S)
        disk.may_end.release(4)
        shared = [waiter.result(DEADLINE_S) for waiter in (first, *others)]

    assert shared == [True] * 5
    assert disk.count >= 2  # that of the first had begun before the others' bytes were written


def test_a_sync_that_fails_is_trusted_by_nobody_and_never_tried_again(
    group: GroupSync, disk: Disk, folder: int
) -> None:
    disk.error = OSError("the disk is broken")
    disk.may_end.release(10)
    with ThreadPoolExecutor(3) as pool:
        shared = [waiter.result(DEADLINE_S) for waiter in [pool.submit(group.wait, disk_of(folder)) for _ in range(3)]]

    assert shared == [False] * 3
    assert disk.count == 1


def test_after_a_slow_sync_each_file_is_synced_by_itself(
    group: GroupSync, disk: Disk, clock: Clock, folder: int
) -> None:
    disk.may_end.release(10)
    clock.step_s = 2 * PATIENCE_S
    group.wait(disk_of(folder))

    assert not group.wait(disk_of(folder))
    assert disk.count == 1


def test_a_few_writers_leave_the_bytes_of_other_programs_alone(group: GroupSync, disk: Disk, folder: int) -> None:
    group.leave()

    assert not group.wait(disk_of(folder))
    assert disk.count == 0


def test_a_file_system_that_promises_nothing_is_never_asked(disk: Disk, folder: int) -> None:
    group = GroupSync(disk.sync, suits=lambda _folder: False)
    for _ in range(FEWEST_WRITERS):
        group.enter(folder)

    assert not group.wait(disk_of(folder))
    assert disk.count == 0


def test_what_lies_on_another_disk_is_synced_by_itself(group: GroupSync, disk: Disk) -> None:
    other = os.open(os.devnull, os.O_RDONLY)
    try:
        assert not group.wait(disk_of(other))
    finally:
        os.close(other)
    assert disk.count == 0


def test_nothing_stays_open_when_the_last_writer_has_left(group: GroupSync, disk: Disk, folder: int) -> None:
    disk.may_end.release(10)
    assert group.wait(disk_of(folder))
    os.fstat(disk.descriptor)
    for _ in range(FEWEST_WRITERS):
        group.leave()

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(disk.descriptor)


def test_a_slow_disk_gets_another_chance_with_the_next_files(
    group: GroupSync, disk: Disk, clock: Clock, folder: int
) -> None:
    disk.may_end.release(10)
    clock.step_s = 2 * PATIENCE_S
    group.wait(disk_of(folder))
    for _ in range(FEWEST_WRITERS):
        group.leave()
    clock.step_s = 0.0
    for _ in range(FEWEST_WRITERS):
        group.enter(folder)

    assert group.wait(disk_of(folder))


def test_the_system_call_works_where_there_is_one_and_tells_its_errors(folder: int) -> None:
    sync = whole_file_system_sync()
    if sync is None:
        pytest.skip("this system has no syncfs that reports errors")
    sync(folder)

    with pytest.raises(OSError, match="Bad file descriptor"):
        sync(-1)
