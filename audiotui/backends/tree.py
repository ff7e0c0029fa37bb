"""Safe steps inside one folder of this machine: no name and no symbolic link in it ever leads out.

Every folder on the way to a file is opened by its own descriptor, relative to the one before and never through a
symbolic link, so a folder that is swapped for a link in the middle of a transfer changes nothing. The walk costs about
10 us for two levels; the root is opened anew each time, so that a disk can be unmounted and its absence is noticed.
"""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from audiotui.backends.groupsync import GroupSync, whole_file_system_sync
from audiotui.backends.keys import MAX_KEY_BYTES
from audiotui.backends.pagecache import MemoryCost
from audiotui.cleanup import on_failure
from audiotui.errors import AlreadyExists, LocationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

T = TypeVar("T")

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

RACES_BORNE = 100
"""How often a folder may be removed by another process just before a file is made in it."""

_OPEN_FOLDERS = 16
"""So many levels of a walk keep their folder open; those below are walked after it was closed."""

_REMEMBERED_FOLDERS = 50_000

_SYNCED_AT_ONCE = 4

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NO_FOLDER = "there is no such folder"

_CANNOT_SYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
"""What file systems answer that know no fsync of a folder (some network and FUSE mounts); they need none."""


class RootGone(OSError):
    """The root folder is not there, or another one stands in its place."""


class OpenFolder:
    """The descriptor of a folder for the length of a ``with`` block, in which it has to be used at once."""

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


