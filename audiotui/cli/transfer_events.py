"""What the events of a transfer come to: a standing for the meter, errors as they happen, JSON lines, the exit code."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from audiotui.cli import output
from audiotui.cli.failures import say_error
from audiotui.cli.items import TOLD_ERRORS
from audiotui.cli.progress import Standing
from audiotui.cli.words import counted
from audiotui.events import (
    Cancelled,
    Failed,
    Finished,
    ItemEvent,
    JobEvent,
    LocationAway,
    LocationBack,
    Progressed,
    Queued,
    Retrying,
    Started,
    Verifying,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.cli.session import Session
    from audiotui.errors import AudiotuiError
    from audiotui.model import VerifyLevel

_log = logging.getLogger(__name__)

MOST_ERRORS = 1_000

NOTHING = Standing(0, 0, 0, 0)
"""How things stand before a job of which nothing is known."""

_NAMES = {
    Queued: "queued",
    Started: "started",
    Progressed: "progressed",
    Retrying: "retrying",
    Verifying: "verifying",
    Finished: "finished",
    Failed: "failed",
    Cancelled: "cancelled",
    LocationAway: "location_away",
    LocationBack: "location_back",
}


class TransferWatch:
    """A listener for the events of one job: it counts and forwards, and tells failures unless ``tells`` is False.

    ``start`` is how things stand before: totals, as far as they are known, and what earlier runs of the job did. With
    the latter, bytes of an unfinished file are counted there already.
    """

    def __init__(
        self,
        session: Session,
        show: Callable[[Standing], None],
        *,
        as_json: bool,
        tells: bool = True,
        start: Standing = NOTHING,
    ) -> None:
        self._start = start
        self._session = session
        self._show = show
        self._as_json = as_json
        self._tells = tells
        self._queued_items = self._queued_bytes = 0
        self._settled_items, self._settled_bytes = start.done_items, start.done_bytes
        self._resumed_bytes = start.done_bytes
        self._active_bytes: dict[int, int] = {}
        self._known_bytes: dict[int, int] = {}
        self._waits_for = ""
        self.errors: list[AudiotuiError] = []
        """The first thousand."""
        self.failed_items = 0
        self._told: dict[str, int] = {}
        """How many files failed for each reason that was told."""
        self._tells_no_more = False
        self.levels: Counter[VerifyLevel] = Counter()
        """How far the files that are where they should be were proven."""

    def __call__(self, event: JobEvent) -> None:
        """Take note of one event."""
        self._count(event)
        if not isinstance(event, Progressed):
            name = event.name if isinstance(event, ItemEvent) else event.job_id
            _log.debug("%s: %s", name, _NAMES[type(event)])
        if self._as_json:
            self._forward(event)
        if self._tells:
            self._tell(event)
        if self._start.done_bytes or not isinstance(event, Queued):
            self._show(self._standing)  # before the first file begins, nobody knows what of it is there already

    @property
    def _standing(self) -> Standing:
        return Standing(
            self._settled_items,
            max(self._start.total_items, self._queued_items),
            self._settled_bytes + sum(self._active_bytes.values()),
            max(self._start.total_bytes, self._queued_bytes),
            self._resumed_bytes,
            self._waits_for,
        )

    def _count(self, event: JobEvent) -> None:
        match event:
            case LocationAway():
                self._waits_for = event.location
            case LocationBack():
                self._waits_for = ""
            case Queued():
                self._queued_items += 1
                self._queued_bytes += event.size_bytes
            case Started():
                self._begin(event)
            case Progressed():
                self._active_bytes[event.item_id] = event.done_bytes - self._known_bytes.get(event.item_id, 0)
            case Finished():
                self.levels[event.level] += 1
                self._settle(event, event.size_bytes - self._known_bytes.get(event.item_id, 0))
            case Failed():
                self._settle(event, self._active_bytes.get(event.item_id, 0))
                if len(self.errors) < MOST_ERRORS:
                    self.errors.append(event.error)
                self.failed_items += 1
            case Cancelled():  # what of it arrived is there, but it is not done
                self._settle(event, self._active_bytes.get(event.item_id, 0))
                self._settled_items -= 1

    def _begin(self, event: Started) -> None:
        """What was there before belongs to the start, if that counted it, else to the file."""
        if self._start.done_bytes:
            self._known_bytes.setdefault(event.item_id, event.resumed_bytes)
        elif event.item_id not in self._active_bytes:
            self._resumed_bytes += event.resumed_bytes
        self._active_bytes[event.item_id] = event.resumed_bytes - self._known_bytes.get(event.item_id, 0)

    def _settle(self, event: ItemEvent, size_bytes: int) -> None:
        self._active_bytes.pop(event.item_id, None)
        self._known_bytes.pop(event.item_id, None)
        self._settled_items += 1
        self._settled_bytes += size_bytes

    def sum_up(self) -> None:
        """Tell how many more files failed for a reason that was told of one."""
        for message, count in self._told.items():
            if count > 1:
                self._session.say(f"{counted(count - 1, 'more file')} failed for the same reason: {message}")

    def _forward(self, event: JobEvent) -> None:
        try:
            output.json_line(event_record(event))
        except output.OutputClosed:
            self._as_json = False  # whoever listened has left; the files go on

    def _tell(self, event: JobEvent) -> None:
        if isinstance(event, LocationAway):
            self._session.say(_away(event))
        elif isinstance(event, LocationBack):
            self._session.say(f"{event.location} answers again.")
        elif isinstance(event, Failed):
            self._tell_failure(event)
        elif isinstance(event, Retrying) and self._session.verbosity:
            self._session.say(f"{event.name}: attempt {event.attempt} in {event.wait_s:.0f} s, because {event.reason}")

    def _tell_failure(self, event: Failed) -> None:
        """Tell a reason once, and no more reasons than a person reads."""
        message = event.error.message
        if message in self._told:  # the trouble of many files, such as a host that went away: ``sum_up`` counts them
            self._told[message] += 1
        elif len(self._told) < TOLD_ERRORS:
            self._told[message] = 1
            say_error(f"{event.name}: {message}", event.error.hint)
        elif not self._tells_no_more:
            self._tells_no_more = True
            self._session.say(f"Further failures are only counted; `audiotui show-job {event.job_id}` lists them.")


def _away(event: LocationAway) -> str:
    """Why nothing moves, and what comes of it."""
    again = f"Trying again in {event.wait_s:.0f} s, giving up after {event.patience_s / 60:.0f} min."
    return f"{event.reason} {again} Ctrl-C stops, and the job can go on later."


def event_record(event: JobEvent) -> dict[str, Any]:
    """An event as a line of JSON has it."""
    record: dict[str, Any] = {"event": _NAMES[type(event)], "job": event.job_id}
    if isinstance(event, ItemEvent):
        record |= {"item": event.item_id, "name": event.name}
    match event:
        case LocationAway():
            record |= {
                "location": event.location,
                "reason": event.reason,
                "wait_s": event.wait_s,
                "patience_s": event.patience_s,
            }
        case LocationBack():
            record |= {"location": event.location}
        case Queued():
            record |= {"size_bytes": event.size_bytes}
        case Started():
            record |= {"size_bytes": event.size_bytes, "resumed_bytes": event.resumed_bytes}
        case Progressed():
            record |= {"size_bytes": event.size_bytes, "done_bytes": event.done_bytes}
        case Retrying():
            record |= {"attempt": event.attempt, "wait_s": event.wait_s, "reason": event.reason}
        case Finished():
            record |= {"size_bytes": event.size_bytes, "verify_level": int(event.level), "skipped": event.skipped}
        case Failed():
            record |= {"error": event.error.message, "hint": event.error.hint, "exit_code": event.error.exit_code}
    return record
