"""Where a file waits between its arrival and its storage: a short one in memory, else on disk without a name.

Either is gone with the process; what a crash interrupts is fetched again.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Self

from audiotui.backends.items import Content
from audiotui.errors import LocationFull
from audiotui.transfer.digest import FileDigest

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

BLOCK_BYTES = 1024 * 1024

HELD_BYTES = 512 * 1024
"""What is no longer stays in memory, unless it is wanted as a file: ten seconds of speech are not worth one."""


class Spool:
    """The bytes of one file, hashed while they are written; a sink of the speech client and a source of uploads.

    A context; one thread writes it, any number read it. ``folder`` is where it goes when it gets long.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._joined: bytes | None = None
        self._file: BinaryIO | None = None
        self._digest = FileDigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def descriptor(self) -> int:
        """An open file with all that was written; LocationFull if the disk cannot take it."""
        return (self._file or self._on_disk()).fileno()

    @property
    def held(self) -> bytes | None:
        """All that was written, if it is in memory."""
        if self._file is not None:
            return None
        if self._joined is None:
            self._joined = b"".join(self._pieces)
            self._pieces = [self._joined]
        return self._joined

    @property
    def size_bytes(self) -> int:
        """How much was written."""
        return self._digest.size_bytes

    @property
    def content(self) -> Content:
        """Exactly which bytes were written."""
        return Content(self.size_bytes, self._digest.sha256, self._digest.part_sha256)

    def write(self, data: bytes) -> None:
        """Append bytes; LocationFull if the disk cannot take them."""
        self._digest.update(data)
        if self._file is None and self.size_bytes <= HELD_BYTES:
            self._pieces.append(data)
            self._joined = None
        else:
            self._append(self._file or self._on_disk(), data)

    def restart(self) -> None:
        """Forget what was written."""
        self._pieces, self._joined = [], None
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
        self._digest = FileDigest()

    def take(self, path: Path) -> None:
        """Append a file of this machine."""
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                self.write(block)

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from ``offset`` on."""
        held = self.held
        return os.pread(self.descriptor, length, offset) if held is None else held[offset : offset + length]

    def check_unchanged(self) -> None:
        """Do nothing: nobody else can reach it."""

    def close(self) -> None:
        """Do nothing: uploads may be tried again; the context closes it."""

    def _on_disk(self) -> BinaryIO:
        """The file, which begins with what was in memory."""
        held = self.held or b""
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed by the context
        except OSError as error:
            raise _no_room(error) from error
        self._pieces, self._joined = [], None
        self._append(self._file, held)
        return self._file

    def _append(self, file: BinaryIO, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(file.fileno(), rest) :]
        except OSError as error:
            raise _no_room(error) from error


def _no_room(error: OSError) -> LocationFull:
    return LocationFull(
        f"Cannot keep a download for the moment: {error.strerror}.", "Free some space on the library's disk."
    )
