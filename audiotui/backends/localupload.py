"""A file on its way into a folder."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from audiotui.backends.entries import entry_of
from audiotui.backends.upload import Upload
from audiotui.crashpoints import crashpoint
from audiotui.errors import IntegrityError
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Content, Entry
    from audiotui.backends.limits import Limits
    from audiotui.backends.tempfiles import TempFile

BLOCK_BYTES = 64 * 1024
"""How much is compared at a time: so little that its memory is used again and again, without a page fault."""


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

    def close(self) -> None:
        """Close the temporary file, which stays; a second call does nothing."""
        self._temp.close()

    def _write_part(self, number: int, data: bytes) -> None:
        offset, _ = self.content.part_span(number)
        view = memoryview(data)
        while view:
            written = os.pwrite(self._temp.descriptor, view, offset)
            view, offset = view[written:], offset + written
        crashpoint("local.after_write")
        self._compare(number, data)

    def _compare(self, number: int, data: bytes) -> None:
        """Read back what was written, while it is at hand: cheaper than hashing the whole file once more at the end."""
        offset, length = self.content.part_span(number)
        for at in range(0, length, BLOCK_BYTES):
            wanted = bytes(data[at : at + BLOCK_BYTES])  # views are compared byte by byte, bytes in one go
            if os.pread(self._temp.descriptor, len(wanted), offset + at) != wanted:
                raise IntegrityError(
                    f"The disk of {self.backend.name} gives back other bytes for {self.key!r} than were written.",
                    "Nothing was stored under its name. Check the disk.",
                )

    def _commit(self) -> Entry:
        descriptor = self._temp.descriptor
        size = os.fstat(descriptor).st_size
        if size != self.content.size_bytes:
            raise IntegrityError(
                f"The unfinished file for {self.key!r} has {size} bytes instead of {self.content.size_bytes}.",
                "Something else wrote to it. Nothing was stored under its name; try again.",
            )
        os.fchmod(descriptor, self._mode)
        if self._syncs:
            self._sync()
        self._temp.publish(self.key.rpartition("/")[2])
        entry = entry_of(self.key, os.fstat(descriptor), level=VerifyLevel.READ_BACK)
        self._temp.close()
        return entry

    def _sync(self) -> None:
        """Make the bytes durable; after a failure they are removed, because memory would claim that they are there."""
        try:
            os.fsync(self._temp.descriptor)
        except OSError:
            self._temp.remove()
            raise

    def _abort(self) -> None:
        self._temp.remove()


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
