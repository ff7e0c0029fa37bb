"""What follows a save without delaying it: temporary files go, the catalog hears, leases are renewed.

One thread of the service does it. What it has not done when the process ends is in the documents, and is done after the
next start: a while after the first save, so that a program that ends at once is not held up.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from audiotui.crashpoints import crashpoint
from audiotui.documents.base import Change
from audiotui.errors import AudiotuiError, DownloadFailed
from audiotui.library.registering import Registrar
from audiotui.transfer.leases import LEASE_S, RENEW_S

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from audiotui.documents.asset import Asset, Pending
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

TOGETHER = 32
"""Assets that are handled at once."""

LINGER_S = 0.25
"""The longest that the first one waits for others, unless somebody waits for the end of all."""

PARALLEL = 4
"""Removals of temporary files at once; the speech server has better things to do."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""How long after a failure the same is tried again: doubling, from the first to the longest."""

_log = logging.getLogger(__name__)


class Background:
    """The thread; it starts with the first asset that has something to do, and dies with the process."""

    def __init__(self, parts: Parts, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._clock = clock
        self._registrar = Registrar(parts.manager.catalog, parts.shelf)
        self._removers = ThreadPoolExecutor(PARALLEL, thread_name_prefix="audiotui-cleanup")
        self._changed = threading.Condition()
        self._waiting: dict[AssetId, Asset] = {}
        self._later: dict[AssetId, tuple[float, int]] = {}
        self._is_busy = False
        self._hurrying = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self._renewed_s = clock()
        self._look_back_s = clock() + FIRST_PAUSE_S
        self._left_behind: Iterator[Asset] | None = None

    def notify(self, asset: Asset) -> None:
        """An asset has something left to do."""
        if not (asset.cleanup or asset.is_unsynced):
            return
        with self._changed:
            self._waiting[asset.customer_id, asset.asset_id] = asset
            self._start()
            if len(self._waiting) == 1 or self._is_worth_it():
                self._changed.notify_all()

    def watch(self) -> None:
        """Renew leases from now on, also if nothing else is to be done."""
        with self._changed:
            self._start()

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything that can be done now is done; False if that takes longer."""
        with self._changed:
            self._hurrying += 1
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
        self._removers.shutdown(wait=False, cancel_futures=True)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def work_off(self, assets: Sequence[Asset]) -> list[AudiotuiError]:
        """Do now what is left of some assets; returns what went wrong. Called by ``resume`` and by the thread."""
        failures: list[AudiotuiError] = []
        told = self._tell([asset for asset in assets if asset.is_unsynced and asset.is_visible], failures)
        crashpoint("library.after_catalog")
        removed = self._remove_temporaries(assets, failures)
        crashpoint("library.after_cleanup")
        try:
            self._note(assets, removed, told)
        except AudiotuiError as error:
            failures.append(error)
        return failures

    def tell_again(self, asset: Asset) -> list[AudiotuiError]:
        """Tell the catalog of an asset now, whether it heard of it before or not; returns what went wrong."""
        failures: list[AudiotuiError] = []
        self._tell([asset], failures)
        return failures

    def _start(self) -> None:
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._run, name="audiotui-library", daemon=True)
            self._thread.start()

    def _is_worth_it(self) -> bool:
        """Whether what waits is to be done now, because it is enough or because somebody waits for it."""
        return len(self._waiting) >= TOGETHER or self._hurrying > 0 or self._is_closed

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting) or self._is_closed, self._pause_s())
                if self._waiting:
                    self._changed.wait_for(self._is_worth_it, LINGER_S)
                if self._is_closed:
                    return
                self._take_due()
                batch = [self._waiting.pop(one) for one in list(self._waiting)[:TOGETHER]]
                self._is_busy = bool(batch)
            try:
                if batch:
                    self._do(batch)
                elif self._clock() >= self._look_back_s:
                    self._look_back()
                self._renew()
            finally:
                with self._changed:
                    self._is_busy = False
                    self._changed.notify_all()

    def _do(self, batch: list[Asset]) -> None:
        failures = self.work_off(batch)
        for error in failures:
            _log.warning("to be tried again: %s", error)
        for asset in batch:
            one = (asset.customer_id, asset.asset_id)
            if not failures:
                self._later.pop(one, None)
                continue
            tries = self._later.get(one, (0.0, 0))[1] + 1
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**tries / 2)
            self._later[one] = (self._clock() + pause_s, tries)

    def _take_due(self) -> None:
        """Put what failed long enough ago back into the queue, as the document is now."""
        now_s = self._clock()
        for one, (due_s, tries) in list(self._later.items()):
            if due_s > now_s or one in self._waiting:
                continue
            self._later[one] = (float("inf"), tries)
            try:
                asset = self._parts.documents.get(*one)
            except AudiotuiError:
                self._later[one] = (now_s + LONGEST_PAUSE_S, tries)
                continue
            if asset is None or not (asset.cleanup or asset.is_unsynced):
                del self._later[one]
            else:
                self._waiting[one] = asset

    def _pause_s(self) -> float:
        due_s = [due for due, _ in self._later.values()]
        return max(0.0, min([*due_s, self._look_back_s, self._renewed_s + RENEW_S]) - self._clock())

    def _look_back(self) -> None:
        """Do a batch of what processes that are gone left, and see when the next one is due."""
        if self._left_behind is None:
            self._left_behind = self._without_a_process()
        try:
            batch = list(islice(self._left_behind, TOGETHER))
            failures = self.work_off(batch) if batch else []
        except AudiotuiError as error:
            failures, batch = [error], []
        for failure in failures:
            _log.warning("to be tried again: %s", failure)
        if failures:
            self._left_behind = None
        self._look_back_s = self._clock() + LONGEST_PAUSE_S if failures else self._clock() if batch else math.inf

    def _without_a_process(self) -> Iterator[Asset]:
        """What has something to follow, and has not been touched for as long as a living process would let it be."""
        horizon = self._parts.clock() - timedelta(seconds=LEASE_S)
        for asset in self._parts.documents.unfinished():
            if asset.pending is None and asset.updated_at < horizon and (asset.cleanup or asset.is_unsynced):
                yield asset

    def _renew(self) -> None:
        """Give long saves of this process new leases; one that has just begun will mostly be done without."""
        if self._clock() - self._renewed_s < RENEW_S:
            return
        self._renewed_s = self._clock()
        for token, one in self._parts.claims.held().items():
            try:
                asset = self._parts.documents.get(*one)
                if asset is not None and asset.pending is not None and asset.pending.token == token:
                    self._renew_one(asset, asset.pending)
            except AudiotuiError as error:
                _log.warning("no new lease for %s: %s", one[1], error)

    def _renew_one(self, asset: Asset, pending: Pending) -> None:
        age_s = LEASE_S - (pending.lease_until - self._parts.clock()).total_seconds()
        if age_s > RENEW_S / 2:
            renewed = asset.changed(asset.updated_at, pending=self._parts.claims.renewed(pending))
            self._parts.writes.write(Change(asset, renewed))

    def _remove_temporaries(self, assets: Sequence[Asset], failures: list[AudiotuiError]) -> dict[AssetId, list[str]]:
        wanted = [((asset.customer_id, asset.asset_id), name) for asset in assets for name in asset.cleanup]
        if not wanted:
            return {}
        if not self._parts.options.cleanup:  # it was switched off since
            return {(asset.customer_id, asset.asset_id): list(asset.cleanup) for asset in assets if asset.cleanup}
        self._parts.documents.make_durable()  # before the only other copy of the sound goes
        removed: dict[AssetId, list[str]] = {}
        for (one, name), error in zip(wanted, self._remove_each(wanted), strict=True):
            if error is None:
                removed.setdefault(one, []).append(name)
            else:
                failures.append(error)
        return removed

    def _remove_each(self, wanted: Sequence[tuple[AssetId, str]]) -> list[AudiotuiError | None]:
        shares = [wanted[first::PARALLEL] for first in range(PARALLEL)]
        try:
            removals = [self._removers.submit(self._remove_some, share) for share in shares]
        except RuntimeError:  # the interpreter is ending, and starts no threads any more
            return list(map(self._remove_temporary, wanted))
        ends: list[AudiotuiError | None] = [None] * len(wanted)
        for first, removal in enumerate(removals):
            try:
                ends[first::PARALLEL] = removal.result()
            except CancelledError:
                ends[first::PARALLEL] = [_left() for _ in shares[first]]
        return ends

    def _remove_some(self, wanted: Sequence[tuple[AssetId, str]]) -> list[AudiotuiError | None]:
        """Remove one after the other; what is not begun when the service is closed is left."""
        return [_left() if self._is_closed else self._remove_temporary(one) for one in wanted]

    def _remove_temporary(self, wanted: tuple[AssetId, str]) -> AudiotuiError | None:
        try:
            self._parts.speech.remove_temporary(wanted[1])
        except AudiotuiError as error:
            return error
        return None

    def _tell(self, assets: Sequence[Asset], failures: list[AudiotuiError]) -> set[AssetId]:
        if not assets:
            return set()
        try:
            self._registrar.tell(assets)
        except AudiotuiError as error:
            failures.append(error)
            return set()
        return {(asset.customer_id, asset.asset_id) for asset in assets}

    def _note(self, assets: Sequence[Asset], removed: dict[AssetId, list[str]], told: set[AssetId]) -> None:
        """Write down what is done, all together; an asset that changed meanwhile is looked at again."""
        changes = [
            Change(asset, _noted(asset, asset, removed.get(one, ()), is_told=one in told))
            for asset in assets
            if (one := (asset.customer_id, asset.asset_id)) in told or one in removed
        ]
        for change, made in zip(changes, self._parts.documents.write(changes) if changes else (), strict=True):
            if not made and change.before is not None:
                self._note_again(change.before, removed.get(change.id, ()), is_told=change.id in told)

    def _note_again(self, asset: Asset, removed: Collection[str], *, is_told: bool) -> None:
        while (fresh := self._parts.documents.get(asset.customer_id, asset.asset_id)) is not None:
            if self._parts.writes.write(Change(fresh, _noted(fresh, asset, removed, is_told=is_told))):
                return


def _left() -> AudiotuiError:
    return DownloadFailed("A temporary file is left to the next start.", retryable=True)


def _noted(asset: Asset, seen: Asset, removed: Collection[str], *, is_told: bool) -> Asset:
    """The asset without the work that was done on ``seen``, an earlier state of it; that is no new revision."""
    cleanup = tuple(name for name in asset.cleanup if name not in removed)
    is_told = is_told and _shows_the_same(asset, seen)
    return replace(asset, cleanup=cleanup, is_unsynced=asset.is_unsynced and not is_told)


def _shows_the_same(one: Asset, other: Asset) -> bool:
    """Whether the catalog would be told the same of both."""
    return (one.versions, one.renditions, one.folder, one.tags, one.is_deleted) == (
        other.versions,
        other.renditions,
        other.folder,
        other.tags,
        other.is_deleted,
    )
