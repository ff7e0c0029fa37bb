"""Writes down what became of a job's items, in groups: first the catalog, then the journal, then the listener hears it.

A group is written every 100 ms or 256 items, so that 100,000 small files cost a few transactions a second. What a crash
loses of it is found again at the destination by the next run.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from audiotui.crashpoints import crashpoint
from audiotui.errors import AudiotuiError, CatalogBusy, RecordingNotFound
from audiotui.events import Cancelled, Failed, Finished, Progressed
from audiotui.model import CopyUpdate
from audiotui.transfer.jobs import ItemState
from audiotui.transfer.leased_job import Mark
from audiotui.transfer.progress import RateWindow
from audiotui.transfer.telling import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from audiotui.backends.base import Entry
    from audiotui.core.catalog import Catalog
    from audiotui.events import ItemEvent, JobEvent, Listener
    from audiotui.transfer.jobs import JobItem
    from audiotui.transfer.leased_job import LeasedJob, OpenItem

FLUSH_S = 0.1
"""So often results are written."""

FLUSH_ITEMS = 256
"""A group of so many does not wait."""

HEARTBEAT_S = 1.0
"""How often the journal hears of a job in which nothing moves."""


class Way:
    """How far an item that is under way has come; the threads that move its bytes count them."""

    def __init__(self, item: JobItem) -> None:
        self.item = item
        self.attempt = 1
        self.done_bytes = 0
        """Of the file, what the destination has taken."""
        self.sent_bytes = 0
        """What is on its way there besides."""
        self.moved_bytes = 0
        """In this run, all tries together."""
        self.told_bytes = 0
        """What the listener heard last."""
        self._lock = threading.Lock()

    def begin(self, held_bytes: int, *, attempt: int) -> None:
        """A try starts; the destination holds so many bytes already."""
        with self._lock:
            self.attempt = attempt
            self.done_bytes = self.told_bytes = held_bytes
            self.sent_bytes = 0

    def count(self, count: int) -> None:
        """The destination has taken so many more bytes."""
        with self._lock:
            self.done_bytes += count
            self.moved_bytes += count

    def send(self, count: int) -> None:
        """So many more bytes are on their way; a negative number: they have arrived, or are lost."""
        with self._lock:
            self.sent_bytes = max(0, self.sent_bytes + count)


class _Result(NamedTuple):
    """How one item ended: for the journal, for the listener, and for the catalog if a copy was made."""

    mark: Mark
    event: ItemEvent
    copy: CopyUpdate | None = None


class Recorder:
    """Used by the thread that runs the job; ``clock`` is any clock of seconds that never goes back."""

    def __init__(
        self, job: LeasedJob, catalog: Catalog, listener: Listener, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._job = job
        self._catalog = catalog
        self._listener = listener
        self._clock = clock
        self._window = RateWindow(clock())
        self._written_s = clock()
        self._results: list[_Result] = []
        self._moved_bytes = 0
        self._ended_items = 0
        self._was_under_way = True

    @property
    def is_due(self) -> bool:
        """Whether it is time to write."""
        wait_s = FLUSH_S if self._results or self._was_under_way else HEARTBEAT_S
        return len(self._results) >= FLUSH_ITEMS or self._clock() - self._written_s >= wait_s

    def tell(self, event: JobEvent) -> None:
        """Let the listener hear an event now."""
        tell(self._listener, event)

    def finished(self, open_item: OpenItem, entry: Entry, way: Way, *, existed: bool) -> None:
        """The copy is at the destination, proven to ``entry.level``."""
        number, item = open_item.number, open_item.item
        copy = CopyUpdate(
            file_id=item.file_id,
            location=self._job.info.destination,
            key=item.key,
            size_bytes=item.size_bytes,
            verify_level=entry.level,
            managed=item.managed,
            etag=entry.etag,
            version_id=entry.version_id,
        )
        state = ItemState.SKIPPED if existed else ItemState.DONE
        mark = Mark(number, state, item.size_bytes, way.attempt)
        event = Finished(self._job.info.id, number, item.name, item.size_bytes, entry.level, skipped=existed)
        self._results.append(_Result(mark, event, copy))
        self._moved_bytes += way.moved_bytes

    def failed(self, open_item: OpenItem, error: AudiotuiError, *, attempt: int = 0, keep_token: bool = False) -> None:
        """The item will not be tried again in this run; ``attempt`` is the number of its last try."""
        self._results.append(self._failure(open_item.number, open_item.item.name, error, attempt, keep_token))

    def cancelled(self, open_item: OpenItem) -> None:
        """The user stopped the job before the item was done."""
        number, item = open_item.number, open_item.item
        mark = Mark(number, ItemState.CANCELLED, item.size_bytes, keep_token=True)
        self._results.append(_Result(mark, Cancelled(self._job.info.id, number, item.name)))

    def write(self, under_way: Mapping[int, Way]) -> None:
        """Write everything that was told.

        Raises:
            LeaseLost: another process has taken the job meanwhile.
            CatalogError: the catalog cannot be written.
        """
        self._written_s = self._clock()
        self._was_under_way = bool(under_way)
        self._write_copies()
        crashpoint("engine.after_catalog")
        self._ended_items += len(self._results)
        moved_bytes = self._moved_bytes + sum(way.moved_bytes for way in under_way.values())
        rate = self._window.rate(self._written_s, done_bytes=moved_bytes, done_items=self._ended_items)
        active = {number: (way.done_bytes, way.attempt) for number, way in under_way.items()}
        results, self._results = self._results, []
        self._job.write([result.mark for result in results], active, rate)
        crashpoint("engine.after_journal")
        for result in results:
            self.tell(result.event)
        self._tell_progress(under_way)

    def _write_copies(self) -> None:
        copies = [result.copy for result in self._results if result.copy is not None]
        if not copies:
            return
        try:
            self._fail_purged(self._catalog.put_copies(copies))
        except CatalogBusy:
            raise
        except AudiotuiError:  # one of them is refused, its recording purged meanwhile for instance
            self._results = [self._written_alone(result) for result in self._results]

    def _fail_purged(self, purged: Collection[int]) -> None:
        """The catalog leaves out the copies of files that were purged meanwhile; their items have failed."""
        if purged:
            self._results = [
                self._purged(result) if result.copy is not None and result.copy.file_id in purged else result
                for result in self._results
            ]

    def _purged(self, result: _Result) -> _Result:
        destination, key = self._job.info.destination, result.copy.key if result.copy is not None else ""
        error = RecordingNotFound(
            f"The recording of {result.event.name!r} was purged while it was copied.",
            f"If nobody needs the bytes, delete {key!r} at {destination}.",
        )
        return self._failure(result.mark.number, result.event.name, error, result.mark.attempt, keep_token=False)

    def _written_alone(self, result: _Result) -> _Result:
        """Write one copy; if the catalog refuses it, the item has failed, whatever lies at the destination."""
        if result.copy is None:
            return result
        try:
            is_purged = self._catalog.put_copies([result.copy])
        except CatalogBusy:
            raise
        except AudiotuiError as error:
            return self._failure(result.mark.number, result.event.name, error, result.mark.attempt, keep_token=False)
        return self._purged(result) if is_purged else result

    def _failure(self, number: int, name: str, error: AudiotuiError, attempt: int, keep_token: bool) -> _Result:
        mark = Mark(number, ItemState.FAILED, 0, attempt, error.message, error.hint, keep_token)
        return _Result(mark, Failed(self._job.info.id, number, name, error))

    def _tell_progress(self, under_way: Mapping[int, Way]) -> None:
        for number, way in under_way.items():
            done_bytes = min(way.done_bytes + way.sent_bytes, way.item.size_bytes)
            if done_bytes > way.told_bytes:
                way.told_bytes = done_bytes
                self.tell(Progressed(self._job.info.id, number, way.item.name, done_bytes, way.item.size_bytes))
