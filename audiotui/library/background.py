"""When what follows saves is done, without delaying them, and tried again.

One thread of the service does it. What it has not done when the process ends is in the documents, and is done after the
next start: a while after the first save, so that a program that ends at once is not held up.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from audiotui.cleanup import on_failure
from audiotui.errors import AudiotuiError, CatalogError, DatabaseFailed, ServiceError
from audiotui.library.following import TOGETHER, Failure, FollowUps, errors_of, id_of
from audiotui.library.outages import Outages
from audiotui.library.postponed import Postponed
from audiotui.library.renewing import Renewals
from audiotui.library.threads import begun
from audiotui.transfer.leases import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

LINGER_S = 0.25
"""The longest that the first one waits for others, unless somebody waits for the end of all."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""How long after a failure the same is tried again: doubling, from the first to the longest."""

REFUSED_PAUSE_S = 3600.0
"""How long after a refusal the same is tried again: only a person can heal it. A change of the asset does not wait."""

_log = logging.getLogger(__name__)


class Background:
    """The thread; it starts with the first asset that has something to do, and dies with the process.

    Should it end before, it is started again with the next one.
    """

    def __init__(self, parts: Parts, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._clock = clock
        self._follow_ups = FollowUps(parts)
        self._renewals = Renewals(parts, clock=clock)
        self._changed = threading.Condition()
        self._waiting: dict[AssetId, Asset] = {}
        self._later = Postponed()
        self._is_busy = False
        self._hurrying = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self._look_back_s = clock() + FIRST_PAUSE_S
        self._left_behind: Iterator[Asset] | None = None
        self._outages = Outages()
        self._comes_again = False

    def notify(self, asset: Asset) -> None:
        """An asset has something left to do."""
        if not (asset.cleanup or asset.is_unsynced):
            return
        with self._changed:
            self._waiting[id_of(asset)] = asset
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
        """Do what can be done in so many seconds, and end."""
        self._look_back_s = math.inf
        self.settle(timeout_s)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._follow_ups.close()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._renewals.close(timeout_s)

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
                self._take_due()
                if batch := self._next_batch():
                    self._do(batch)
                elif self._clock() >= self._look_back_s:
                    self._look_back()
            except Exception:  # noqa: BLE001 - the last handler of the thread, without which nothing follows any more
                _log.exception("what follows saves was interrupted, and goes on")
            finally:
                with self._changed:
                    self._is_busy = False
                    self._changed.notify_all()

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

    def _next_batch(self) -> list[Asset]:
        with self._changed:
            batch = [self._waiting.pop(one) for one in list(islice(self._waiting, TOGETHER))]
            self._is_busy = bool(batch)
            self._changed.notify_all()
            return batch

    def _do(self, batch: list[Asset], outages: Outages | None = None, *, comes_again: bool = False) -> list[Failure]:
        """Do it now; what fails is done again after a pause, each asset by itself.

        With ``comes_again`` somebody else sees to what can pass with time.
        """
        failures = self._work_off_each(batch, outages)
        for told, can_heal in dict.fromkeys((str(error), error.retryable) for error in errors_of(failures)):
            when = "" if can_heal else ", in an hour or when the asset changes"
            _log.warning("to be tried again%s: %s", when, told)
        can_pass: dict[AssetId, bool] = {}
        for one, error in failures:
            can_pass[one] = can_pass.get(one, False) or error.retryable
        for one in map(id_of, batch):
            if one not in can_pass:
                self._later.drop(one)
                continue
            if comes_again and can_pass[one]:
                continue
            tries = self._later.tries(one) + 1
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**tries / 2) if can_pass[one] else REFUSED_PAUSE_S
            self._later.postpone(one, self._clock() + pause_s, tries=tries)
        return failures

    def _work_off_each(self, batch: list[Asset], outages: Outages | None) -> list[Failure]:
        """Do it; an error that nobody foresaw fails only the asset that it belongs to, and can pass."""
        try:
            return self._follow_ups.work_off(batch, outages)
        except Exception as error:  # noqa: BLE001 - nobody who could raise it waits, and others wait for their turn
            if len(batch) > 1:
                return [failure for one in batch for failure in self._work_off_each([one], outages)]
            [asset] = batch
            _log.exception("%s of %s: an error that nobody foresaw", asset.asset_id, asset.customer_id)
            told = f"What follows the save of {asset.asset_id} failed: {error!r:.200}."
            failure = ServiceError(told, "Report it as an error in audiotui.", retryable=True)
            failure.__cause__ = error
            return [Failure(id_of(asset), failure)]

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

    def _pause_s(self) -> float:
        return max(0.0, min(self._later.next_s, self._look_back_s, self._clock() + LONGEST_PAUSE_S) - self._clock())

    def _look_back(self) -> None:
        """Do a batch of what processes that are gone left, and see when the next one is due.

        It goes on to the end while documents and catalog can be used: what they refuse, and temporary files that cannot
        be removed now, stand in no other's way. For the latter it looks again after the longest pause.
        """
        if self._left_behind is None:
            self._outages, self._comes_again = Outages(), False
        left_behind = self._left_behind or self._without_a_process()
        self._left_behind, self._look_back_s = None, self._clock() + LONGEST_PAUSE_S  # unless it goes on
        try:
            batch = list(islice(left_behind, TOGETHER))
        except AudiotuiError as error:
            _log.warning("to be tried again: %s", error)
            return
        failures = self._do(batch, self._outages, comes_again=True)
        self._comes_again = self._comes_again or any(error.retryable for _, error in failures)
        if not batch:
            self._look_back_s = self._look_back_s if self._comes_again else math.inf
        elif not _fails_all(batch, failures):
            self._left_behind, self._look_back_s = left_behind, self._clock()

    def _without_a_process(self) -> Iterator[Asset]:
        """What has something to follow, and has not been touched for as long as a living process would let it be."""
        horizon = self._parts.clock() - timedelta(seconds=LEASE_S)
        for asset in self._parts.documents.unfinished():
            is_left = asset.pending is None and asset.updated_at < horizon and (asset.cleanup or asset.is_unsynced)
            if is_left and id_of(asset) not in self._later:
                yield asset


def _fails_all(batch: Sequence[Asset], failures: Sequence[Failure]) -> bool:
    """Whether what failed for a batch shows that documents or catalog would only fail for others, too."""
    of_stores = [one for one in failures if isinstance(one.error, CatalogError | DatabaseFailed)]
    return any(error.retryable for _, error in of_stores) or len({one for one, _ in of_stores}) == len(batch)
