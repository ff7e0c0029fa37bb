"""Writes of several threads, handed on together: a store that takes many at once is asked once.

Whoever comes first writes for all that have come until then; nobody waits for a timer, and a lone writer is as fast as
without it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotui.documents.base import Change, Documents

MOST_TOGETHER = 64
"""Changes of one request."""


class GroupedWrites:
    """The one way in which the service writes documents; made for a store, shared by all threads."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._queue: list[_Slot] = []
        self._queueing = threading.Lock()
        self._writing = threading.Lock()

    def write(self, change: Change) -> bool:
        """Make one change; whether it took effect. Raises what the store raises."""
        slot = _Slot(change)
        with self._queueing:
            self._queue.append(slot)
        while not slot.done.is_set():
            with self._writing:  # whoever holds it writes for all others, who then find their slots done
                if not slot.done.is_set():
                    self._write(self._take())
        if slot.error is not None:
            raise slot.error
        return slot.made

    def _take(self) -> list[_Slot]:
        """The next slots, no two of the same asset, in the order in which they came."""
        with self._queueing:
            taken: dict[tuple[str, str], _Slot] = {}
            rest = []
            for slot in self._queue:
                if len(taken) < MOST_TOGETHER and slot.change.id not in taken:
                    taken[slot.change.id] = slot
                else:
                    rest.append(slot)
            self._queue = rest
        return list(taken.values())

    def _write(self, slots: list[_Slot]) -> None:
        try:
            made = self._documents.write([slot.change for slot in slots])
        except Exception as error:  # noqa: BLE001 - each waiting thread raises it as its own
            for slot in slots:
                slot.error = error
                slot.done.set()
            return
        for slot, one in zip(slots, made, strict=True):
            slot.made = one
            slot.done.set()


class _Slot:
    """A change that a thread waits for."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.done = threading.Event()
        self.made = False
        self.error: Exception | None = None
