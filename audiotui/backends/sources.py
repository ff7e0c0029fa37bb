"""Where the bytes of a transfer come from: an open file, memory, or a file of another location read in ranges."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from audiotui.backends.parts import BLOCK_BYTES, blocks_of
from audiotui.errors import InvalidInput, SourceChanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Entry, Piece


class FileSource:
    """An open regular file, which it owns and watches: any change after the opening is noticed.

    ``name`` is what messages call it.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self._descriptor = descriptor
        self._first_seen = _identity(os.fstat(descriptor))

    @property
    def size_bytes(self) -> int:
        """Its size when it was opened."""
        return self._first_seen[0]

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes; SourceChanged if the file ends before."""
        data = os.pread(self._descriptor, length, offset)
        while len(data) < length:
            more = os.pread(self._descriptor, length - len(data), offset + len(data))
            if not more:
                raise _changed(self.name, f"it ends after {offset + len(data)} bytes")
            data += more
        return data

    def read_blocks(self, offset: int, length: int) -> Iterator[Piece]:
        """The same bytes in blocks, which all come in the same memory; SourceChanged if the file ends before."""
        room = memoryview(bytearray(min(length, BLOCK_BYTES)))
        end = offset + length
        while offset < end:
            got = os.preadv(self._descriptor, (room[: end - offset],), offset)
            if not got:
                raise _changed(self.name, f"it ends after {offset} bytes")
            yield room[:got]
            offset += got

    def check_unchanged(self) -> None:
        """Raise SourceChanged if the file was written to, replaced or removed since it was opened."""
        now = os.fstat(self._descriptor)
        if now.st_nlink == 0:
            raise _changed(self.name, "it was removed or replaced")
        if _identity(now) != self._first_seen:
            raise _changed(self.name, "it was written to")

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class BytesSource:
    """Bytes that are in memory already; they cannot change."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes; SourceChanged if there are fewer."""
        data = self._data[offset : offset + length]
        if len(data) < length:
            raise _changed("the data", f"it ends after {len(self._data)} bytes")
        return data

    def read_blocks(self, offset: int, length: int) -> Iterator[Piece]:
        """The same bytes in blocks."""
        return blocks_of(self.read_at(offset, length))

    def check_unchanged(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class RangeSource:
    """A file of another location, read in ranges of one version."""

    def __init__(self, backend: Backend, entry: Entry) -> None:
        self._backend = backend
        self._entry = entry

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes; SourceChanged if the file ends before or is another one."""
        pieces: list[bytes] = []
        self._backend.read_into(
            self._entry.key,
            lambda piece: pieces.append(bytes(piece)),
            offset=offset,
            length=length,
            if_etag=self._entry.etag,
        )
        data = b"".join(pieces)
        if len(data) < length:
            raise _changed(self._entry.key, f"it ends after {offset + len(data)} bytes")
        return data

    def read_blocks(self, offset: int, length: int) -> Iterator[Piece]:
        """The same bytes in blocks, all of which are fetched before the first."""
        return blocks_of(self.read_at(offset, length))

    def check_unchanged(self) -> None:
        """Raise SourceChanged if the key holds another version now."""
        if self._backend.stat(self._entry.key).etag != self._entry.etag:
            raise _changed(self._entry.key, "it was replaced")

    def close(self) -> None:
        """Do nothing."""


def open_file(path: Path) -> FileSource:
    """A file of the user as a source; a symbolic link is followed, as the user named it.

    Raises:
        InvalidInput: there is no such file, it cannot be read, or it is no regular file (a FIFO never blocks here).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidInput(f"Cannot read {str(path)!r}: {error.strerror}.", "Check the path and its rights.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{str(path)!r} is no regular file.", "Give the path of a file.")
    return FileSource(descriptor, str(path))


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _changed(name: str, what: str) -> SourceChanged:
    return SourceChanged(f"{name!r} changed while it was read: {what}.", "Wait until nothing writes to it, then retry.")