class Tree:
    """The root folder of a location; ``name`` is what messages call it. Safe to use from several threads."""

    def __init__(self, name: str, path: Path, *, syncs: bool = True) -> None:
        self.name = name
        self.path = path
        self.syncs = syncs
        """Whether names are made durable; without it a power cut may take back what was stored last."""
        self.group = GroupSync(whole_file_system_sync())
        """What those who write below it share."""
        self.memory_cost = MemoryCost()
        self.is_awaited = False
        """Whether the root was not there when it was attached, and may be made."""
        self._identity: tuple[int, int] | None = None
        self._durable: set[str] = set()

    def attach(self, *, awaits: bool = False) -> None:
        """Make sure that the root is there, and remember which folder it is.

        With ``awaits`` one that never was there may be missing, and holds nothing until it is made: steps in it raise
        FileNotFoundError.

        Raises:
            RootGone: it is not there, or not any more.
            LocationError: something else stands where it shall be made.
        """
        try:
            root = os.open(self.path, _FOLDER)
        except (FileNotFoundError, NotADirectoryError) as error:
            if not awaits or self._identity is not None:
                raise RootGone(_NO_FOLDER) from error
            if isinstance(error, NotADirectoryError):
                raise self._in_the_way() from error
            # Others may be at work: not for a moment may it look like a folder that is gone.
            self.is_awaited = True
            return
        with OpenFolder(root):
            status = os.fstat(root)
        self._identity, self.is_awaited = (status.st_dev, status.st_ino), False

    def make(self) -> None:
        """Make the missing root, durably, and attach it.

        Raises:
            LocationError: something else stands there.
        """
        made = [path for path in (self.path, *self.path.parents) if not path.exists()] if self.syncs else []
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise self._in_the_way() from error
        for path in made:
            with suppress(PermissionError), OpenFolder(os.open(path.parent, _FOLDER)) as above:
                sync_folder(above)
        self.attach()

    def leave(self) -> None:
        """Somebody who entered the group has ended writing."""
        self.group.leave()
        if self.group.is_left:
            self.memory_cost.forget()

    def root(self) -> OpenFolder:
        """A descriptor of the root; RootGone if it is not there or not the folder that was attached."""
        return OpenFolder(self._open_root())

    def folder(self, path: str) -> OpenFolder:
        """A descriptor of a folder that exists ('' is the root); FileNotFoundError if it does not."""
        return OpenFolder(self.open_folder(path))

    def open_folder(self, path: str, *, create: bool = False) -> int:
        """Like ``folder``; the caller closes the descriptor. ``create`` makes what is missing of the path.

        Raises:
            AlreadyExists: a file stands where the path needs a folder (only with ``create``).
            LocationError: a symbolic link stands there.
        """
        descriptor = self._open_root()
        done = ""
        for name in path.split("/") if path else ():
            done = f"{done}/{name}" if done else name
            parent = descriptor
            try:
                descriptor = self._step(parent, name, done, create=create)
            finally:
                os.close(parent)
        return descriptor

    def in_folder(self, path: str, act: Callable[[int], T]) -> T:
        """Do something in a folder, which is made if it is missing, and again if it is pruned at that moment."""
        folder, result = self.hold_folder(path, act)
        os.close(folder)
        return result

    def hold_folder(self, path: str, act: Callable[[int], T]) -> tuple[int, T]:
        """``in_folder``, after which the folder is still open; the caller closes the descriptor."""
        for _ in range(RACES_BORNE):
            try:
                folder = self.open_folder(path, create=True)
            except FileNotFoundError:
                continue
            with on_failure(partial(os.close, folder)):
                try:
                    return folder, act(folder)
                except FileNotFoundError:
                    if os.fstat(folder).st_nlink > 0:
                        raise
            os.close(folder)
        raise FileNotFoundError(errno.ENOENT, "the folder is removed again and again", path)

    def leads_to(self, path: str, name: str, file: tuple[int, int]) -> bool:
        """Whether a name in a folder leads to a file (its device and inode), past folders alone.

        It looks from the root on, as ``folder`` does, in half the calls; why not, ``folder`` tells.
        """
        place = str(self.path)
        try:
            for part in path.split("/") if path else ():
                place = f"{place}/{part}"
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    return False
            status = os.lstat(f"{place}/{name}")
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == file

    def walk(self, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
        """Every regular file whose path begins with ``prefix``, in any order.

        Symbolic links are not followed; paths may be such as no key can have. What vanishes meanwhile is left out; any
        other trouble is raised, so a walk that ends is complete.
        """
        start = parent_of(prefix)
        try:
            folder = self.open_folder(start)
        except (FileNotFoundError, LocationError):
            return
        yield from self._walk(folder, f"{start}/" if start else "", prefix, depth=1)

    def sync(self, path: str, descriptor: int) -> None:
        """Make the names in a folder durable, and the folder itself in those above it, unless it is pruned already."""
        if not self.syncs or self.group.wait({os.fstat(descriptor).st_dev}):
            return
        sync_folder(descriptor)
        while path and path not in self._durable:
            parent = parent_of(path)
            try:
                with self.folder(parent) as above:
                    sync_folder(above)
            except FileNotFoundError:
                return
            self._remember({path})
            path = parent

    def sync_all(self, paths: Iterable[str]) -> None:
        """``sync`` several folders, those above them once; disks answer many syncs at a time about as fast as one."""
        if not self.syncs:
            return
        pending: set[str] = set()
        for folder in paths:
            path = folder
            pending.add(path)
            while path and path not in self._durable:
                path = parent_of(path)
                pending.add(path)
        with ThreadPoolExecutor(_SYNCED_AT_ONCE, thread_name_prefix="audiotui-sync") as pool:
            for _ in pool.map(self._sync_one, pending):
                pass
        self._remember(pending)

    def prune(self, path: str) -> None:
        """Remove a folder if it is empty, then those above it; never the root, and never one that is in use.

        One that is gone, or that a crash kept from being made, does not keep those above it.
        """
        while path:
            parent = parent_of(path)
            self._durable.discard(path)
            try:
                with suppress(FileNotFoundError), self.folder(parent) as above:
                    os.rmdir(path.rpartition("/")[2], dir_fd=above)
            except OSError:
                return  # not empty, or not ours to remove: both are fine
            path = parent

    def _open_root(self) -> int:
        is_awaited = self.is_awaited  # asked before: somebody may make it behind the look
        try:
            root = os.open(self.path, _FOLDER)
        except (FileNotFoundError, NotADirectoryError) as error:
            if is_awaited:
                raise FileNotFoundError(errno.ENOENT, "the folder is not made yet", str(self.path)) from error
            raise RootGone(_NO_FOLDER) from error
        status = os.fstat(root)
        if self._identity not in {None, (status.st_dev, status.st_ino)}:
            os.close(root)
            raise RootGone("another folder stands in its place, as if a disk had been unmounted or exchanged")
        return root

    def _in_the_way(self) -> LocationError:
        return LocationError(
            f"Cannot use {self.name}: {self.path} is no folder, or leads through something that is none.",
            "Move what is there away, or give the location another path.",
            location=self.name,
        )

    def _sync_one(self, path: str) -> None:
        with self.folder(path) as descriptor:
            sync_folder(descriptor)

    def _remember(self, durable: set[str]) -> None:
        if len(self._durable) >= _REMEMBERED_FOLDERS:
            self._durable.clear()
        self._durable |= durable

    def _walk(self, folder: int, base: str, prefix: str, *, depth: int) -> Iterator[tuple[str, os.stat_result]]:
        deeper: list[str] = []
        try:
            with os.scandir(folder) as items:
                for item in items:
                    path = base + item.name
                    if item.is_dir(follow_symlinks=False):
                        if not _can_hold(path, prefix):
                            continue
                        if depth >= _OPEN_FOLDERS:
                            deeper.append(path)
                        elif (below := _vanished_is_none(item.name, folder)) is not None:
                            yield from self._walk(below, f"{path}/", prefix, depth=depth + 1)
                    elif path.startswith(prefix) and item.is_file(follow_symlinks=False):
                        with suppress(FileNotFoundError):
                            yield path, item.stat(follow_symlinks=False)
        finally:
            os.close(folder)
        for path in deeper:
            yield from self.walk(f"{path}/")

    def _step(self, parent: int, name: str, done: str, *, create: bool) -> int:
        for _ in range(RACES_BORNE if create else 1):
            try:
                return os.open(name, FOLDER_FLAGS, dir_fd=parent)
            except FileNotFoundError:
                if not create:
                    raise
            except OSError as error:
                if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                    raise
                self._refuse(parent, name, done, error, create=create)
            try:
                os.mkdir(name, dir_fd=parent)
            except FileExistsError:
                continue
        raise FileNotFoundError(errno.ENOENT, "the folder is removed again and again", done)

    def _refuse(self, parent: int, name: str, done: str, error: OSError, *, create: bool) -> None:
        """Say what stands where a folder should be; for a reader, a file in the way means that there is no folder."""
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise LocationError(
                f"{self.name} has a symbolic link at {done!r}, which is not followed.",
                "Replace the link by what it points at, or make that a location of its own.",
                location=self.name,
                key=done,
            ) from error
        if not create:
            raise FileNotFoundError(errno.ENOENT, "a file stands where a folder should be", done) from error
        raise AlreadyExists(
            f"{self.name} has a file {done!r}, so there can be no folder of that name.",
            "Move the file away, or choose another key.",
            location=self.name,
            key=done,
        ) from error


def parent_of(path: str) -> str:
    """The folder part of a key; '' for the root."""
    return path.rpartition("/")[0]


def sync_folder(descriptor: int) -> None:
    """Make the names in a folder durable."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_FOLDERS:
            raise


def _can_hold(path: str, prefix: str) -> bool:
    """Whether files whose paths begin with the prefix may lie in a folder; those too deep for any key are left out."""
    folder = f"{path}/"
    return (folder.startswith(prefix) or prefix.startswith(folder)) and len(os.fsencode(folder)) < MAX_KEY_BYTES


def _vanished_is_none(name: str, parent: int) -> int | None:
    """A descriptor of a folder that a listing named; None if it was removed or exchanged since."""
    try:
        return os.open(name, FOLDER_FLAGS, dir_fd=parent)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise
