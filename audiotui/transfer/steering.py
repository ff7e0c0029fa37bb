"""What steers a running job: people's orders, the health of its two locations, and when to give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.errors import (
    AccessDenied,
    AudiotuiError,
    HostKeyChanged,
    IntegrityError,
    LocationError,
    LocationFull,
    Throttled,
    UnknownHostKey,
    Unreachable,
)
from audiotui.transfer.flight import Flight
from audiotui.transfer.jobs import JobState
from audiotui.transfer.pacing import FAILURES_TO_OPEN, Health
from audiotui.transfer.sides.side import AHEAD

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from audiotui.backends.base import Limits
    from audiotui.transfer.job_feed import JobFeed
    from audiotui.transfer.journal import Journal
    from audiotui.transfer.leased_job import LeasedJob
    from audiotui.transfer.route import Requests

PATIENCE_S = 900.0
"""A location that was there and went away may come back within this time; then the rest of the job fails."""

BREAK_S = 1.0
"""One connection that breaks off ends all that is on it: what comes within this time of it is no further trouble."""

LOOK_S = 0.25
"""How often the journal is asked for orders."""

HOPELESS_AFTER: dict[type[AudiotuiError], int] = {
    UnknownHostKey: 1,
    HostKeyChanged: 1,
    LocationFull: 5,
    IntegrityError: 10,  # bad memory, or a proxy that changes bytes: nothing that it stores can be trusted
    AccessDenied: 20,
    LocationError: 20,  # the class itself: errors that nobody foresaw
}
"""After so many failures of one class, with no success between them, the rest of the job fails without being tried."""


FEWEST_SHARED = 8
"""Fewer requests in flight are made by one process alone."""


class Ending(NamedTuple):
    """Why a run ends before all items are settled, and the state in which its job is given back."""

    state: JobState
    error: AudiotuiError | None = None


class Outage(NamedTuple):
    """A location that answered before and does not now; the run waits for it."""

    location: str
    reason: str
    wait_s: float
    """Before it is tried again for the first time."""


class Steering:
    """Used by the thread that runs the job; it sets the job's limits and tells its feed how locations do."""

    def __init__(
        self,
        job: LeasedJob,
        journal: Journal,
        feed: JobFeed[Any],
        limits: Limits,
        *,
        source: str,
        destination: str,
        cancel: threading.Event,
        requests: Requests,
        work: Callable[[], float],
    ) -> None:
        self._job = job
        self._journal = journal
        self._feed = feed
        self._limits = limits
        self._cancel = cancel
        self._requests = requests
        self._work = work
        self._destination = destination
        self._locations = (source, destination)
        self._healths: dict[str, Health] = {}
        self._clock = journal.boot_clock
        self._looked_s = float("-inf")
        self._answered = False
        self._misses = 0
        self._gone_since_s: float | None = None
        self._broke_off_s = float("-inf")
        self._same_failures = 0
        self._last_failure: type[AudiotuiError] | None = None
        self._hopeless: AudiotuiError | None = None
        self.outage: Outage | None = None
        """What the run waits for now."""
        self._parallel: int | None = None
        self._sides = 0
        self._flight = Flight(*requests, now_s=self._clock())
        self._set_requests(self._flight.requests)
        now_s = self._clock()
        for name in self._locations:
            # Whoever starts a job may know that a location is back: the first item probes now.
            self._change_health(name, lambda health: health.probed_from(now_s))

    def check(self) -> Ending | None:
        """Look at what people want and how things stand; the reason if the run has to end."""
        if self._cancel.is_set():
            return Ending(JobState.CANCELLED)
        if self._hopeless is not None and self._feed.in_flight == 0:
            return Ending(JobState.FAILED, self._hopeless)
        now_s = self._clock()
        if now_s - self._looked_s < LOOK_S:
            return None
        self._looked_s = now_s
        orders = self._job.orders()
        if orders.parallel != self._parallel:
            self._parallel = orders.parallel
            most = (orders.parallel, orders.parallel) if orders.parallel else self._requests
            self._flight = Flight(*most, now_s=now_s)
        self._set_requests(self._flight.look(now_s, self._work()))
        self._limits.bytes_per_s = orders.bytes_per_s
        for name in self._locations:  # other engines may have learned something
            self._know(name, self._journal.location_health.load(name))
        if self.outage is not None and not self._healths[self.outage.location].is_down:
            self.outage = None
        return Ending(orders.wish) if orders.wish is not None else None

    def share(self, sides: int) -> None:
        """From now on so many processes at the side move items, too.

        At first each has as many in flight as one alone would: it sends the next request while the answers come in.
        """
        if sides > self._sides:
            start, most = self._requests
            self._flight = Flight(min(most, start * (1 + sides)), most, now_s=self._clock())
        self._sides = sides
        self._set_requests(self._flight.requests)

    @property
    def side_requests(self) -> int:
        """How many files each of them may have in flight: none where few may be in all."""
        requests = self._flight.requests
        return requests // (1 + self._sides) if self._sides and requests >= FEWEST_SHARED else 0

    def succeeded(self) -> None:
        """An item was settled well: both locations answer."""
        self._last_failure = None
        self.came_back()

    def came_back(self) -> None:
        """What the run waits for answers again, though no item has ended yet."""
        self.answered()
        self.outage = None
        for name, health in tuple(self._healths.items()):
            if health.succeeded() is not health:
                self._change_health(name, Health.succeeded)

    def answered(self) -> None:
        """Both locations did something of what was asked, whatever came of it."""
        self._answered = True
        self._misses = 0
        self._gone_since_s = None

    def is_waiting_for(self, error: AudiotuiError) -> bool:
        """Whether an error is what the run waits for the end of: no fault of the item that it came up with."""
        if self.outage is None or self._hopeless is not None or not isinstance(error, Unreachable):
            return False
        return self._blamed(error) == self.outage.location

    def failed(self, error: AudiotuiError) -> None:
        """An item failed, whether or not it will be tried again."""
        now_s = self._clock()
        if isinstance(error, Unreachable):
            self._miss(error, now_s)
            return
        self._answered = True
        if isinstance(error, Throttled):
            retry_after_s = error.retry_after or 0.0
            self._change_health(self._blamed(error), lambda health: health.throttled(now_s, retry_after_s))
            self._flight.throttled()
            self._set_requests(self._flight.requests)
            return
        self._same_failures = self._same_failures + 1 if type(error) is self._last_failure else 1
        self._last_failure = type(error)
        if self._same_failures >= HOPELESS_AFTER.get(type(error), self._same_failures + 1):
            self._give_up(error)

    def _miss(self, error: Unreachable, now_s: float) -> None:
        name = self._blamed(error)
        if error.broke_off:
            self._answered = True
            if now_s - self._broke_off_s < BREAK_S:
                return
            self._broke_off_s = now_s
        self._misses += 1
        health = self._change_health(name, lambda health: health.unreachable(now_s))
        if not health.is_down and self._misses >= FAILURES_TO_OPEN:  # in vain, though slowly: each was a time-out
            health = self._change_health(name, lambda health: health.closed_down(now_s))
        if not health.is_down:
            return
        if self._gone_since_s is None:
            self._gone_since_s = now_s
        if not self._answered or now_s - self._gone_since_s >= PATIENCE_S:
            self._give_up(error)
        elif self.outage is None:
            self.outage = Outage(name, error.message, max(0.0, health.ready_at_s - now_s))

    def _give_up(self, error: AudiotuiError) -> None:
        self._hopeless = error
        self._feed.close()

    def _blamed(self, error: LocationError) -> str:
        return error.location if error.location in self._locations else self._destination

    def _set_requests(self, requests: int) -> None:
        self._limits.requests = requests - self._sides * self.side_requests
        self._feed.most_in_flight = 2 * requests + 8 + self._sides * AHEAD

    def _change_health(self, name: str, change: Callable[[Health], Health]) -> Health:
        health = self._journal.location_health.change(name, change)
        self._know(name, health)
        return health

    def _know(self, name: str, health: Health) -> None:
        self._healths[name] = health
        self._feed.set_health(name, health)
