"""Which recordings are marked: one byte for each row id ever seen, so a million marks cost a megabyte and no time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Marks:
    """A set of row ids made for "mark all found" and "invert" over whole result sets."""

    def __init__(self) -> None:
        self._flags = bytearray()
        self._count = 0

    def __contains__(self, row_id: int) -> bool:
        return row_id < len(self._flags) and self._flags[row_id] == 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        at = self._flags.find(1)
        while at != -1:
            yield at
            at = self._flags.find(1, at + 1)

    def toggle(self, row_id: int) -> None:
        """Mark what is not marked, unmark what is."""
        self._make_room(row_id)
        self._flags[row_id] ^= 1
        self._count += 1 if self._flags[row_id] else -1

    def add_all(self, row_ids: Iterable[int]) -> None:
        """Mark all of these."""
        for row_id in row_ids:
            self._make_room(row_id)
            self._flags[row_id] = 1
        self._count = self._flags.count(1)

    def invert(self, row_ids: Iterable[int]) -> None:
        """Toggle each of these; marks outside of them stay."""
        for row_id in row_ids:
            self._make_room(row_id)
            self._flags[row_id] ^= 1
        self._count = self._flags.count(1)

    def clear(self) -> None:
        """Unmark everything."""
        self._flags = bytearray()
        self._count = 0

    def _make_room(self, row_id: int) -> None:
        missing = row_id + 1 - len(self._flags)
        if missing > 0:
            self._flags.extend(bytes(missing + 4096))
