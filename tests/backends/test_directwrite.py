"""Parts of big files that go straight to the disk."""

from __future__ import annotations

import ctypes
import fcntl
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends import directwrite
from audiotui.backends.directwrite import ROOM_BYTES, SLOW_WRITES, Room
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import LocationError
from audiotui.model import PART_BYTES
from tests.backends.memory import is_in_memory
from tests.contracts.samples import content_of, part_of, read_all, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.upload import Upload

ODD = 2 * PART_BYTES + ROOM_BYTES + 4096 + 77
"""Two whole parts, and one that ends in the middle of everything."""

PIECE_BYTES = 200_001
"""As they come from a network: of no size that a disk likes."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the location."""
    return tmp_path / "folder"


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The folder as a location."""
    root.mkdir()
    with LocalBackend("archive", LocalOptions(path=root)) as backend:
        yield backend


@pytest.fixture
def unsynced(root: Path) -> Iterator[LocalBackend]:
    """The same one, if nobody wants its files synced."""
    root.mkdir()
    with LocalBackend("archive", LocalOptions(path=root, sync=False)) as backend:
        yield backend


def direct_descriptor(root: Path) -> int:
    """The descriptor past the system's memory of the one unfinished file below a folder."""
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and link.resolve().parent == root:
            descriptor = int(link.name)
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT:
                return descriptor
    pytest.skip("a file system that is not known to write past the memory")


def write_all(upload: Upload, data: bytes) -> None:
    """Write all parts in pieces, the last part first."""
    for number in reversed(upload.missing):
        part, rest = upload.open_part(number), memoryview(part_of(data, number))
        while rest:
            part.write(rest[:PIECE_BYTES])
            rest = rest[PIECE_BYTES:]
        assert part.finish()


def test_its_bytes_are_those_that_came(backend: LocalBackend) -> None:
    data = sample(ODD)
    with_parts = backend.start_upload("file", content_of(data))
    write_all(with_parts, data)

    assert with_parts.commit().size_bytes == ODD
    assert read_all(backend, "file") == data


def test_bytes_may_come_in_its_own_memory_and_in_pieces_by_turns(backend: LocalBackend) -> None:
    data = sample(ODD)
    upload = backend.start_upload("file", content_of(data))
    for number in upload.missing:
        part, rest = upload.open_part(number), memoryview(part_of(data, number))
        while rest:
            room = part.room(PIECE_BYTES)
            room[:] = rest[: len(room)]
            part.filled(len(room))
            rest = rest[len(room) :]
            part.write(rest[:PIECE_BYTES])
            rest = rest[PIECE_BYTES:]
        assert not part.room(PIECE_BYTES)
        assert part.finish()
    upload.commit()

    assert read_all(backend, "file") == data


def test_its_memory_is_as_a_large_page_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiotui.backends.directwrite._LARGE_PAGES", -1)  # as on a system that has none
    for room in (Room(), Room()):
        room.view[:] = bytes(ROOM_BYTES - 1) + b"x"

        assert room.address % ROOM_BYTES == 0
        assert ctypes.string_at(room.address, ROOM_BYTES) == bytes(room.view)


def test_it_takes_no_memory_of_the_system(backend: LocalBackend, root: Path) -> None:
    data = sample(ODD)
    upload = backend.start_upload("file", content_of(data))
    descriptor = direct_descriptor(root)
    write_all(upload, data)

    assert not is_in_memory(Path(f"/proc/self/fd/{descriptor}"), PART_BYTES)
    upload.abort()


def test_what_a_disk_does_not_take_like_this_goes_the_usual_way(backend: LocalBackend, root: Path) -> None:
    data = sample(ODD)
    upload = backend.start_upload("file", content_of(data))
    refusing = os.open("/dev/full", os.O_RDWR)
    os.dup2(refusing, direct_descriptor(root))
    os.close(refusing)
    write_all(upload, data)
    upload.commit()

    assert read_all(backend, "file") == data


def test_part_of_it_is_resumed_like_any_other(backend: LocalBackend) -> None:
    data = sample(ODD)
    upload = backend.start_upload("file", content_of(data))
    part = upload.open_part(1)
    part.write(part_of(data, 1))
    assert part.finish()
    upload.close()

    resumed = backend.resume_upload(upload.token, "file", content_of(data))
    assert resumed.missing == [0, 2]
    write_all(resumed, data)
    resumed.commit()
    assert read_all(backend, "file") == data


def test_bytes_that_are_not_those_of_the_part_count_for_nothing(backend: LocalBackend) -> None:
    data = sample(ODD)
    upload = backend.start_upload("file", content_of(data))
    part = upload.open_part(0)
    part.write(part_of(data, 1))

    assert not part.finish()
    assert 0 in upload.missing
    upload.abort()


def test_a_file_that_is_exchanged_by_hand_is_not_written_to(backend: LocalBackend, root: Path) -> None:
    from audiotui.backends.tempfiles import TempFile
    from audiotui.backends.tree import Tree

    del backend
    tree = Tree("archive", root)
    temp = TempFile.create(tree, "", ".audiotui-exchanged.part")
    (root / "other").write_bytes(b"of somebody else")
    (root / "other").rename(root / ".audiotui-exchanged.part")

    assert temp.open_direct() is None
    temp.close()


def test_a_disk_that_does_not_give_back_what_it_took_is_told(backend: LocalBackend, root: Path) -> None:
    data = sample(ODD)
    upload = backend.start_upload("file", content_of(data))
    descriptor = direct_descriptor(root)
    deaf = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_DIRECT)
    os.dup2(deaf, descriptor)
    os.close(deaf)

    with pytest.raises(LocationError, match="archive"):
        upload.open_part(0).write(part_of(data, 0))
    assert 0 in upload.missing
    upload.abort()


def test_an_upload_that_is_given_up_leaves_nothing_open(backend: LocalBackend, root: Path) -> None:
    upload = backend.start_upload("file", content_of(sample(ODD)))
    before = direct_descriptor(root)
    upload.abort()

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(before)


def test_a_process_that_was_forked_has_memory_of_its_own() -> None:
    code = """
import os
from audiotui.backends.directwrite import Room
room = Room()
room.view[0] = 1
if not (child := os.fork()):
    room.view[0] = 2
    os._exit(0)
os.waitpid(child, 0)
print(room.view[0])
"""
    forked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert forked.stdout == "1\n"


@pytest.mark.parametrize("quick_s", [60.0, -1.0])
def test_who_does_not_wait_for_syncs_waits_for_no_slow_disk_either(
    unsynced: LocalBackend, root: Path, monkeypatch: pytest.MonkeyPatch, quick_s: float
) -> None:
    data = sample(ODD)
    monkeypatch.setattr(directwrite, "QUICK_S", quick_s)
    with closing(unsynced.start_upload("a.wav", content_of(data))) as upload:
        direct_descriptor(root)
        write_all(upload, data)
        upload.commit()

    ends = [offset for offset in range(0, 2 * PART_BYTES, ROOM_BYTES) if is_in_memory(root / "a.wav", offset)]
    rooms = 2 * PART_BYTES // ROOM_BYTES
    assert len(ends) == (0 if quick_s > 0 else rooms - (SLOW_WRITES - 2))  # the part that came first took two
    assert read_all(unsynced, "a.wav") == data
