"""One part of a file whose bytes come in pieces: each piece is stored and hashed while it is still at hand.

To move 16 MiB through memory once more costs as much as to hash them, so nothing here waits for a whole part.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.items import Piece
    from audiotui.backends.upload import Upload

BLOCK_BYTES = 256 * 1024
"""How much is stored, compared and hashed at a time: so little that the processor still has it at each step.

Half as much takes a sixth more time of the processor, four times as much a third more (measured, 2 MiB of L2)."""


class Block:
    """Memory for bytes that come, used again and again, where nobody has a better place for them."""

    def __init__(self) -> None:
        self._bytes = bytearray(BLOCK_BYTES)

    def room(self, most_bytes: int) -> memoryview:
        """Where the next bytes go, at most so many."""
        return memoryview(self._bytes)[:most_bytes]

    def piece(self, byte_count: int) -> bytes | bytearray:
        """What was put there; no view, because views are compared byte by byte, and the others in one go."""
        return self._bytes if byte_count == BLOCK_BYTES else bytes(memoryview(self._bytes)[:byte_count])


class Sink(ABC):
    """Takes a range of bytes, one after the other: in pieces that lie anywhere, or in its own memory at once."""

    @abstractmethod
    def __call__(self, piece: Piece) -> None:
        """Take the next bytes, whose memory the caller may use again."""

    @abstractmethod
    def room(self, most_bytes: int) -> memoryview:
        """Memory to put the next bytes into, at most so many; none beyond the end of the range."""

    @abstractmethod
    def filled(self, byte_count: int) -> None:
        """Take so many bytes, which are in the room now: that is given out anew."""


class BlockSink(Sink):
    """For those who only take pieces."""

    def __init__(self, take: Callable[[Piece], object]) -> None:
        self._take = take
        self._block = Block()

    def __call__(self, piece: Piece) -> None:
        """Hand it on."""
        self._take(piece)

    def room(self, most_bytes: int) -> memoryview:
        """Of a block."""
        return self._block.room(most_bytes)

    def filled(self, byte_count: int) -> None:
        """Hand on the block."""
        self._take(self._block.piece(byte_count))


class PartWriter(ABC):
    """Part ``number`` of an upload, from its first byte to its last. One thread at a time uses it.

    What was written counts for nothing, here and for a resume, before ``finish`` has said that it is right.
    """

    def __init__(self, upload: Upload, number: int) -> None:
        self._upload = upload
        self._number = number
        self._offset, self._length = upload.content.part_span(number)
        self._digest = hashlib.sha256()
        self._block: Block | None = None
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

    def room(self, most_bytes: int) -> memoryview:
        """Memory for the next bytes of the part, at most so many; none beyond its end."""
        if self._block is None:
            self._block = Block()
        return self._block.room(min(most_bytes, self._length - self.got_bytes))

    def filled(self, byte_count: int) -> None:
        """Store so many bytes, which are in the room now."""
        if self._block is not None:
            self.write(self._block.piece(byte_count))

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
