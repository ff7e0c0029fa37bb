"""The digests of a file in one pass: of the whole, and of each 16 MiB of a file that is longer than that."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from audiotui.model import PART_BYTES

BlockT = TypeVar("BlockT", bound=bytes | memoryview)


class FileDigest:
    """Fed with a file's bytes in order, it ends up with all that the catalog holds of them."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._whole = hashlib.sha256()
        self._part = self._whole  # the first part is all there is so far: nothing is hashed twice for it
        self._part_left = PART_BYTES
        self._parts: list[str] = []

    def update(self, block: BlockT) -> BlockT:
        """Take the next bytes, and hand them on."""
        self.size_bytes += len(block)
        rest = memoryview(block)
        while len(rest) >= self._part_left:
            self._take(rest[: self._part_left])
            rest = rest[self._part_left :]
            self._parts.append(self._part.hexdigest())
            self._part, self._part_left = hashlib.sha256(), PART_BYTES
        self._take(rest)
        self._part_left -= len(rest)
        return block

    def _take(self, data: memoryview) -> None:
        self._whole.update(data)
        if self._part is not self._whole:
            self._part.update(data)

    @property
    def sha256(self) -> str:
        """The digest of all bytes so far."""
        return self._whole.hexdigest()

    @property
    def part_sha256(self) -> tuple[str, ...]:
        """One digest a part; none for a file of at most one part."""
        if self.size_bytes <= PART_BYTES:
            return ()
        last = () if self._part_left == PART_BYTES else (self._part.hexdigest(),)
        return (*self._parts, *last)
