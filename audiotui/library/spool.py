"""Where a file waits between its arrival and its storage: a short one in memory, else on disk without a name.

Either is gone with the process; what a crash interrupts is fetched again.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from typing import TYPE_CHECKING, Self

from audiotui.backends.items import Content
from audiotui.backends.parts import blocks_of
from audiotui.errors import LocationFull
from audiotui.transfer.digest import FileDigest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

    from audiotui.backends.items import Piece

BLOCK_BYTES = 1024 * 1024

HELD_BYTES = 512 * 1024
"""What is no longer stays in memory, unless it is wanted as a file: ten seconds of speech are not worth one."""


class Rooms:
    """Memory for short files that is used again: to get it from the system anew costs more than to fill it.

    So many rooms are kept as spools were open at once. Any thread may use them.
    """

    def __init__(self) -> None:
        self._free: deque[bytearray] = deque()

    def take(self) -> bytearray:
        """A room of ``HELD_BYTES``, with whatever it holds."""
        try:
            return self._free.pop()
        except IndexError:
            return bytearray(HELD_BYTES)

    def give_back(self, room: bytearray) -> None:
        """Let others have it."""
        self._free.append(room)


class Spool:
    """The bytes of one file and their digest; a sink of the speech client and a source of uploads.

    A context; one thread writes it, any number read it. ``folder`` is where it goes when it gets long.
    """

    def __init__(self, folder: Path, rooms: Rooms | None = None) -> None:
        self._folder = folder
        self._rooms = rooms or Rooms()
        self._room: bytearray | None = None
        self._file: BinaryIO | None = None
        self._digest = FileDigest()
        self._size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave_room()
        if self._file is not None:
            self._file.close()

    @property
    def descriptor(self) -> int:
        """An open file with all that was written; LocationFull if the disk cannot take it."""
        return (self._file or self._on_disk()).fileno()

    @property
    def held(self) -> memoryview | None:
        """All that was written, if it is in memory; good as long as the context."""
        if self._file is not None:
            return None
        return memoryview(self._room or b"")[: self.size_bytes]

    @property
    def size_bytes(self) -> int:
        """How much was written."""
        return self._size_bytes

    @property
    def content(self) -> Content:
        """Exactly which bytes were written."""
        if self._file is None:
            self._hash_held()
        return Content(self.size_bytes, self._digest.sha256, self._digest.part_sha256)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes; LocationFull if the disk cannot take them."""
        begin, end = self.size_bytes, self.size_bytes + len(data)
        if self._file is None and end <= HELD_BYTES:
            if self._room is None:
                self._room = self._rooms.take()
            memoryview(self._room)[begin:end] = data
        else:
            self._append(self._file or self._on_disk(), data)
            self._digest.update(data)
        self._size_bytes = end

    def restart(self) -> None:
        """Forget what was written."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
        self._digest = FileDigest()
        self._size_bytes = 0

    def take(self, path: Path) -> None:
        """Append a file of this machine."""
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                self.write(block)

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from ``offset`` on."""
        held = self.held
        return os.pread(self.descriptor, length, offset) if held is None else bytes(held[offset : offset + length])

    def read_blocks(self, offset: int, length: int) -> Iterator[Piece]:
        """The same bytes in blocks."""
        return blocks_of(self.read_at(offset, length))

    def check_unchanged(self) -> None:
        """Do nothing: nobody else can reach it."""

    def close(self) -> None:
        """Do nothing: uploads may be tried again; the context closes it."""

    def _on_disk(self) -> BinaryIO:
        """The file, which begins with what was in memory."""
        held = self.held or memoryview(b"")
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed by the context
        except OSError as error:
            raise no_room(error) from error
        self._append(self._file, held)
        self._hash_held()
        self._leave_room()
        return self._file

    def _hash_held(self) -> None:
        """Hash what is in memory, all at once: each piece by itself would be one more wait for the interpreter."""
        if self._room is not None and self._digest.size_bytes < self._size_bytes:
            self._digest.update(memoryview(self._room)[self._digest.size_bytes : self._size_bytes])

    def _leave_room(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            self._rooms.give_back(room)

    def _append(self, file: BinaryIO, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(file.fileno(), rest) :]
        except OSError as error:
            raise no_room(error) from error


def no_room(error: OSError) -> LocationFull:
    """What to say of a disk that cannot take a file."""
    return LocationFull(
        f"Cannot keep a file for the moment: {error.strerror}.", "Free some space on the library's disk."
    )
