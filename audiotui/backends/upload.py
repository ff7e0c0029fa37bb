"""The contract of an upload session: parts in any order, then one commit that makes the whole file visible."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from io import BytesIO
from typing import TYPE_CHECKING

from audiotui.backends.parts import GatheredPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Content, Entry, Piece
    from audiotui.backends.parts import PartWriter


class Upload(ABC):
    """A file on its way into a location: parts in any order, from any thread, then one commit.

    ``proves_parts`` says whether the far side itself compares each part with its digest, and refuses it if it has other
    bytes. ``token`` is all that another process needs to go on with it, and holds no secret. ``held`` are the numbers
    of the parts that the far side has already, each proven against its digest. End it by ``commit``, ``abort`` (nothing
    stays behind) or ``close`` (what arrived stays for a resume); only one thread may end it.
    """

    proves_parts = False

    def __init__(self, backend: Backend, key: str, content: Content, *, token: str, held: Sequence[int] = ()) -> None:
        self.backend = backend
        self.key = key
        self.content = content
        self.token = token
        self.held = frozenset(held)
        self._written = set(held)
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """How many bytes the far side had when this upload was begun or resumed."""
        return sum(self.content.part_span(number)[1] for number in self.held)

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that are still to be written."""
        with self._lock:
            return [number for number in range(self.content.part_count) if number not in self._written]

    def write_part(self, number: int, data: bytes) -> None:
        """Store part ``number`` (from 0), whole; the caller has compared its bytes with the digest."""
        if not 0 <= number < self.content.part_count or len(data) != self.content.part_span(number)[1]:
            raise ValueError(f"part {number} of {self.key!r} cannot have {len(data)} bytes")
        with self.backend.boundary(self.key):
            self._write_part(number, data)
        self.note_written(number)

    def send_part(self, number: int, blocks: Iterator[Piece]) -> None:
        """Store part ``number`` from blocks, each good until the next one is taken.

        Unless ``proves_parts``, the caller compares them as they are taken, and raises instead of giving out the last
        one if the bytes are wrong: before that one has come, the far side must have nothing that counts. Kinds that can
        send while they read override this.

        Raises:
            IntegrityError: the far side refused the bytes that came.
        """
        with BytesIO() as whole:
            for block in blocks:
                whole.write(block)
            self.write_part(number, whole.getvalue())

    def open_part(self, number: int) -> PartWriter:
        """For part ``number`` in pieces, as they come; it hashes them, and compares the digest at its end."""
        return GatheredPart(self, number)

    def note_written(self, number: int) -> None:
        """Note that the far side has the bytes of a part."""
        with self._lock:
            self._written.add(number)

    def commit(self) -> Entry:
        """Make the file visible under its key, durably, unless the key is taken.

        Raises:
            AlreadyExists: the key is taken; nothing was changed.
            IntegrityError: the storage measured other bytes than were sent.
        """
        missing = self.missing
        if missing:
            raise ValueError(f"{self.key!r} lacks {len(missing)} parts, the first is number {missing[0]}")
        with self.backend.boundary(self.key):
            return self._commit()

    def abort(self) -> None:
        """Forget the upload and remove what arrived; even if that fails, nothing of it stays open on this side."""
        try:
            with self.backend.boundary(self.key):
                self._abort()
        finally:  # a location that is away is opened again at the boundary, which fails before anything is removed
            self.close()

    def close(self) -> None:  # noqa: B027 - most kinds hold nothing open
        """Give back what the upload needed on this side; a second call, or one after ``commit``, does nothing."""

    @abstractmethod
    def _write_part(self, number: int, data: bytes) -> None: ...

    @abstractmethod
    def _commit(self) -> Entry: ...

    @abstractmethod
    def _abort(self) -> None: ...
