"""Sets of row ids for marks: a byte for each id, so that a million marks cost a megabyte and no time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOM = 65_536
"""Ids for which room is made at a time."""


class IdSet:
    """A set of row ids made for "mark all found" and "invert" over whole results: both take a millisecond a million.

    One thread changes it; others may look at it meanwhile.
    """

    def __init__(self, row_ids: Iterable[int] = ()) -> None:
        self._flags = bytearray()
        self._count = 0
        self.changes = 0
        """How often it may have become another set."""
        self.update(row_ids)

    def __contains__(self, row_id: int) -> bool:
        return row_id < len(self._flags) and self._flags[row_id] == 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        at = self._flags.find(1)
        while at != -1:
            yield at
            at = self._flags.find(1, at + 1)

    def update(self, row_ids: Iterable[int]) -> None:
        """Put ids in, one by one."""
        for row_id in row_ids:
            if row_id >= len(self._flags):
                self._make_room(row_id)
            self._flags[row_id] = 1
        self._count = self._flags.count(1)
        self.changes += 1

    def toggle(self, row_id: int) -> None:
        """Put an id in, or take it out if it was there."""
        self._make_room(row_id)
        self._flags[row_id] ^= 1
        self._count += 1 if self._flags[row_id] else -1
        self.changes += 1

    def add_all(self, others: IdSet) -> None:
        """Put all of another set in."""
        # As whole numbers, because Python has no other way to combine bytes without a loop over them.
        self._become(self._number() | others._number())

    def invert(self, others: IdSet) -> None:
        """Toggle each of another set; what is not in it stays as it is."""
        self._become(self._number() ^ others._number())

    def remove_all(self, others: IdSet) -> None:
        """Take all of another set out."""
        self._become(self._number() & ~others._number())

    def keep_all(self, others: IdSet) -> None:
        """Take out what is not in another set."""
        self._become(self._number() & others._number())

    def clear(self) -> None:
        """Take everything out."""
        self._become(0)

    def _make_room(self, row_id: int) -> None:
        missing = row_id + 1 - len(self._flags)
        if missing > 0:
            self._flags.extend(bytes(missing + ROOM))

    def _number(self) -> int:
        return int.from_bytes(self._flags, "little")

    def _become(self, number: int) -> None:
        self._flags = bytearray(number.to_bytes((number.bit_length() + 7) // 8, "little"))
        self._count = self._flags.count(1)
        self.changes += 1
