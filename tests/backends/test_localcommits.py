"""Many commits into one folder in step."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.groupsync import FEWEST_WRITERS, GroupSync
from audiotui.backends.local import LocalBackend
from audiotui.backends.localcommits import commit_together
from audiotui.backends.localupload import LocalUpload
from audiotui.backends.options import LocalOptions
from audiotui.backends.pagecache import AVERAGED_WRITES
from audiotui.errors import AlreadyExists, IntegrityError, KeyNotFound, LocationError
from audiotui.model import VerifyLevel
from tests.backends.memory import is_in_memory
from tests.contracts.samples import content_of, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Disk:
    """Notes what lies in a folder at each shared sync; ``error`` is raised instead."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.seen: list[set[str]] = []
        self.error: OSError | None = None

    def sync(self, descriptor: int) -> None:
        """What stands for the system call."""
        del descriptor
        if self.error is not None:
            raise self.error
        self.seen.append({path.name for path in self._root.rglob("*.wav")})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the location."""
    return tmp_path / "folder"


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The folder as a location."""
    with LocalBackend("archive", LocalOptions(path=root), library_id="library-1") as backend:
        yield backend


@pytest.fixture
def disk(root: Path) -> Disk:
    """The disk of that folder."""
    return Disk(root)


@pytest.fixture
def group(disk: Disk, root: Path, backend: LocalBackend) -> Iterator[GroupSync]:
    """As many writers as a shared sync is for."""
    backend.claim()
    backend._tree.group = group = GroupSync(disk.sync, suits=lambda _folder: True)
    with ExitStack() as stack:
        folder = os.open(root, os.O_RDONLY)
        stack.callback(os.close, folder)
        for _ in range(FEWEST_WRITERS):
            group.enter(folder)
            stack.callback(group.leave)
        yield group


def uploads_of(backend: LocalBackend, count: int) -> list[LocalUpload]:
    """Complete uploads, the bytes of each of which are its number."""
    uploads = []
    for number in range(count):
        data = str(number).encode()
        upload = backend.start_upload(f"a/{number}.wav", content_of(data))
        upload.write_part(0, data)
        assert isinstance(upload, LocalUpload)
        uploads.append(upload)
    return uploads


def test_all_bytes_are_durable_before_any_name_and_then_all_names(
    backend: LocalBackend, disk: Disk, group: GroupSync
) -> None:
    assert group.is_of_use
    entries = commit_together(uploads_of(backend, 5), backend._tree)

    stored = [backend.stat(f"a/{number}.wav") for number in range(5)]
    assert entries == [replace(entry, level=VerifyLevel.READ_BACK) for entry in stored]
    assert [read_all(backend, f"a/{number}.wav") for number in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert disk.seen == [set(), {"0.wav", "1.wav", "2.wav", "3.wav", "4.wav"}]


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux tells what it has in memory")
def test_many_durable_files_are_not_kept_in_memory(backend: LocalBackend, root: Path) -> None:
    uploads = uploads_of(backend, FEWEST_WRITERS + 1)
    together = backend.commit_together
    if together is None:
        pytest.skip("no file system of a disk: nothing is synced together")
    assert all(is_in_memory(root / upload.token) for upload in uploads)
    entries = together(uploads)
    assert not any(isinstance(entry, Exception) for entry in entries)
    assert not any(is_in_memory(root / upload.key) for upload in uploads)


@pytest.mark.parametrize("is_dear", [True, False])
def test_without_syncs_bytes_go_to_the_disk_while_memory_is_dear_and_names_never(
    root: Path, disk: Disk, is_dear: bool
) -> None:
    with LocalBackend("archive", LocalOptions(path=root, sync=False), library_id="library-1") as backend:
        backend.claim()
        tree = backend._tree
        tree.group = GroupSync(disk.sync, suits=lambda _folder: True)
        uploads = uploads_of(backend, FEWEST_WRITERS)
        for _ in range(AVERAGED_WRITES * is_dear):
            tree.memory_cost.wrote(200_000, 0.0005)

        assert not any(isinstance(entry, Exception) for entry in commit_together(uploads, tree))
        assert disk.seen == [set()] * is_dear


def test_what_keeps_one_file_from_being_committed_keeps_no_other(
    backend: LocalBackend, root: Path, group: GroupSync
) -> None:
    assert group.is_of_use
    uploads = uploads_of(backend, 4)
    (root / "a" / "1.wav").write_bytes(b"somebody was quicker")
    with (root / uploads[2].token).open("ab") as file:
        file.write(b"more")
    fine, taken, longer, also_fine = commit_together(uploads, backend._tree)

    assert not isinstance(fine, Exception)
    assert not isinstance(also_fine, Exception)
    assert isinstance(taken, AlreadyExists)
    assert isinstance(longer, IntegrityError)
    assert (root / "a" / "1.wav").read_bytes() == b"somebody was quicker"
    with pytest.raises(KeyNotFound):
        backend.stat("a/2.wav")
    for upload in uploads:
        upload.close()


def test_after_a_shared_sync_that_failed_each_file_is_synced_by_itself(
    backend: LocalBackend, disk: Disk, group: GroupSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert group.is_of_use
    uploads = uploads_of(backend, 3)
    lost = (backend.path / uploads[1].token).stat().st_ino

    def fsync(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino == lost:
            raise OSError(5, "the disk has lost it")

    disk.error = OSError("the disk is broken")
    monkeypatch.setattr(os, "fsync", fsync)
    fine, gone, also_fine = commit_together(uploads, backend._tree)

    assert isinstance(gone, LocationError)
    assert not isinstance(fine, Exception)
    assert not isinstance(also_fine, Exception)
    assert sorted(path.name for path in (backend.path / "a").iterdir()) == ["0.wav", "2.wav"]


def test_few_writers_commit_by_themselves(backend: LocalBackend) -> None:
    [upload] = uploads_of(backend, 1)

    assert backend.commit_together is None
    upload.abort()
