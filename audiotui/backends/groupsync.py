"""One sync for all files that wait for one: many small files are made durable without a sync of each.

Linux' ``syncfs`` makes everything durable that was written to a file system before the call, so threads that write at
the same time can share it: who comes while a call runs shares the next one. A file of its own takes three syncs, its
bytes and two folders, which cost as much as everything else that is done for 200 kB.

It is taken only where it is known to keep that promise, for several writers, and while it is quick: it has to wait for
what other programs wrote to the disk, too. In all other cases, and after any failure, each file is synced by itself,
which also tells whose bytes were lost.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from audiotui.backends.filesystems import FileSystem, file_system_of

if TYPE_CHECKING:
    from collections.abc import Callable, Set

FEWEST_WRITERS = 4
"""Fewer take no longer by themselves, and leave the bytes of other programs alone."""

PATIENCE_S = 0.5
"""Slower than this, it waits for other programs."""

_TELLS_ERRORS_SINCE = (5, 8)
"""The first Linux whose syncfs reports bytes that could not be written."""

_FILE_SYSTEMS = {FileSystem.EXT4, FileSystem.XFS, FileSystem.BTRFS}


class GroupSync:
    """For those who write below one folder; any thread may use it.

    ``sync`` is called with a descriptor (None: never), where ``suits`` says of a folder that it may be. The descriptor
    is opened before the first byte of the first writer and closed after the last writer has left: so it hears of every
    write that fails in between, and keeps no disk from being unmounted later.
    """

    def __init__(
        self,
        sync: Callable[[int], None] | None,
        *,
        suits: Callable[[int], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sync = sync
        self._suits = suits or _keeps_promise
        self._clock = clock
        self._changing = threading.Lock()
        self._writers = 0
        self._waiting = 0
        self._descriptor = -1
        self._device = 0
        self._is_trusted = False
        self._running = threading.Lock()
        self._begun = 0
        self._ended = 0

    def enter(self, folder: int) -> None:
        """Somebody is about to write into a folder, given by an open descriptor; ``leave`` has to follow."""
        with self._changing:
            self._writers += 1
            if self._writers == 1 and self._descriptor < 0 and self._sync is not None and self._suits(folder):
                with suppress(OSError):  # too many open files: then each is synced by itself
                    self._device = os.fstat(folder).st_dev
                    self._descriptor = os.dup(folder)
                    self._is_trusted = True

    def leave(self) -> None:
        """Somebody has ended writing."""
        with self._changing:
            self._writers -= 1
            self._close_if_unused()

    @property
    def is_of_use(self) -> bool:
        """Whether ``wait`` would sync just now."""
        return self._is_trusted and self.is_shared

    @property
    def is_shared(self) -> bool:
        """Whether many write just now."""
        return self._writers >= FEWEST_WRITERS

    @property
    def is_left(self) -> bool:
        """Whether nobody writes just now."""
        return not self._writers

    def wait(self, devices: Set[int]) -> bool:
        """Wait until what was written to these disks is durable; False if the caller has to sync it.

        A disk is named as ``st_dev`` does; another one may be mounted inside the folder.
        """
        with self._changing:
            if not self.is_of_use or devices != {self._device}:
                return False
            self._waiting += 1
            turn = self._begun + 1  # the one that runs now may have begun before our bytes were written
        try:
            with self._running:
                if self._ended < turn and self._is_trusted:
                    self._run()
            return self._is_trusted
        finally:
            with self._changing:
                self._waiting -= 1
                self._close_if_unused()

    def _run(self) -> None:
        if self._sync is None:
            raise RuntimeError("a group without a way to sync is never trusted")
        with self._changing:
            self._begun += 1
        began_s = self._clock()
        try:
            self._sync(self._descriptor)
        except OSError:
            self._is_trusted = False
            return
        self._ended = self._begun
        if self._clock() - began_s > PATIENCE_S:
            self._is_trusted = False

    def _close_if_unused(self) -> None:
        if not self._writers and not self._waiting and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._is_trusted = False


@cache
def whole_file_system_sync() -> Callable[[int], None] | None:
    """``syncfs``, by the descriptor of any file; None where there is none that reports errors."""
    version = re.match(r"(\d+)\.(\d+)", os.uname().release) if sys.platform == "linux" else None
    if version is None or tuple(map(int, version.groups())) < _TELLS_ERRORS_SINCE:
        return None
    function = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if function is None:
        return None

    def sync(descriptor: int) -> None:
        if function(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return sync


def _keeps_promise(folder: int) -> bool:
    """Whether the folder lies on a file system of this machine whose syncfs makes bytes and names durable."""
    return file_system_of(folder) in _FILE_SYSTEMS
