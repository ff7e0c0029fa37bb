"""What follows saves is done here, without delaying them, and tried again: the catalog hears, temporary files go.

One thread of the service does it, for up to ``TOGETHER`` assets at once.

| an asset                | comes from                                                                 | in            |
|-------------------------|----------------------------------------------------------------------------|---------------|
| that was saved just now | ``notify``                                                                 | ``_waiting``  |
| for which it has failed | the turn that it was given then: a pause that doubles, an hour if refused  | ``Postponed`` |
| that others left        | the documents, after a start, and again as long as something is left there | ``LookBack``  |

``FollowUps`` does it, and notes in the document that it is done; until then the document says what is to be done, so
nothing is lost with the process, nor where a queue is full: nothing is ever given up. It needs no lease, for doing it
twice changes nothing. Works that do need one, such as saves, are ended by ``Leftovers``; ``Renewals``, a thread of its
own, keeps the leases of those that take long.

The first look back comes a while after the first save, so that a program that ends at once is not held up.
"""

from __future__ import annotations

import logging
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING

from audiotui.cleanup import caught, on_failure
from audiotui.errors import AudiotuiError
from audiotui.library.following import TOGETHER, Failure, FollowUps, errors_of, id_of
from audiotui.library.lookingback import LookBack
from audiotui.library.outages import Outages
from audiotui.library.postponed import Postponed
from audiotui.library.renewing import Renewals
from audiotui.library.threads import begun
from audiotui.library.unforeseen import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

LINGER_S = 0.25
"""The longest that the first one waits for others, unless somebody waits for the end of all."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""How long after a failure the same is tried again: doubling, from the first to the longest."""

REFUSED_PAUSE_S = 3600.0
"""How long after a refusal the same is tried again: only a person can heal it. A change of the asset does not wait."""

BELIEVED_S = 20.0
"""So long a server that did not work is not tried again for other assets: each try may take as long as its time-out."""

MOST_KEPT = 10_000
"""So many assets wait in memory, and so many again for their turn; those beyond are left to the look back."""

_log = logging.getLogger(__name__)


