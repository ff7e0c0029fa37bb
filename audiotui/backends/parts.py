"""One part of a file whose bytes come in pieces: each piece is stored and hashed while it is still at hand.

To move 16 MiB through memory once more costs as much as to hash them, so nothing here waits for a whole part.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.items import Piece
    from audiotui.backends.upload import Upload

BLOCK_BYTES = 256 * 1024
"""How much is stored, compared and hashed at a time: so little that the processor still has it at each step.

Half as much takes a sixth more time of the processor, four times as much a third more (measured, 2 MiB of L2)."""


class PartWriter(ABC):
    """Part ``number`` of an upload, from its first byte to its last. One thread at a time uses it.

    What was written counts for nothing, here and for a resume, before ``finish`` has said that it is right.
    """

    def __init__(self, upload: Upload, number: int) -> None:
        self._upload = upload
        self._number = number
        self._offset, self._length = upload.content.part_span(number)
        self._digest = hashlib.sha256()
        self.got_bytes = 0

    def write(self, piece: Piece) -> None:
        """Store the next bytes, whose memory the caller may use again; those beyond the end of the part only count."""
        at, self.got_bytes = self.got_bytes, self.got_bytes + len(piece)
        if self.got_bytes > self._length:
            return
        with self._upload.backend.boundary(self._upload.key):
            for block in blocks_of(piece):
                self._store(at, block)
                self._digest.update(block)
                at += len(block)

    def finish(self) -> bool:
        """Whether these were the bytes of the part; only then does the upload have it."""
        wanted = self._upload.content.part_digest(self._number)
        if self.got_bytes != self._length or self._digest.hexdigest() != wanted:
            return False
        with self._upload.backend.boundary(self._upload.key):
            self._end()
        self._upload.note_written(self._number)
        return True

    @abstractmethod
    def _store(self, at: int, block: Piece) -> None:
        """Store bytes that lie ``at`` so many from the beginning of the part."""

    @abstractmethod
    def _end(self) -> None:
        """All was stored and is right."""


class GatheredPart(PartWriter):
    """For far sides that take a part in one go."""

    def __init__(self, upload: Upload, number: int) -> None:
        super().__init__(upload, number)
        self._blocks: list[bytes] = []

    def _store(self, at: int, block: Piece) -> None:
        del at
        self._blocks.append(bytes(block))

    def _end(self) -> None:
        self._upload.write_part(self._number, b"".join(self._blocks))


def blocks_of(piece: Piece) -> Iterator[Piece]:
    """The bytes, so many of them at a time; none is copied."""
    if len(piece) <= BLOCK_BYTES:
        yield piece
        return
    view = memoryview(piece)
    for at in range(0, len(view), BLOCK_BYTES):
        yield view[at : at + BLOCK_BYTES]
