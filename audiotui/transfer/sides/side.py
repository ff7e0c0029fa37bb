"""A process at a job's side, seen from the job: it takes small files from the feed, and gives outcomes.

The job's own movers deal with everything that is not plain: big files, uploads to be resumed, retries, and whatever the
process gives back because it could not move it at once. So a location that is down, a file that is damaged or a full
disk is found out, counted and told in one place. A process that dies or hangs gives back what it had.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.base import Entry, Outcome
from audiotui.backends.crew import stopped
from audiotui.backends.lanecrew import LANE_BYTES
from audiotui.model import VerifyLevel
from audiotui.transfer.sides.helpers import helpers
from audiotui.transfer.sides.messages import Begin, Errand, Errands, Hung, News, NoMore, Ready, Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from audiotui.backends.base import GetItem, Limits
    from audiotui.backends.loan import Loan
    from audiotui.transfer.job_feed import JobFeed
    from audiotui.transfer.sides.messages import Channel

LOOK_S = 0.02
"""How often the feed and the limits are looked at."""

AHEAD = 32
"""So many files more than may be under way are with the process, so that it does not wait for the next ones."""

READY_S = 1.0
"""A process that has not closed everything after so long is not used again."""

FEWEST_AT_ONCE = AHEAD // 2
"""Fewer are not worth a message while it has enough to do."""

SILENCE_S = 30.0
"""It speaks every second; after so long it is given up."""

MOST_GIVEN_BACK = 8
"""After so many files that it could not move, and none that it could, it is not of use here."""

_log = logging.getLogger(__name__)


class Loans(NamedTuple):
    """Both ends of a transfer."""

    source: Loan
    destination: Loan


class Side:
    """One process, for one run of a job; ``outcomes`` is called once, in a thread of its own.

    ``lend`` gives both ends of the transfer, None if that cannot be. ``requests`` tells how many files it may have in
    flight now. ``limits`` are those of the job.
    """

    def __init__(
        self,
        lend: Callable[[], Loans | None],
        feed: JobFeed[GetItem],
        limits: Limits,
        *,
        requests: Callable[[], int],
        silence_s: float = SILENCE_S,
    ) -> None:
        self.pid = 0
        """Of the process, as long as there is one."""
        self._silence_s = silence_s
        self._lend = lend
        self._feed = feed
        self._limits = limits
        self._requests = requests
        self._held: dict[int, GetItem] = {}
        self.refused: set[int] = set()
        """The numbers of the files that it could not move; the job's own movers are to take them."""
        self._refused_in_a_row = 0

    def outcomes(self) -> Iterator[Outcome[GetItem]]:
        """Of the files that the process has moved; what it still had when it was lost is given back."""
        loans = self._lend() if self._is_of_use and not self._is_over else None  # a location opens again when asked
        if loans is None or self._is_over:
            return
        try:
            helper = helpers.take()
        except (OSError, RuntimeError) as error:
            _log.info("No process at the side of a job can be started: %s", type(error).__name__)
            return
        self.pid = helper.pid
        is_ready = False
        try:
            is_ready = yield from self._converse(helper.channel, loans)
        except (EOFError, OSError, Hung) as error:
            _log.info("A process at the side of a job was lost: %s", type(error).__name__)
        finally:
            self.pid = 0
            if is_ready:
                helpers.keep(helper)
            else:
                helper.end()
            items, self._held = tuple(self._held.values()), {}
            if not self._limits.cancelled:
                for item in items:
                    self._feed.give_back(item)
                items = ()
        for item in items:
            yield Outcome(item, error=stopped())

    def _converse(self, channel: Channel, loans: Loans) -> Generator[Outcome[GetItem], None, bool]:
        """Give files and take news; True if that ended in good order, as it does not once a rate is set."""
        terms = self._terms
        channel.send(Begin(*loans, terms))
        heard_s = time.monotonic()
        while not self._limits.cancelled and self._limits.bytes_per_s is None:
            if terms != self._terms:
                terms = self._terms
                channel.send(terms)
            self._hand_over(channel, terms)
            if not self._held and (self._feed.closed or not self._is_of_use):
                channel.send(NoMore())
                return _says_ready(channel)
            news = channel.receive(LOOK_S)
            if news is None:
                if time.monotonic() - heard_s > self._silence_s:
                    raise Hung
                continue
            heard_s = time.monotonic()
            yield from self._heard(news)
        return False

    @property
    def _is_over(self) -> bool:
        return self._limits.cancelled or self._feed.closed

    @property
    def _terms(self) -> Terms:
        return Terms(self._requests(), self._limits.bytes_in_flight)

    @property
    def _is_of_use(self) -> bool:
        """Whether it gets more files: at a limited rate they are counted here, and one process keeps to it alone."""
        return self._refused_in_a_row < MOST_GIVEN_BACK and self._limits.bytes_per_s is None

    def _hand_over(self, channel: Channel, terms: Terms) -> None:
        """Let the process have as much to do as the feed has; near its end half of what is left, as both go on."""
        feed = self._feed
        if not self._is_of_use or not terms.requests:
            return
        wanted = min(terms.requests + AHEAD, 1 + feed.fresh_count // 2) - len(self._held)
        if wanted <= 0 or (wanted < FEWEST_AT_ONCE and len(self._held) >= terms.requests):
            return
        items = feed.take_fresh(wanted, self._suits)
        for item in items:
            self._held[item.id] = item
            item.on_start(0)
        if items:
            channel.send(Errands([_errand(item) for item in items]))

    def _suits(self, item: GetItem) -> bool:
        return 0 < item.content.size_bytes <= LANE_BYTES and not item.resume_token and item.id not in self.refused

    def _heard(self, news: News) -> Iterator[Outcome[GetItem]]:
        for done in news.done:
            item = self._held.pop(done.number)
            size_bytes = item.content.size_bytes
            item.on_bytes(size_bytes)
            self._refused_in_a_row = 0
            yield Outcome(
                item, Entry(item.new_key, size_bytes, done.etag, done.modified_at, level=VerifyLevel.READ_BACK)
            )
        for number in news.given_back:
            self.refused.add(number)
            self._refused_in_a_row += 1
            self._feed.give_back(self._held.pop(number))


def _says_ready(channel: Channel) -> bool:
    """Whether a process that was told of the end is soon at its own."""
    until_s = time.monotonic() + READY_S
    while (wait_s := until_s - time.monotonic()) > 0:
        if isinstance(channel.receive(wait_s), Ready):
            return True
    return False


def _errand(item: GetItem) -> Errand:
    content = item.content
    return Errand(item.id, item.key, item.etag, item.new_key, item.temp, content.size_bytes, content.sha256)
