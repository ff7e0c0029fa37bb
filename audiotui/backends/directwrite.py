"""Parts of big files on their way straight to the disk and back, past the memory in which the system keeps files.

Whoever syncs a file waits for the disk in any case, and others hardly at all where it is quick. Through that memory its
bytes are copied once more, take the place of what other programs read often, and are read back from the copy instead of
the disk. In a virtual machine, which is given each page of memory anew, 1 GiB takes 3 s of the processor there, and
0.3 s on this way (measured on ext4).
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.filesystems import FileSystem, file_system_of
from audiotui.backends.parts import PartWriter

if TYPE_CHECKING:
    from audiotui.backends.items import Piece
    from audiotui.backends.localupload import LocalUpload

ROOM_BYTES = 2 * 1024 * 1024
"""How much is written at a time: a disk takes as much again of time for pieces of a tenth. As large as the large pages
of most processors."""

ALIGNED_BYTES = 4096
"""Disks are written in units of so many bytes, or of fewer; what is left of a file takes the usual way."""

QUICK_S = 0.02
"""A quick disk takes less for a room; one that does not makes those wait who do not wait for syncs."""

SLOW_WRITES = 8
"""So many of a file are no chance."""

_KNOWN = {FileSystem.EXT4, FileSystem.XFS}

_FLAG = getattr(os, "O_DIRECT", None)

_LARGE_PAGES = getattr(mmap, "MADV_HUGEPAGE", None)


class Room:
    """Memory that begins where a disk wants it to begin; a process that is forked gets a copy, not a share.

    It is one large page, where the system has such: to hand 512 small ones to a disk takes as long as to copy them.
    For that twice as many addresses are taken, of which half are never touched and so take no memory.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 2 * ROOM_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if _LARGE_PAGES is not None:
            with suppress(OSError):  # a system that was built without
                self._memory.madvise(_LARGE_PAGES)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        skipped = -begin % ROOM_BYTES
        self.address = begin + skipped
        self.view = memoryview(self._memory)[skipped : skipped + ROOM_BYTES]


class _Rooms(threading.local):
    """One of each thread, to read back into."""

    def __init__(self) -> None:
        self.read_back = Room()


_rooms = _Rooms()

_unused: deque[Room] = deque(maxlen=8)
"""Rooms of parts that have ended: fresh memory costs more than what is done with it."""


class DirectFile:
    """A second descriptor of an unfinished file. Several threads may use it, until somebody closes it."""

    def __init__(self, descriptor: int, *, is_patient: bool) -> None:
        self._descriptor = descriptor
        self._slow_writes_left = None if is_patient else SLOW_WRITES
        self.is_usable = True
        """False once the disk turned out not to be written in such units, or to be slow for who is not patient."""

    @classmethod
    def open(cls, name: str, folder: int, *, is_patient: bool) -> DirectFile | None:
        """Of a file in an open folder; None where it is not known to be of use."""
        if _FLAG is None or file_system_of(folder) not in _KNOWN:
            return None
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | _FLAG, dir_fd=folder)
        except OSError:
            return None
        return cls(descriptor, is_patient=is_patient)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode of the file."""
        status = os.fstat(self._descriptor)
        return status.st_dev, status.st_ino

    def write(self, room: Room, length: int, offset: int) -> bool | None:
        """Write the first bytes of a room, and read them back; whether they are the same.

        None, and nothing is known of these bytes of the file, if the disk does not take them like this. OSError if it
        took them and cannot read them: on the usual way that would stay hidden behind the system's memory.
        """
        begun_s = time.monotonic()
        try:
            is_taken = os.pwrite(self._descriptor, room.view[:length], offset) == length
        except OSError:  # a full disk, too, says it once more on the usual way
            is_taken = False
        if not is_taken:
            self.is_usable = False
            return None
        if self._slow_writes_left is not None and time.monotonic() - begun_s > QUICK_S:
            self._slow_writes_left -= 1
            if self._slow_writes_left <= 0:
                self.is_usable = False  # never True again: another thread may have found that the disk takes nothing
        back = _rooms.read_back
        got = os.preadv(self._descriptor, [back.view[:length]], offset)
        return got == length and _memcmp(room.address, back.address, length) == 0

    def close(self) -> None:
        """Close the descriptor."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class DirectPart(PartWriter):
    """A part that is gathered in a room and goes to its place whenever that is full."""

    _upload: LocalUpload

    def __init__(self, upload: LocalUpload, number: int, file: DirectFile) -> None:
        super().__init__(upload, number)
        self._file = file
        self._room = _unused.pop() if _unused else Room()
        self._filled = 0
        self._written = 0

    def room(self, most_bytes: int) -> memoryview:
        """What is left of the room that goes to the disk: bytes that are put there need not be copied.

        And many of them are hashed in one go: to wait for Python's lock after each few costs a sixth of all work.
        """
        most_bytes = min(most_bytes, self._length - self.got_bytes)
        return self._room.view[self._filled : min(self._filled + most_bytes, ROOM_BYTES)]

    def filled(self, byte_count: int) -> None:
        """Hash what came, and write the room if it is full now."""
        begin, self._filled = self._filled, self._filled + byte_count
        self.got_bytes += byte_count
        self._digest.update(self._room.view[begin : self._filled])
        if self._filled == ROOM_BYTES:
            with self._upload.backend.boundary(self._upload.key):
                self._empty()

    def _store(self, at: int, block: Piece) -> None:
        del at  # one after the other
        view = memoryview(block)
        while view:
            taken = min(len(view), ROOM_BYTES - self._filled)
            self._room.view[self._filled : self._filled + taken] = view[:taken]
            self._filled += taken
            view = view[taken:]
            if self._filled == ROOM_BYTES:
                self._empty()

    def _end(self) -> None:
        self._empty()
        _unused.append(self._room)
        self._upload.end_part(self._number)

    def _empty(self) -> None:
        offset = self._offset + self._written
        direct = self._filled // ALIGNED_BYTES * ALIGNED_BYTES if self._file.is_usable else 0
        if direct:
            is_same = self._file.write(self._room, direct, offset)
            if is_same is None:
                direct = 0
            elif not is_same:
                raise self._upload.disk_lies()
        if direct < self._filled:
            self._upload.write_block(offset + direct, self._room.view[direct : self._filled])
        self._written += self._filled
        self._filled = 0


_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
