"""Memory for files that nobody syncs is used again while it is dear, and only then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.filesystems import FileSystem, file_system_of
from audiotui.backends.groupsync import FEWEST_WRITERS, GroupSync, whole_file_system_sync
from audiotui.backends.local import LocalBackend
from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.options import LocalOptions
from audiotui.backends.pagecache import AVERAGED_WRITES, DEAR_FOR_WRITES, FEWEST_BYTES, MemoryCost
from tests.backends.memory import is_in_memory
from tests.contracts.samples import content_of, read_all

if TYPE_CHECKING:
    from audiotui.backends.base import Upload

DEAR_S, CHEAP_S = 0.0005, 0.0001
"""Of the processor, for 200 kB."""


def test_memory_is_dear_once_writes_are_on_average() -> None:
    cost = MemoryCost()
    for computed_s in (CHEAP_S, CHEAP_S, CHEAP_S, 1.0, *(CHEAP_S,) * AVERAGED_WRITES):
        cost.wrote(200_000, computed_s)
        assert not cost.is_dear
    for computed_s in (CHEAP_S, DEAR_S) * AVERAGED_WRITES:
        cost.wrote(200_000, computed_s)
    assert cost.is_dear


def test_what_small_writes_take_says_nothing() -> None:
    cost = MemoryCost()
    for _ in range(AVERAGED_WRITES):
        cost.wrote(FEWEST_BYTES - 1, DEAR_S)
    assert not cost.is_dear


def test_memory_stays_dear_for_a_while_and_no_longer() -> None:
    cost = MemoryCost()
    for _ in range(AVERAGED_WRITES):
        cost.wrote(200_000, DEAR_S)
    for _ in range(DEAR_FOR_WRITES):
        cost.wrote(200_000, CHEAP_S)
    assert cost.is_dear
    for _ in range(AVERAGED_WRITES):
        cost.wrote(200_000, CHEAP_S)
    assert not cost.is_dear


def open_descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def stored_together(backend: LocalBackend, *, is_dear: bool) -> None:
    """Commit as many files as share a sync."""
    uploads: list[Upload] = []
    for number in range(FEWEST_WRITERS):
        data = str(number).encode()
        uploads.append(backend.start_upload(f"{number}.wav", content_of(data)))
        uploads[-1].write_part(0, data)
    for _ in range(AVERAGED_WRITES * is_dear):
        backend._tree.memory_cost.wrote(200_000, DEAR_S)
    together = backend.commit_together
    assert together is not None
    assert not [result for result in together(uploads) if isinstance(result, Exception)]


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux tells what it has in memory")
@pytest.mark.parametrize("is_dear", [True, False])
def test_files_without_syncs_leave_the_memory_while_it_is_dear(tmp_path: Path, is_dear: bool) -> None:
    folder = tmp_path / "folder"
    with LocalBackend("archive", LocalOptions(path=folder, sync=False), library_id="one") as backend:
        backend.claim()
        with (folder / MARKER_NAME).open("rb") as file:
            if file_system_of(file.fileno()) is FileSystem.UNKNOWN:
                pytest.skip("a file system that may have nothing but memory")
        backend._tree.group = GroupSync(whole_file_system_sync(), clock=lambda: 0.0)  # however slow the disk is
        before = open_descriptors()
        stored_together(backend, is_dear=is_dear)

        assert not backend._tree.memory_cost.is_dear  # nobody writes any more
        assert [is_in_memory(folder / f"{number}.wav") for number in range(FEWEST_WRITERS)] == [not is_dear] * 4
        assert [read_all(backend, f"{number}.wav") for number in range(FEWEST_WRITERS)] == [b"0", b"1", b"2", b"3"]
        assert open_descriptors() == before
