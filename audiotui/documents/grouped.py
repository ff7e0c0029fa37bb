"""Writes of several threads, handed on together: a store that takes many at once is asked once.

Whoever comes first writes for all that have come until then. A lone writer waits for nobody; among many, who have said
that they are at work, the first one waits a moment for as many as are worth a request.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from audiotui.cleanup import caught, on_failure
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.base import AssetId, Change, Documents

MOST_TOGETHER = 64
"""Changes of one request."""

LEFT_AT_WORK = 16
"""So many need not have come, unless they are more than half of all: they keep the other servers busy meanwhile."""

LINGER_S, LONGEST_LINGER_S = 0.002, 0.05
"""The longest that the first one waits, for each other that is worth waiting for and for all of them."""


class GroupedWrites:
    """The one way in which the service writes documents; made for a store, shared by all threads."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._queue: list[_Slot] = []
        self._grown = threading.Condition()
        self._writer: _Slot | None = None
        self._crew = 0

    @contextmanager
    def one_of_many(self) -> Iterator[None]:
        """Inside it the thread counts as one that will soon have something to write."""
        with self._grown:
            self._crew += 1
        try:
            yield
        finally:
            with self._grown:
                self._crew -= 1
                if self._is_worth_it():
                    self._grown.notify()

    def write(self, change: Change) -> bool:
        """Make one change; whether it took effect. Raises what the store raises."""
        slot = _Slot(change)
        try:
            with self._grown:
                self._queue.append(slot)
                self._writer = self._writer or slot
                if self._is_worth_it():
                    self._grown.notify()
            if self._writer is not slot:
                slot.wait()
            if not slot.is_done:
                self._write_for_all()
        finally:
            with on_failure(partial(self._resign, slot)):  # once more, should this be what is interrupted
                self._resign(slot)
        if slot.error is not None:
            raise slot.error
        return slot.made

    def _is_worth_it(self) -> bool:
        """Whether so many wait that nobody else has to be waited for."""
        return len(self._queue) >= self._worthwhile

    @property
    def _worthwhile(self) -> int:
        """How many are worth a request, which takes a store longer than a few documents."""
        return min(MOST_TOGETHER, max(self._crew // 2, self._crew - LEFT_AT_WORK))

    def _write_for_all(self) -> None:
        """Write the next group, which begins with the slot of this thread."""
        with self._grown:
            self._grown.wait_for(self._is_worth_it, min(LONGEST_LINGER_S, LINGER_S * self._worthwhile))
        with on_failure(self._release):  # once more: this thread may be interrupted between two of those it wakes
            try:
                self._write(self._next())
            finally:
                self._release()

    def _release(self) -> None:
        """Wake those whose changes are written, and take them out of the queue; the others are for the next writer."""
        with self._grown:
            for slot in self._queue:
                if slot.is_done:
                    slot.wake()
            self._queue = [slot for slot in self._queue if not slot.is_done]

    def _resign(self, slot: _Slot) -> None:
        """Leave the queue, and let the next one write if it was this one's turn."""
        with self._grown:
            if slot in self._queue:
                self._queue.remove(slot)
            if self._writer is slot:
                self._writer = self._queue[0] if self._queue else None
            if self._writer is not None:
                self._writer.wake()

    def _next(self) -> list[_Slot]:
        """The next slots, no two of the same asset, in the order in which they came; they stay until they are done."""
        following: dict[AssetId, _Slot] = {}
        with self._grown:
            for slot in self._queue:
                if len(following) < MOST_TOGETHER:
                    following.setdefault(slot.change.id, slot)
        return list(following.values())

    def _write(self, slots: list[_Slot]) -> None:
        """Write some; what fails for many, and not with time alone, is written one by one: only the culprit fails."""
        with caught() as trouble:
            made = self._documents.write([slot.change for slot in slots])
        error = trouble.error
        if error is None:
            for slot, one in zip(slots, made, strict=True):
                slot.end(made=one)
        elif len(slots) > 1 and not (isinstance(error, AudiotuiError) and error.retryable):
            for slot in slots:
                self._write([slot])
        else:
            for slot in slots:
                slot.end(error=error)  # each waiting thread raises it as its own


class _Slot:
    """A change that a thread waits for."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.is_done = False
        self.made = False
        self.error: Exception | None = None
        self._asleep = threading.Lock()  # an event would make a lock for each wait, and two to be made itself
        self._asleep.acquire()

    def end(self, *, made: bool = False, error: Exception | None = None) -> None:
        """Note what became of the change."""
        self.made, self.error = made, error
        self.is_done = True

    def wait(self) -> None:
        """Sleep until somebody wakes it, who may have done so before."""
        self._asleep.acquire()

    def wake(self) -> None:
        """Let its thread go on; also if it does not sleep."""
        with suppress(RuntimeError):  # it is awake
            self._asleep.release()
