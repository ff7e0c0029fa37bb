"""Who works on an asset: claims that others can judge, on this host and on others that share the documents.

A claim is part of the document. Its holder is a process; one that is dead on this machine loses it at once, one of
another machine when its lease runs out. Whoever takes it over writes a new token, so the former holder's next write has
no effect, should he still live.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from audiotui.documents.asset import Pending, Work
from audiotui.transfer.leases import LEASE_S, Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.base import AssetId


def utc_now() -> datetime:
    """The time of day in whole milliseconds, as all stores keep it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


_SERVICE_MARK = "#"
"""Stands between the process and the service in the name of an owner."""


class Claims:
    """The claims of one service; several services in one process are strangers to each other, as processes are."""

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._owner = f"{Owner.this_process()}{_SERVICE_MARK}{secrets.token_hex(4)}"
        self._held: dict[str, AssetId] = {}
        self._lock = threading.Lock()

    def new(self, one: AssetId, work: Work, request: dict[str, Any], **follow_ups: Any) -> Pending:
        """A claim on an asset, held from now on, before anybody can read it; ``release`` ends that."""
        token = secrets.token_hex(16)
        return self._hold(one, Pending(token, work, self._owner, self._until(), request, **follow_ups))

    def taken_over(self, one: AssetId, pending: Pending) -> Pending:
        """The same work, claimed and held by this service."""
        return self._hold(one, replace(self.renewed(pending), token=secrets.token_hex(16), owner=self._owner))

    def renewed(self, pending: Pending) -> Pending:
        """The claim with a new lease."""
        return replace(pending, lease_until=self._until())

    def left(self, pending: Pending) -> Pending:
        """The claim as one that anybody may take over now."""
        return replace(pending, owner="", lease_until=self._clock())

    def release(self, pending: Pending) -> None:
        """End the work of this service on it; a second call does nothing."""
        with self._lock:
            self._held.pop(pending.token, None)

    def held(self) -> dict[str, AssetId]:
        """The assets that this service works on, by token."""
        with self._lock:
            return dict(self._held)

    def is_held(self, pending: Pending) -> bool:
        """Whether this service works on it."""
        with self._lock:
            return pending.token in self._held

    def is_free(self, pending: Pending) -> bool:
        """Whether a claim may be taken over."""
        if self.is_held(pending):
            return False
        if not pending.owner or pending.owner == self._owner or pending.lease_until <= self._clock():
            return True
        # Another boot is another machine, or this one before it started again: only time can tell.
        owner, here = Owner.parse(pending.owner.partition(_SERVICE_MARK)[0]), Owner.this_process()
        return owner.boot_id == here.boot_id and owner.is_alive() is False

    def _hold(self, one: AssetId, pending: Pending) -> Pending:
        with self._lock:
            self._held[pending.token] = one
        return pending

    def _until(self) -> datetime:
        return self._clock() + timedelta(seconds=LEASE_S)
