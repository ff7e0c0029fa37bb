"""A file on its way into a folder."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.directwrite import DirectPart
from audiotui.backends.entries import entry_of
from audiotui.backends.pagecache import let_go
from audiotui.backends.parts import PartWriter, blocks_of
from audiotui.backends.upload import Upload
from audiotui.crashpoints import crashpoint
from audiotui.errors import IntegrityError
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Content, Entry, Piece
    from audiotui.backends.limits import Limits
    from audiotui.backends.tempfiles import TempFile


class LocalUpload(Upload):
    """Parts are written at their place in the temporary file, in any order; ``mode`` is what the file gets at last.

    Without ``syncs`` the bytes are left to the system, which writes them to the disk when it likes.
    """

    def __init__(
        self,
        backend: Backend,
        key: str,
        content: Content,
        temp: TempFile,
        *,
        mode: int,
        syncs: bool = True,
        held: Sequence[int] = (),
    ) -> None:
        token = f"{temp.path}/{temp.name}" if temp.path else temp.name
        super().__init__(backend, key, content, token=token, held=held)
        self._temp = temp
        self._mode = mode
        self._syncs = syncs
        self._status: os.stat_result | None = None
        self._direct = None if content.is_whole else temp.open_direct()

    @property
    def device(self) -> int:
        """The disk that the file lies on."""
        return self._temp.device

    @property
    def entry(self) -> Entry:
        """What the file is, once it was sealed."""
        if self._status is None:
            raise RuntimeError(f"{self.key!r} was not sealed")
        return entry_of(self.key, self._status, level=VerifyLevel.READ_BACK)

    def close(self) -> None:
        """Close the temporary file, which stays; a second call does nothing."""
        if self._direct is not None:
            self._direct.close()
            self._direct = None
        self._temp.close()

    def open_part(self, number: int) -> PartWriter:
        """For a part in pieces, which go to their place at once, or whenever a room of ``directwrite`` is full."""
        return _LocalPart(self, number) if self._direct is None else DirectPart(self, number, self._direct)

    def _write_part(self, number: int, data: bytes) -> None:
        offset, _ = self.content.part_span(number)
        for block in blocks_of(data):
            self.write_block(offset, block)
            offset += len(block)
        self.end_part(number)

    def write_block(self, offset: int, block: Piece) -> None:
        """Write bytes and read them back while they are at hand: cheaper than hashing the file again at the end."""
        descriptor = self._temp.descriptor
        if self._syncs:
            _write(descriptor, block, offset)
        else:
            begun_s = time.thread_time()
            _write(descriptor, block, offset)
            self._temp.wrote(len(block), time.thread_time() - begun_s)
        room = _read_back.room(len(block))
        if os.preadv(descriptor, (room,), offset) != len(block) or room != block:
            raise self.disk_lies()

    def disk_lies(self) -> IntegrityError:
        """The error for bytes that are not those that were written."""
        return IntegrityError(
            f"The disk of {self.backend.name} gives back other bytes for {self.key!r} than were written.",
            "Nothing was stored under its name. Check the disk.",
        )

    def end_part(self, number: int) -> None:
        """Let the disk begin with a part of a big file, so that little is left to wait for at the commit."""
        crashpoint("local.after_write")
        if self._syncs and not self.content.is_whole:
            # Linux starts writing what it is told will not be needed, and forgets only what is on the disk by then.
            let_go(self._temp.descriptor, *self.content.part_span(number))

    def _commit(self) -> Entry:
        self.seal()
        self.sync()
        self.publish()
        self.sync_name()
        self.close()
        return self.entry

    def seal(self) -> None:
        """Step 1 of 4 of a commit: all that is to be done to the file before its bytes are made durable."""
        descriptor = self._temp.descriptor
        status = os.fstat(descriptor)
        if status.st_size != self.content.size_bytes:
            raise IntegrityError(
                f"The unfinished file for {self.key!r} has {status.st_size} bytes "
                f"instead of {self.content.size_bytes}.",
                "Something else wrote to it. Nothing was stored under its name; try again.",
            )
        os.fchmod(descriptor, self._mode)
        self._status = status

    def sync(self) -> None:
        """Step 2: make the bytes durable; after a failure they go, because memory would claim that they are there.

        A second sync would succeed, on Linux at least: the failure is told once.
        """
        if not self._syncs:
            return
        try:
            if self.content.is_whole:
                self._temp.sync()
            else:
                os.fsync(self._temp.descriptor)
        except OSError:
            self._temp.let_go()  # should it not be removed, a resume must see what the disk has
            with suppress(OSError):
                self._temp.remove()
            raise

    def publish(self) -> None:
        """Step 3: give the durable bytes their name; FileExistsError if that is taken."""
        self._temp.publish(self.key.rpartition("/")[2])

    def sync_name(self) -> None:
        """Step 4: make the name durable."""
        self._temp.sync_name()

    def let_go(self) -> None:
        """Let the system use the memory for something else that it has the bytes in, once they are on the disk.

        Many files would fill it, at the cost of what other programs read often; and to be given ever more of it takes
        a virtual machine as long as all else that is done for a file.
        """
        self._temp.let_go()

    def _abort(self) -> None:
        self._temp.remove()


def _write(descriptor: int, block: Piece, offset: int) -> None:
    written = os.pwrite(descriptor, block, offset)
    while written < len(block):
        written += os.pwrite(descriptor, memoryview(block)[written:], offset + written)


class _ReadBack(threading.local):
    """Memory for bytes that are read back, of each thread its own: fresh memory costs more than what is done with it.

    Arrays, because these are compared in one go where views are compared byte by byte.
    """

    def __init__(self) -> None:
        self._room = bytearray()

    def room(self, length: int) -> bytearray:
        """So many bytes, of any value."""
        room = self._room
        if len(room) < length:
            room.extend(bytes(length - len(room)))
        elif len(room) > length:
            del room[length:]
        return room


_read_back = _ReadBack()


class _LocalPart(PartWriter):
    """A part that goes to its place in the temporary file piece by piece."""

    _upload: LocalUpload

    def _store(self, at: int, block: Piece) -> None:
        self._upload.write_block(self._offset + at, block)

    def _end(self) -> None:
        self._upload.end_part(self._number)


def proven_parts(descriptor: int, content: Content, limits: Limits) -> list[int]:
    """The parts of an unfinished file whose bytes are right; what lies beyond the end of the content is cut off."""
    size = os.fstat(descriptor).st_size
    if size > content.size_bytes:
        os.ftruncate(descriptor, content.size_bytes)
    held = []
    for number in range(content.part_count):
        limits.check()
        offset, length = content.part_span(number)
        data = os.pread(descriptor, length, offset)
        if len(data) == length and hashlib.sha256(data).hexdigest() == content.part_digest(number):
            held.append(number)
    return held
