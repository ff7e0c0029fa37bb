"""Where a file waits between its arrival and its storage: on disk, without a name, gone with the process."""

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

BLOCK_BYTES = 1024 * 1024


class Spool:
    """A nameless file in a folder, hashed while it is written; a sink of the speech client and a source of uploads.

    A context; one thread writes it, any number read it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by the context
        self._digest = FileDigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def descriptor(self) -> int:
        """The open file."""
        return self._file.fileno()

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
        rest = memoryview(self._digest.update(data))
        try:
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError as error:
            raise LocationFull(
                f"Cannot keep a download for the moment: {error.strerror}.", "Free some space on the library's disk."
            ) from error

    def restart(self) -> None:
        """Forget what was written."""
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
        return os.pread(self.descriptor, length, offset)

    def check_unchanged(self) -> None:
        """Do nothing: nobody else can reach it."""

    def close(self) -> None:
        """Do nothing: uploads may be tried again; the context closes it."""
