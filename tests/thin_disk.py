"""A disk that takes bytes and cannot keep them: it has promised more room than there is behind it.

That is how thin volumes and failing hardware behave: a write succeeds, the sync behind it fails, and a second sync of
the same file finds nothing left to do and succeeds, while memory still shows the bytes that the disk never got.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import small_disk
from tests.servers.process import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN_BYTES = 256 * 1024 * 1024
"""What the disk claims to have room for."""


@dataclass(frozen=True)
class ThinDisk:
    """A mounted file system, and what is behind it."""

    path: Path
    behind: Path

    def mend(self) -> None:
        """Let there be as much room as it claims."""
        _run("mount", "-o", f"remount,size={2 * SHOWN_BYTES}", str(self.behind))


@contextmanager
def thin_disk(folder: Path, size_bytes: int) -> Iterator[ThinDisk]:
    """A disk of that kind, mounted on a new folder in ``folder``; so many bytes it can keep."""
    if shutil.which("mkfs.ext4") is None:
        missing("mkfs.ext4 is not installed: apt-get install e2fsprogs")
    disk = folder / "thin"
    with small_disk(folder / "behind", size_bytes) as behind:
        image = behind / "image"
        with image.open("wb") as file:
            file.truncate(SHOWN_BYTES)
        # Without a journal, so that it goes on after an error, as network shares and FAT do.
        command = ["mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", str(image)]
        _run(*command)
        disk.mkdir()
        with _block_device(image) as device:
            _run("mount", "-o", "errors=continue", device, str(disk))
            try:
                yield ThinDisk(disk, behind)
            finally:
                _run("umount", "--lazy", str(disk))


@contextmanager
def _block_device(image: Path) -> Iterator[str]:
    """A file as a block device, which takes a page at a time: of more, Linux takes a part that fits for the whole."""
    device = _run("losetup", "--find", "--show", str(image))
    try:
        Path("/sys/block", Path(device).name, "queue", "max_sectors_kb").write_text("4")
        yield device
    finally:
        _run("losetup", "--detach", device)


def _run(*command: str) -> str:
    """What a command prints; the test ends where the system does not allow it."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"{command[0]} is not allowed here: {done.stderr.strip()}")
    return done.stdout.strip()


def bytes_on_disk(path: Path) -> bytes:
    """What a file holds once memory has forgotten what was written to it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)
