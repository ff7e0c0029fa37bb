"""Files that nobody syncs leave the memory when the disk has them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.filesystems import FileSystem, file_system_of
from audiotui.backends.groupsync import FEWEST_WRITERS
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.backends.writebehind import DEAR_WRITES, FILES, FILES_BEHIND, WriteBehind
from tests.backends.memory import is_in_memory
from tests.contracts.samples import content_of, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def behind() -> Iterator[WriteBehind]:
    """What is left of it is closed at the end."""
    behind = WriteBehind()
    find_dear(behind)
    yield behind
    behind.clear()


def find_dear(behind: WriteBehind, writes: int = DEAR_WRITES) -> None:
    """Tell of writes that take as long as those into memory which has to be fetched."""
    for _ in range(writes):
        behind.wrote(200_000, 0.0005)


def open_descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux tells what it has in memory")
def test_a_file_leaves_the_memory_once_the_disk_has_it(behind: WriteBehind, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"some sound")
    with path.open("rb") as file:
        if file_system_of(file.fileno()) is FileSystem.UNKNOWN:
            pytest.skip("a file system that may have nothing but memory")
        behind.add(file.fileno())
        os.fsync(file.fileno())
    behind.clear()
    assert not is_in_memory(path)
    assert path.read_bytes() == b"some sound"


def test_few_files_are_open_at_a_time_and_none_at_the_end(behind: WriteBehind, tmp_path: Path) -> None:
    before = open_descriptors()
    path = tmp_path / "a.wav"
    path.write_bytes(b"some sound")
    with path.open("rb") as file:
        for _ in range(2 * FILES):
            behind.add(file.fileno())
    assert open_descriptors() <= before + FILES
    behind.clear()
    assert open_descriptors() == before


def test_the_system_does_as_it_likes_while_it_has_memory_at_hand(tmp_path: Path) -> None:
    behind = WriteBehind()
    before = open_descriptors()
    path = tmp_path / "a.wav"
    path.write_bytes(b"some sound")
    with path.open("rb") as file:

        def added() -> int:
            behind.add(file.fileno())
            return open_descriptors() - before - 1

        assert added() == 0
        for computed_s in (0.0001, 0.0005) * DEAR_WRITES:
            behind.wrote(200_000, computed_s)
        assert added() == 0
        for _ in range(DEAR_WRITES):
            behind.wrote(300, 0.0005)
        assert added() == 0
        find_dear(behind)
        assert added() == 1
        for _ in range(FILES_BEHIND):
            behind.add(file.fileno())
        assert behind._files_left == 0
    behind.clear()
    assert open_descriptors() == before


def test_what_cannot_be_asked_for_is_left_to_the_system(behind: WriteBehind) -> None:
    reading, writing = os.pipe()
    before = open_descriptors()
    behind.add(writing)
    assert open_descriptors() == before
    os.close(reading)
    os.close(writing)


def test_files_of_a_folder_without_syncs_are_committed_together(tmp_path: Path) -> None:
    with LocalBackend("archive", LocalOptions(path=tmp_path / "folder", sync=False), library_id="one") as backend:
        backend.claim()
        before = open_descriptors()
        uploads = []
        for number in range(FEWEST_WRITERS):
            data = str(number).encode()
            uploads.append(backend.start_upload(f"{number}.wav", content_of(data)))
            uploads[-1].write_part(0, data)
        together = backend.commit_together
        assert together is not None
        assert not [result for result in together(uploads) if isinstance(result, Exception)]
        assert [read_all(backend, f"{number}.wav") for number in range(FEWEST_WRITERS)] == [b"0", b"1", b"2", b"3"]
        assert open_descriptors() == before
