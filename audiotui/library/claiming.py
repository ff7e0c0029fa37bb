"""Taking a claim on an asset, and giving it back after a failure; the same for all kinds of work."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any, TypeVar

from audiotui.documents.asset import Asset
from audiotui.documents.base import Change
from audiotui.errors import AssetBusy, AudiotuiError
from audiotui.library.parts import not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.asset import Pending, Work
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

AnswerT = TypeVar("AnswerT")

WAIT_S = 120.0
"""How long a call waits for another one that works on the same asset."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.5

_log = logging.getLogger(__name__)


class Claimer:
    """Claims for one service. ``clear`` ends the work that a dead process left on an asset."""

    def __init__(
        self,
        parts: Parts,
        clear: Callable[[Asset], object],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._clear = clear
        self._sleep = sleep
        self._clock = clock

    def claim(
        self,
        one: AssetId,
        work: Work,
        request: dict[str, Any],
        *,
        answer: Callable[[Asset], AnswerT | None],
        create: bool = False,
    ) -> Asset | AnswerT:
        """The asset with a claim of ours on it; or what ``answer`` makes of it, if nothing is to be done any more.

        Whoever works on it now is waited for. With ``create`` an asset that is not there begins with the claim.

        Raises:
            AssetNotFound: it is not there.
            AssetBusy: another process works on it for too long.
        """
        deadline_s, pause_s = self._clock() + WAIT_S, _FIRST_PAUSE_S
        asset = None if create else self._parts.documents.get(*one)  # a new asset is mostly new: no look first
        while True:
            now, pending = self._parts.clock(), self._parts.claims.new(work, request)
            if asset is None:
                if not create:
                    raise not_found(one[1])
                fresh = Asset(*one, now, now, pending=pending)
                if self._parts.writes.write(Change(None, fresh)):
                    return fresh
            elif asset.pending is not None and self._parts.claims.is_free(asset.pending):
                self._clear(asset)
            elif (answered := answer(asset)) is not None:
                return answered
            elif asset.pending is None:
                claimed = asset.changed(now, pending=pending)
                if self._parts.writes.write(Change(asset, claimed)):
                    return claimed
            elif self._clock() > deadline_s:
                raise AssetBusy(f"Another process works on asset {one[1]}.", "Try again in a minute.", key=one[1])
            else:
                self._sleep(pause_s * (1 + random.random()))
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            asset = self._parts.documents.get(*one)

    def leave(self, asset: Asset, error: AudiotuiError, undo: Callable[[Asset], object]) -> None:
        """After a failure: leave the claim for others where a retry can help, else undo the work."""
        try:
            if not error.retryable:
                undo(asset)
                return
            now, claims = self._parts.clock(), self._parts.claims
            self._parts.advance(
                asset, pending_of(asset), lambda one: one.changed(now, pending=claims.left(pending_of(one)))
            )
        except AudiotuiError as further:
            _log.warning("%s: left to `audiotui library resume`: %s", asset.asset_id, further.message)


def pending_of(asset: Asset) -> Pending:
    """The claim on an asset that has one."""
    if asset.pending is None:
        raise ValueError(f"nobody claims {asset.asset_id}")
    return asset.pending
