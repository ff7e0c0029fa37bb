"""Unfinished files in a folder: made, found again, given their final name or removed, each under a lock.

The lock (``flock``) lasts as long as the descriptor, so it ends with the process, however that dies: a temporary file
that is locked is in use, one that is not is a leftover.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

from audiotui.backends.directwrite import DirectFile
from audiotui.backends.pagecache import let_go
from audiotui.backends.publish import publish
from audiotui.backends.tree import RACES_BORNE
from audiotui.cleanup import on_failure
from audiotui.crashpoints import crashpoint
from audiotui.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.tree import Tree

_OPEN_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE_FLAGS = _OPEN_FLAGS | os.O_CREAT | os.O_EXCL


class InUse(LocationError):
    """Another process works on the same unfinished file.

    That passes by itself: a run that was killed may leave a process at its side behind, which ends soon after it.
    """

    retryable = True


class TempFile:
    """An open, locked temporary file and the folder that it lies in, both by descriptor."""

    def __init__(self, tree: Tree, path: str, name: str, *, folder: int, opened: _Opened) -> None:
        self.path = path
        """Its folder, relative to the root."""
        self.name = name
        self.descriptor = opened.descriptor
        self.device = opened.device
        """The disk that it lies on."""
        self._inode = opened.inode
        self._tree = tree
        self._folder = folder
        tree.group.enter(folder)

    @classmethod
    def create(cls, tree: Tree, path: str, name: str, *, check: Callable[[int], None] | None = None) -> Self:
        """Make the file, and the folders above it; a leftover of that name is removed first.

        ``check`` is called with the folder before anything is made in it, and raises to prevent that.

        Raises:
            InUse: another process writes to a file of that name.
        """

        def make(folder: int) -> _Opened:
            if check is not None:
                check(folder)
            return _make(name, folder)

        folder, opened = tree.hold_folder(path, make)
        return cls(tree, path, name, folder=folder, opened=opened)

    @classmethod
    def reopen(cls, tree: Tree, path: str, name: str) -> Self | None:
        """The file that an earlier attempt left, None if there is none.

        Raises:
            InUse: another process writes to it.
        """
        try:
            folder = tree.open_folder(path)
        except FileNotFoundError:
            return None
        with on_failure(partial(os.close, folder)):
            opened = _open(name, folder)
        if opened is None:
            os.close(folder)
            return None
        return cls(tree, path, name, folder=folder, opened=opened)

    @staticmethod
    def discard(tree: Tree, path: str, name: str) -> bool:
        """Remove a leftover, and tell whether there was one; one that another process writes to is left alone."""
        removed = False
        try:
            with suppress(FileNotFoundError), tree.folder(path) as folder:
                removed = _remove_leftover(name, folder)
        except InUse:
            return False
        tree.prune(path)
        return removed

    def open_direct(self) -> DirectFile | None:
        """The same file past the system's memory; None where that is not known to be of use."""
        file = DirectFile.open(self.name, self._folder, is_patient=self._tree.syncs)
        if file is not None and file.identity != (self.device, self._inode):  # exchanged by hand, just now
            file.close()
            return None
        return file

    def sync(self) -> None:
        """Make the bytes durable, together with those of other files if many are written."""
        if not self._tree.group.wait({self.device}):
            os.fsync(self.descriptor)

    def wrote(self, byte_count: int, computed_s: float) -> None:
        """What a write took of the processor; whether memory is dear is told by it."""
        self._tree.memory_cost.wrote(byte_count, computed_s)

    def let_go(self) -> None:
        """Let the system use the memory for something else that it has the bytes in, once they are on the disk."""
        let_go(self.descriptor)

    def publish(self, new_name: str, new_path: str | None = None) -> None:
        """Give the synced file its final name, in its own folder or in another; FileExistsError if that is taken.

        The name is not durable before its folder was synced.
        """
        path = self.path if new_path is None else new_path
        self._check_in_place()
        crashpoint("local.before_commit")

        def rename(folder: int) -> None:
            publish(self.name, self._folder, new_name, folder)
            crashpoint("local.after_commit")

        if path == self.path:
            rename(self._folder)
        else:
            self._tree.in_folder(path, rename)
            self._tree.prune(self.path)

    def sync_name(self) -> None:
        """Make the name durable that ``publish`` gave to the file in its own folder."""
        self._tree.sync(self.path, self._folder)

    def remove(self) -> None:
        """Remove the file, and the folders that this leaves empty."""
        if self._folder >= 0:
            with suppress(FileNotFoundError):
                os.unlink(self.name, dir_fd=self._folder)
            self.close()
            self._tree.prune(self.path)

    def close(self) -> None:
        """Close both descriptors, which ends the lock; a second call does nothing."""
        if self._folder < 0:
            return
        self._tree.leave()
        descriptors = self.descriptor, self._folder
        self.descriptor = self._folder = -1
        for descriptor in descriptors:
            with suppress(OSError):  # of a folder of another machine: what counts was synced, which told any trouble
                os.close(descriptor)

    def _check_in_place(self) -> None:
        """Look the file up once more: it, or a folder above it, may have been exchanged by hand."""
        if self._tree.leads_to(self.path, self.name, (self.device, self._inode)):
            return
        with self._tree.folder(self.path) as folder:
            named = os.stat(self.name, dir_fd=folder, follow_symlinks=False)
        if (named.st_dev, named.st_ino) != (self.device, self._inode):
            raise InUse(
                f"The unfinished file {self.name!r} was exchanged while it was written.",
                "Nothing was stored under its final name; try again.",
            )


class _Opened(NamedTuple):
    """An open, locked file, and which file of which disk it is."""

    descriptor: int
    device: int
    inode: int


def _make(name: str, folder: int) -> _Opened:
    for _ in range(RACES_BORNE):
        try:
            descriptor = os.open(name, _CREATE_FLAGS, 0o600, dir_fd=folder)
        except FileExistsError:
            _remove_leftover(name, folder)
            continue
        with on_failure(partial(os.close, descriptor)):
            if _lock(descriptor) and (status := os.fstat(descriptor)).st_nlink:
                return _Opened(descriptor, status.st_dev, status.st_ino)
        os.close(descriptor)
    raise _busy(name)


def _open(name: str, folder: int) -> _Opened | None:
    """The leftover, locked; None if there is none, or if its file has its final name already."""
    try:
        descriptor = os.open(name, _OPEN_FLAGS, dir_fd=folder)
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            return None
        raise
    with on_failure(partial(os.close, descriptor)):
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            if not _lock(descriptor):
                raise _busy(name)
            return _Opened(descriptor, status.st_dev, status.st_ino)
    os.close(descriptor)
    return None


def _remove_leftover(name: str, folder: int) -> bool:
    """Remove what stands in the way of a new temporary file, unless another process writes to it; whether it was."""
    leftover = _open(name, folder)
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    finally:
        if leftover is not None:
            os.close(leftover.descriptor)
    return True


def _lock(descriptor: int) -> bool:
    """Lock the file; False if another holds it. File systems without locks count as locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in {errno.ENOLCK, errno.ENOTSUP, errno.EINVAL}:
            raise
    return True


def _busy(name: str) -> InUse:
    return InUse(
        f"Another process is writing the unfinished file {name!r}.", "Wait until its transfer has ended, then retry."
    )
