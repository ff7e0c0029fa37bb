"""Files of the user, opened for reading: regular files only, never waiting, and noticing when one changes meanwhile.

A path whose name is no valid UTF-8 holds lone surrogates, as ``os.fsdecode`` makes them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput, SourceChanged

if TYPE_CHECKING:
    from pathlib import Path

BLOCK_BYTES = 1 << 20
"""Files are read in blocks of this size."""

# O_NONBLOCK: should a pipe have taken the file's place, opening it does not wait for a writer.
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

_REASONS = {
    errno.ENOENT: ("there is no such file", "Check the path."),
    errno.ENOTDIR: ("there is no such file", "Check the path."),
    errno.EACCES: ("permission denied", "Check the permissions of the file and of the folders above it."),
    errno.EPERM: ("permission denied", "Check the permissions of the file and of the folders above it."),
    errno.ELOOP: ("a symbolic link is in the way", "Give the path of the file itself."),
    errno.ENAMETOOLONG: ("its name is too long", "Give it a shorter name."),
    errno.ENXIO: ("it is a socket or a device, not a file", "Give a regular file."),
}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells that a file is still the same and unchanged, as far as the file system knows."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, facts: os.stat_result) -> Fingerprint:
        """The fingerprint in what ``stat`` tells."""
        return cls(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


class UserFile:
    """An open regular file of the user."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self.facts = os.fstat(descriptor)
        self.fingerprint = Fingerprint.of(self.facts)

    @property
    def size_bytes(self) -> int:
        """How long the file was when it was opened."""
        return self.fingerprint.size_bytes

    def blocks(self) -> Iterator[bytes]:
        """The whole file from its start.

        Raises:
            SourceChanged: the file is not what it was when it was opened.
            InvalidInput: the disk failed.
        """
        done_bytes = 0
        try:
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            while block := os.read(self.descriptor, BLOCK_BYTES):
                yield block
                done_bytes += len(block)
                if done_bytes > self.size_bytes:
                    break  # it grows: perhaps without end
        except OSError as error:
            raise unreadable(self.path, error) from error
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Raise SourceChanged if size, time or inode are not what they were when the file was opened."""
        if Fingerprint.of(os.fstat(self.descriptor)) != self.fingerprint:
            raise SourceChanged(f"{self.path} changed while it was read.", "Add it again when it is finished.")


Opener = Callable[[], AbstractContextManager[UserFile]]
"""Opens one file when its turn has come; the file is closed when the context ends."""


@contextmanager
def open_user_file(path: Path, *, follow_link: bool = True) -> Iterator[UserFile]:
    """Open a regular file; ``follow_link`` says whether the path may be a symbolic link to one.

    Raises:
        InvalidInput: there is no such file, it cannot be read, or it is a folder, a pipe, a socket or a device.
    """
    try:
        _require_regular(path, path.stat(follow_symlinks=follow_link))  # before: opening some devices has effects
        descriptor = os.open(path, _READ | (0 if follow_link else os.O_NOFOLLOW))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    with _closing(descriptor):
        yield _regular(path, descriptor)


@contextmanager
def open_beneath(folder: Path, relative: str) -> Iterator[UserFile]:
    """Open a regular file inside ``folder``, following no symbolic link below it.

    ``relative`` has passed ``keys.check_key``, so it has no ``..``. Raises InvalidInput as ``open_user_file`` does.
    """
    path = folder / relative
    *folders, name = relative.split("/")
    try:
        inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in folders:
            with _closing(inner):
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=inner)
        with _closing(inner):
            _require_regular(path, os.stat(name, dir_fd=inner, follow_symlinks=False))
            descriptor = os.open(name, _READ | os.O_NOFOLLOW, dir_fd=inner)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    with _closing(descriptor):
        yield _regular(path, descriptor)


def unreadable(path: Path, error: OSError | ValueError) -> InvalidInput:
    """What to tell a person whose file the system does not let us read."""
    if isinstance(error, OSError):
        reason, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error), "Check the disk it lies on."))
    else:
        reason, hint = "its name has a NUL character", "Check the path."
    return InvalidInput(f"Cannot read {path}: {reason}.", hint)


def what_is_it(mode: int) -> str:
    """What a thing in a folder is, by its mode: ``file``, ``folder``, ``symbolic link``, ``named pipe`` ..."""
    return _KINDS.get(stat.S_IFMT(mode), "thing of an unknown kind")


_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _regular(path: Path, descriptor: int) -> UserFile:
    file = UserFile(path, descriptor)
    _require_regular(path, file.facts)
    return file


def _require_regular(path: Path, facts: os.stat_result) -> None:
    if stat.S_ISREG(facts.st_mode):
        return
    hint = "To add all audio files in it, use import." if stat.S_ISDIR(facts.st_mode) else "Give a regular file."
    raise InvalidInput(f"Cannot read {path}: it is a {what_is_it(facts.st_mode)}, not a file.", hint)