class Background:
    """The thread; it starts with the first asset that has something to do, and dies with the process.

    Should it end before, it is started again with the next one. ``_changed`` guards what other threads see; what the
    thread alone uses is not guarded, and nothing that takes long is done with it.
    """

    def __init__(
        self, parts: Parts, *, clock: Callable[[], float] = time.monotonic, most_kept: int = MOST_KEPT
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._most_kept = most_kept
        self._follow_ups = FollowUps(parts)
        self._renewals = Renewals(parts, clock=clock)
        self._changed = threading.Condition()
        self._waiting: dict[AssetId, Asset] = {}
        self._is_busy = False
        self._hurrying = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self._behind = LookBack(parts, first_s=clock() + FIRST_PAUSE_S, pause_s=LONGEST_PAUSE_S, clock=clock)
        self._later = Postponed()
        self._outages, self._believed_until_s = Outages(), clock() + BELIEVED_S

    def notify(self, asset: Asset) -> None:
        """An asset has something left to do."""
        if not (asset.cleanup or asset.is_unsynced):
            return
        one = id_of(asset)
        with self._changed:
            if len(self._waiting) < self._most_kept or one in self._waiting:
                self._waiting[one] = asset
            else:
                self._behind.ask()
            self._start()
            if len(self._waiting) == 1 or self._is_worth_it():
                self._changed.notify_all()

    def watch(self) -> None:
        """Renew leases from now on, also if nothing else is to be done."""
        self._renewals.watch()
        with self._changed:
            self._start()

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything that can be done now is done; False if that takes longer."""
        with self._changed:
            self._hurrying += 1
            if self._waiting:
                self._start()
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: not self._waiting and not self._is_busy, timeout_s)
            finally:
                self._hurrying -= 1

    def close(self, timeout_s: float) -> None:
        """Do what can be done in so many seconds, and end; what takes longer is left to the next start."""
        until_s = self._clock() + timeout_s
        self._behind.stop()
        self.settle(timeout_s)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._follow_ups.close()
        if self._thread is not None:
            self._thread.join(max(0.0, until_s - self._clock()))
        self._renewals.close(max(0.0, until_s - self._clock()))

    def work_off(self, assets: Sequence[Asset], outages: Outages | None = None) -> list[Failure]:
        """Do now what is left of some assets; returns what went wrong."""
        return self._follow_ups.work_off(assets, outages)

    def tell_again(self, asset: Asset) -> list[AudiotuiError]:
        """Tell the catalog of an asset now, whether it heard of it before or not; returns what went wrong."""
        return errors_of(self._follow_ups.tell_anew(asset))

    def _start(self) -> None:
        if not self._is_closed:
            self._thread = begun(self._thread, self._run, "audiotui-library")

    def _is_worth_it(self) -> bool:
        """Whether what waits is to be done now, because it is enough or because somebody waits for it."""
        return len(self._waiting) >= TOGETHER or self._hurrying > 0 or self._is_closed

    def _run(self) -> None:
        while self._wait():
            try:
                with caught() as turn:
                    self._take_turn()
            finally:
                with self._changed:
                    self._is_busy = False
                    self._changed.notify_all()
            if turn.error is not None:
                tell(turn.error, "what follows saves was interrupted, and goes on", _log)

    def _wait(self) -> bool:
        """Wait until it is time for something; False if that is the end."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._is_closed, self._pause_s())
            if self._waiting:
                self._changed.wait_for(self._is_worth_it, LINGER_S)
            if self._is_closed:
                return False
            self._is_busy = bool(self._waiting) or self._later.next_s <= self._clock()
            return True

    def _pause_s(self) -> float:
        return max(0.0, min(self._later.next_s, self._behind.due_s, self._clock() + LONGEST_PAUSE_S) - self._clock())

    def _take_turn(self) -> None:
        """Do one batch: of what waits, else of what others left."""
        self._take_due()
        if batch := self._next_batch():
            self._do(batch)
        elif self._clock() >= self._behind.due_s:
            self._look_back()

    def _take_due(self) -> None:
        """Put some of what failed long enough ago back into the queue, as the documents are now.

        Without the lock: saves, and the end of the service, wait for no store. One that fails is left alone a while.
        """
        due = self._later.take(self._clock(), TOGETHER)
        if not due:
            return
        try:
            with on_failure(lambda: self._put_off(due)):
                assets = self._parts.documents.get_many(due)
        except AudiotuiError as error:
            _log.warning("to be tried again: %s", error)
            return
        with self._changed:
            for one in due:
                asset = assets.get(one)
                if asset is not None and (asset.cleanup or asset.is_unsynced):
                    self._waiting.setdefault(one, asset)  # what was saved meanwhile is newer
                elif one not in self._waiting:
                    self._later.drop(one)

    def _put_off(self, taken: Iterable[AssetId]) -> None:
        """Let no turn come before the longest pause is over: of what was taken, and of what is due, too."""
        now_s = self._clock()
        for one in (*taken, *self._later.take(now_s)):
            self._later.postpone(one, now_s + LONGEST_PAUSE_S)

    def _next_batch(self) -> list[Asset]:
        with self._changed:
            batch = [self._waiting.pop(one) for one in list(islice(self._waiting, TOGETHER))]
            self._is_busy = bool(batch)
            self._changed.notify_all()
            return batch

    def _look_back(self) -> None:
        """Do a batch of what processes that are gone left."""
        try:
            batch = self._behind.next_batch(besides=self._later)
        except AudiotuiError as error:
            _log.warning("to be tried again: %s", error)
            return
        self._behind.note(batch, self._do(batch, comes_again=True))

    def _do(self, batch: list[Asset], *, comes_again: bool = False) -> list[Failure]:
        """Do it now; what fails is done again after a pause, each asset by itself.

        With ``comes_again`` the look back sees to what can pass with time.
        """
        if self._clock() >= self._believed_until_s:
            self._outages, self._believed_until_s = Outages(), self._clock() + BELIEVED_S
        failures = self._follow_ups.work_off(batch, self._outages)
        for told, can_heal in dict.fromkeys((str(error), error.retryable) for error in errors_of(failures)):
            when = "" if can_heal else ", in an hour or when the asset changes"
            _log.warning("to be tried again%s: %s", when, told)
        can_pass: dict[AssetId, bool] = {}
        for one, error in failures:
            can_pass[one] = can_pass.get(one, False) or error.retryable
        for one in map(id_of, batch):
            if one not in can_pass:
                self._later.drop(one)
            elif not (comes_again and can_pass[one]):
                self._postpone(one, can_pass=can_pass[one])
        return failures

    def _postpone(self, one: AssetId, *, can_pass: bool) -> None:
        """Give it its next turn; if too many wait for theirs, leave it to the look back."""
        if len(self._later) >= self._most_kept and one not in self._later:
            self._behind.ask()
            return
        tries = self._later.tries(one) + 1
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**tries / 2) if can_pass else REFUSED_PAUSE_S
        self._later.postpone(one, self._clock() + pause_s, tries=tries)
