"""Finding what processes that are gone left to be done: the documents know it."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from audiotui.library.following import TOGETHER, id_of, stores_fail
from audiotui.transfer.leases import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.following import Failure
    from audiotui.library.parts import Parts


class LookBack:
    """Goes through the documents of one service, a batch at a time; for one thread, unless a method says otherwise.

    It goes on to the end while documents and catalog can be used: what they refuse, and temporary files that cannot be
    removed now, stand in no other's way. If anything is left that can pass, it looks again after ``pause_s``.
    """

    def __init__(self, parts: Parts, *, first_s: float, pause_s: float, clock: Callable[[], float]) -> None:
        self._parts = parts
        self._pause_s = pause_s
        self._clock = clock
        self._next_s = first_s
        self._asked_s = math.inf
        self._rest: Iterator[Asset] = iter(())
        self._is_broken = True
        """Whether the next batch begins anew: none was taken yet, or something ended the last look."""
        self._comes_again = False
        self._is_stopped = False

    @property
    def due_s(self) -> float:
        """When the next batch is to be taken; infinity if nothing is left."""
        return math.inf if self._is_stopped else min(self._next_s, self._asked_s)

    def ask(self) -> None:
        """Somebody leaves something to it: look again, if not before, after the pause. Any thread may call."""
        self._asked_s = min(self._asked_s, self._clock() + self._pause_s)

    def stop(self) -> None:
        """Look no more. Any thread may call."""
        self._is_stopped = True

    def next_batch(self, besides: Container[AssetId]) -> list[Asset]:
        """The next ones that have something to follow, but for those that come again by themselves.

        Raises:
            AudiotuiError: the documents cannot be read now; it begins anew after the pause.
        """
        if self._is_broken:
            self._rest, self._asked_s, self._comes_again = self._without_a_process(besides), math.inf, False
        self._is_broken, self._next_s = True, self._clock() + self._pause_s  # unless it goes on
        return list(islice(self._rest, TOGETHER))

    def note(self, batch: Sequence[Asset], failures: Sequence[Failure]) -> None:
        """What became of a batch decides when the next one is due."""
        self._comes_again = self._comes_again or any(error.retryable for _, error in failures)
        if not batch:
            self._next_s = self._next_s if self._comes_again else math.inf
        elif not stores_fail(batch, failures):
            self._is_broken, self._next_s = False, self._clock()

    def _without_a_process(self, besides: Container[AssetId]) -> Iterator[Asset]:
        """What has something to follow, and has not been touched for as long as a living process would let it be."""
        horizon = self._parts.clock() - timedelta(seconds=LEASE_S)
        for asset in self._parts.documents.unfinished():
            is_left = asset.pending is None and asset.updated_at < horizon and (asset.cleanup or asset.is_unsynced)
            if is_left and id_of(asset) not in besides:
                yield asset
