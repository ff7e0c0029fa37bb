"""Who works on an asset: claims that others can judge, on this host and on others that share the documents.

A claim is part of the document. Its holder is a process; one that is dead on this machine loses it at once, one of
another machine when its lease runs out. Whoever takes it over writes a new token, so the former holder's next write has
no effect, should he still live.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from audiotui.documents.asset import Pending, Work
from audiotui.transfer.leases import LEASE_S, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def utc_now() -> datetime:
    """The time of day in whole milliseconds, as all stores keep it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Claims:
    """The claims of one service."""

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._owner = str(Owner.this_process())
        self._held: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def new(self, work: Work, request: dict[str, Any]) -> Pending:
        """A claim that nobody has yet."""
        return Pending(secrets.token_hex(16), work, self._owner, self._until(), request)

    def taken_over(self, pending: Pending) -> Pending:
        """The same work, claimed by this process."""
        return replace(pending, token=secrets.token_hex(16), owner=self._owner, lease_until=self._until())

    def renewed(self, pending: Pending) -> Pending:
        """The claim with a new lease."""
        return replace(pending, lease_until=self._until())

    def left(self, pending: Pending) -> Pending:
        """The claim as one that anybody may take over now."""
        return replace(pending, owner="", lease_until=self._clock())

    @contextmanager
    def holding(self, asset_id: tuple[str, str], pending: Pending) -> Iterator[None]:
        """While it lasts, this process works on the asset; after it, however it ends, it does not."""
        with self._lock:
            self._held[pending.token] = asset_id
        try:
            yield
        finally:
            with self._lock:
                del self._held[pending.token]

    def held(self) -> dict[str, tuple[str, str]]:
        """The assets that this process works on, by token."""
        with self._lock:
            return dict(self._held)

    def is_free(self, pending: Pending) -> bool:
        """Whether a claim may be taken over."""
        if not pending.owner or pending.lease_until <= self._clock():
            return pending.token not in self.held()
        if pending.owner == self._owner:
            return pending.token not in self.held()
        # Another boot is another machine, or this one before it started again: only time can tell.
        owner, here = Owner.parse(pending.owner), Owner.this_process()
        return owner.boot_id == here.boot_id and owner.is_alive() is False

    def _until(self) -> datetime:
        return self._clock() + timedelta(seconds=LEASE_S)
