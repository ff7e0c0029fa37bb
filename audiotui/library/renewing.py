"""New leases for the saves of this process that take long, in time whatever else the service does."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from audiotui.cleanup import caught
from audiotui.documents.base import Change
from audiotui.errors import AudiotuiError
from audiotui.library.threads import begun
from audiotui.library.unforeseen import tell
from audiotui.transfer.leases import LEASE_S, RENEW_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.asset import Asset, Pending
    from audiotui.library.parts import Parts

_log = logging.getLogger(__name__)


class Renewals:
    """The leases of one service. A thread renews them from the first ``watch`` on, and dies with the process.

    It is a thread of its own because what follows saves may wait for one server after the other.
    """

    def __init__(self, parts: Parts, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._clock = clock
        self._starting = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._renewed_s = clock()

    def watch(self) -> None:
        """Renew leases from now on."""
        with self._starting:
            if not self._closed.is_set():
                self._thread = begun(self._thread, self._run, "audiotui-leases")

    def close(self, timeout_s: float) -> None:
        """Renew no more; a renewal that is under way is waited for so long."""
        with self._starting:
            self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._closed.wait(max(0.0, self._renewed_s + RENEW_S - self._clock())):
            self._renewed_s = self._clock()
            with caught() as renewal:
                self._renew()
            if renewal.error is not None:
                tell(renewal.error, "no new leases until the next time", _log)

    def _renew(self) -> None:
        """Give long saves new leases; one that has just begun will mostly be done without."""
        held = self._parts.claims.held()
        if not held:
            return
        assets = self._parts.documents.get_many(set(held.values()))
        for token, one in held.items():
            asset = assets.get(one)
            if self._closed.is_set():
                return
            if asset is None or asset.pending is None or asset.pending.token != token:
                continue  # it has ended, or is another's
            try:
                self._renew_one(asset, asset.pending)
            except AudiotuiError as error:
                if error.retryable:
                    raise  # of a store that would only fail the others, too, and take its time for each
                _log.warning("no new lease for %s: %s", one[1], error)

    def _renew_one(self, asset: Asset, pending: Pending) -> None:
        age_s = LEASE_S - (pending.lease_until - self._parts.clock()).total_seconds()
        if age_s > RENEW_S / 2:
            renewed = asset.changed(asset.updated_at, pending=self._parts.claims.renewed(pending))
            self._parts.writes.write(Change(asset, renewed))
