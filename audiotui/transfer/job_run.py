"""One run of one leased job: items go to the movers, their outcomes to catalog and journal, events to the listener.

The order is the promise. An item's temp name follows from the journal before it starts, and an upload's token is in the
journal before its first byte; bytes are proven before they are committed; a copy enters the catalog after that, and
only then the journal says "done". Whatever instant a process dies at, the next run finds out and finishes.

The thread that calls ``run`` decides and writes everything. Another one drives the backend; they talk by a queue.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.backends.base import Content, Limits, Outcome
from audiotui.cleanup import caught
from audiotui.crashpoints import crashpoint
from audiotui.errors import AudiotuiError, InvalidInput, TransferCancelled, TransferError
from audiotui.events import LocationAway, LocationBack, Queued, Retrying, Started, Verifying
from audiotui.transfer.evidence import note_evidence
from audiotui.transfer.job_feed import JobFeed
from audiotui.transfer.jobs import JobState
from audiotui.transfer.prover import Proven, Prover
from audiotui.transfer.recorder import FLUSH_S, Way
from audiotui.transfer.retry import Remedy, RetryCount, remedy_for
from audiotui.transfer.route import line_end, open_route
from audiotui.transfer.sides.sides import Sides
from audiotui.transfer.steering import PATIENCE_S, Ending, Outage, Steering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.base import Backend, Entry
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.journal import Journal
    from audiotui.transfer.leased_job import LeasedJob, OpenItem
    from audiotui.transfer.recorder import Recorder
    from audiotui.transfer.route import Requests

READY_ITEMS = 512
"""So many items are prepared for the movers, so that they never wait for the journal."""

PREPARED_AT_ONCE = 128
"""So many of them in one go: while more are prepared, the movers wait for the interpreter."""

ITEM_WORK = 128 * 1024
"""A file takes as long as so many bytes more, about."""

GATHER_S = 0.01
"""Messages of the movers are handled so often, together: to be woken for each costs more than to handle it."""

GRACE_S = 1.5
"""How long a stopped run waits for what is in flight: cancelling takes at most two seconds in all."""


class _Started(NamedTuple):
    number: int
    held_bytes: int


class _MoverEnded(NamedTuple):
    error: Exception | None


class _SideEnded(NamedTuple):
    pass


_Message = _Started | _MoverEnded | _SideEnded | Outcome[Any] | Proven


@dataclass(slots=True)
class _Task:
    """An item that was handed to the movers and is not settled."""

    open_item: OpenItem
    content: Content
    way: Way
    token: str
    was_stored: bool = False
    """By this run, though perhaps not proven yet."""
    moved_before: int = 0
    """How many bytes had been moved when the last try failed."""
    retries: RetryCount = field(default_factory=RetryCount)


class JobRun:
    """Made by the engine for one leased job between two backends, and run once. ``requests`` are made at a time."""

    def __init__(
        self,
        job: LeasedJob,
        source: Backend,
        destination: Backend,
        catalog: Catalog,
        journal: Journal,
        recorder: Recorder,
        *,
        cancel: threading.Event,
        requests: Requests,
    ) -> None:
        self._job = job
        self._catalog = catalog
        self._recorder = recorder
        self._clock = journal.boot_clock
        self._limits = Limits(requests=requests.start, line=journal.line(*line_end(source, destination)))
        self._feed: JobFeed[Any] = JobFeed(self._clock)
        self._route = open_route(source, destination, temp_tag=job.temp_tag, hooks=self)
        self._steering = Steering(
            job,
            journal,
            self._feed,
            self._limits,
            source=source.name,
            destination=destination.name,
            cancel=cancel,
            requests=requests,
            work=self._work,
        )
        self._inbox: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._prover = Prover(destination, self._inbox)
        self._waiting: Iterator[OpenItem] = job.waiting_items(source.name)
        self._tasks: dict[int, _Task] = {}
        self._under_way: dict[int, Way] = {}
        self._settled_work = 0.0
        self._told_outage: Outage | None = None
        self._outage_bytes = 0
        self._mover = threading.Thread(target=self._drive_backend, name="audiotui-job", daemon=True)
        self._sides = Sides(
            job.info,
            self._route,
            self._feed,
            self._limits,
            self._steering,
            most_requests=requests.most,
            tell=self._hear_side,
        )

    def run(self) -> tuple[Ending | None, list[OpenItem]]:
        """Move all that can be moved.

        Returns why it ended before all items were settled, if it did, and which of those it came to are still open.
        """
        ending = self._steering.check()
        try:
            if ending is None:
                self._refill()  # who finds nothing to do looks again only a while later
                self._sides.start()
                self._mover.start()
            while ending is None and self._refill():
                ending = self._handle_messages() or self._steering.check()
                self._tell_outage()
                if self._recorder.is_due:
                    self._recorder.write(self._under_way)
        finally:
            self._stop_mover()
        self._recorder.write({})
        return ending, [task.open_item for task in self._tasks.values()]

    def on_token(self, number: int, token: str) -> None:
        """Keep the token of an upload of several parts; the temp of a small file follows from its number."""
        task = self._tasks[number]
        task.token = token
        if not task.content.is_whole:
            self._job.save_token(number, token)
            crashpoint("engine.after_token")

    def on_start(self, number: int, held_bytes: int) -> None:
        """Count from what is there, and pass the word on to the deciding thread."""
        task = self._tasks[number]
        task.way.begin(held_bytes, attempt=task.retries.attempt)
        self._inbox.put(_Started(number, held_bytes))

    def on_bytes(self, number: int, count: int) -> None:
        """Count bytes; several threads may do so for one big file."""
        self._tasks[number].way.count(count)

    def on_sent(self, number: int, count: int) -> None:
        """What is on its way is shown, but counts for nothing else: it may be lost."""
        self._tasks[number].way.send(count)

    def _drive_backend(self) -> None:
        """The other thread: it only carries outcomes, so that every decision is taken in one place."""
        with caught() as trouble:
            for outcome in self._route.outcomes(self._feed, self._limits):
                self._inbox.put(outcome)
        self._inbox.put(_MoverEnded(trouble.error))  # the deciding thread ends the job with it

    def _hear_side(self, outcome: Outcome[Any] | None) -> None:
        """A process at the side has moved a file, or has ended: the movers go on without it."""
        self._inbox.put(_SideEnded() if outcome is None else outcome)

    def _stop_mover(self) -> None:
        """Let what is in flight end, but not for long; what does not end is found by the next run."""
        self._feed.close()
        if self._tasks:
            self._limits.cancel.set()
        until_s = time.monotonic() + GRACE_S
        while self._feed.in_flight and (wait_s := until_s - time.monotonic()) > 0:
            self._handle_next(wait_s=wait_s)
        if self._tasks:
            self._sides.wait_until(until_s)
        self._prover.close()

    def _refill(self) -> bool:
        """Keep items ready for the movers; False once all are settled."""
        room = min(PREPARED_AT_ONCE, READY_ITEMS - self._feed.fresh_count)
        for open_item in islice(self._waiting, max(0, room)):
            self._add(open_item)
        return bool(self._tasks)

    def _add(self, open_item: OpenItem) -> None:
        item = open_item.item
        self._recorder.tell(Queued(self._job.info.id, open_item.number, item.name, item.size_bytes))
        try:
            content = Content(item.size_bytes, item.sha256, item.part_sha256)
        except ValueError as error:
            self._recorder.failed(
                open_item,
                InvalidInput(f"The job's record of {item.name!r} is damaged: {error}.", "Plan the transfer again."),
            )
            return
        task = _Task(open_item, content, Way(item), open_item.token)
        self._tasks[open_item.number] = task
        self._feed.add(self._mover_item(task))

    def _mover_item(self, task: _Task) -> Any:
        open_item = task.open_item
        return self._route.mover_item(open_item.number, open_item.item, task.content, token=task.token)

    def _handle_messages(self) -> Ending | None:
        """Handle what the movers tell, until it is time to write; an ending if they cannot go on."""
        message = self._handle_next(wait_s=FLUSH_S)
        while message is not None:
            if isinstance(message, _MoverEnded) and (message.error is not None or not self._feed.closed):
                return Ending(JobState.FAILED, _broken(message.error))
            message = None if self._recorder.is_due else self._handle_next(wait_s=0.0)
        if self._tasks:
            time.sleep(GATHER_S)
        return None

    def _handle_next(self, *, wait_s: float) -> Any:
        try:
            message = self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait()
        except queue.Empty:
            return None
        if isinstance(message, _Started):
            self._handle_start(message)
        elif isinstance(message, Outcome):
            self._handle_outcome(message)
        elif isinstance(message, _SideEnded):
            self._sides.note_end()
        elif isinstance(message, Proven):
            self._settle(self._tasks[message.number], message.entry, message.error, existed=False)
        return message

    def _handle_start(self, message: _Started) -> None:
        task = self._tasks[message.number]
        self._under_way[message.number] = task.way
        item = task.open_item.item
        self._recorder.tell(Started(self._job.info.id, message.number, item.name, item.size_bytes, message.held_bytes))

    def _handle_outcome(self, outcome: Outcome[Any]) -> None:
        number = outcome.item.id
        task = self._tasks[number]
        existed = outcome.existed and not task.was_stored
        task.was_stored = task.was_stored or outcome.entry is not None
        if outcome.entry is not None:
            self._steering.answered()
        if outcome.entry is not None and not outcome.existed and self._prover.takes(outcome.entry):
            self._recorder.tell(Verifying(self._job.info.id, number, task.open_item.item.name))
            self._prover.submit(number, outcome.entry, task.content)
        else:
            self._settle(task, outcome.entry, outcome.error, existed=existed)

    def _settle(self, task: _Task, entry: Entry | None, error: AudiotuiError | None, *, existed: bool) -> None:
        number = task.open_item.number
        self._feed.settled()
        way = self._under_way.pop(number, None)
        self._settled_work += ITEM_WORK + (way.moved_bytes if way is not None else 0)
        if entry is not None:
            del self._tasks[number]
            self._steering.succeeded()
            self._tell_outage()
            self._recorder.finished(task.open_item, entry, task.way, existed=existed)
        elif error is not None and not isinstance(error, TransferCancelled):
            self._handle_failure(task, error)

    def _work(self) -> float:
        """What this run has done so far: bytes, and for each file as many again as it costs besides them."""
        return self._settled_work + sum(way.moved_bytes for way in self._under_way.values())

    def _open_bytes(self) -> int:
        """How much has moved of the files that are not settled; one that is settled well ends an outage by itself."""
        return sum(task.way.moved_bytes for task in self._tasks.values())

    def _handle_failure(self, task: _Task, error: AudiotuiError) -> None:
        has_moved = task.way.moved_bytes > task.moved_before
        task.moved_before = task.way.moved_bytes
        if has_moved:
            self._steering.answered()
        self._steering.failed(error)
        self._tell_outage()
        attempt = task.retries.attempt
        # A file is not tried in vain while all that fails is its location; one that breaks off in its middle is.
        is_location = not has_moved and self._steering.is_waiting_for(error)
        wait_s = 0.0 if is_location else task.retries.next_wait_s(error)
        resumable = remedy_for(error) in (Remedy.WAITING, Remedy.ROOM, Remedy.NONE)
        if not resumable:
            self._forget_upload(task)
        number, item = task.open_item.number, task.open_item.item
        if wait_s is None:
            error = note_evidence(error, item, self._job.info.destination, self._catalog)
            self._recorder.failed(task.open_item, error, attempt=attempt, keep_token=resumable)
            del self._tasks[number]
            return
        now_s = self._clock()
        at_s = max(now_s + wait_s, self._feed.ready_at_s)
        self._recorder.tell(Retrying(self._job.info.id, number, item.name, attempt + 1, at_s - now_s, error.message))
        self._feed.add_retry(self._mover_item(task), at_s=at_s)

    def _tell_outage(self) -> None:
        """Tell what the run waits for, and that it need not any more, once each."""
        before = self._told_outage
        is_shown = before is not None and before.location in self._route.shown_by_bytes
        if is_shown and self._open_bytes() > self._outage_bytes:
            self._steering.came_back()
        now = self._steering.outage
        if before is now:
            return
        self._told_outage, self._outage_bytes, job_id = now, self._open_bytes(), self._job.info.id
        if before is not None:
            self._recorder.tell(LocationBack(job_id, before.location))
        if now is not None:
            self._recorder.tell(LocationAway(job_id, *now, PATIENCE_S))

    def _forget_upload(self, task: _Task) -> None:
        """What arrived cannot be trusted, or is gone: the next try starts from the first byte."""
        if task.token and not task.content.is_whole:
            with contextlib.suppress(AudiotuiError):  # the sweep removes what cannot be removed now
                self._route.destination.discard(task.token, key=task.open_item.item.key)
        task.token = ""


def _broken(error: Exception | None) -> AudiotuiError:
    if isinstance(error, AudiotuiError):
        return error
    broken = TransferError(
        f"The transfer broke off: {type(error).__name__}: {error}.",
        "Run it again: it goes on where it stopped. If it happens again, report it as an error in audiotui.",
    )
    broken.__cause__ = error
    return broken
