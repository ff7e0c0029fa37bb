"""Taking a claim on an asset, and giving it back after a failure; the same for all kinds of work."""

from __future__ import annotations

import logging
import random
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from audiotui.cleanup import on_failure
from audiotui.documents.asset import Asset
from audiotui.documents.base import Change
from audiotui.errors import AssetBusy, AudiotuiError, DownloadFailed, UploadFailed
from audiotui.library.parts import not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.documents.asset import Pending, StoredFile, Work
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

AnswerT = TypeVar("AnswerT")

WAIT_S = 120.0
"""How long a call waits for another one that works on the same asset."""

LEFT_HINT = (
    "Try again when that server works, or let `audiotui library resume` end it then; another save takes its place."
)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.5

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Storing:
    """What a work has done at the storage, as far as it knows: without that, only the document says what may lie there.

    An undo removes what the document names. So that nothing of others goes, and all that the work stored, the document
    is brought up to date with this before.
    """

    file: StoredFile | None = None
    """What the work stored, or may have; None if the same bytes were there before."""
    is_begun: bool = False

    def begin(self, file: StoredFile) -> None:
        """From now on the file may lie there."""
        self.file, self.is_begun = file, True

    def end(self, *, was_there: bool) -> None:
        """The file lies there, and is not the work's own if it was there before."""
        self.file = None if was_there else self.file


class Claimer:
    """Claims for one service.

    ``clear`` ends the work that a dead process left on an asset; ``watch`` sees to it that leases are renewed.
    """

    def __init__(
        self,
        parts: Parts,
        clear: Callable[[Asset], object],
        watch: Callable[[], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self.clear = clear
        self._watch = watch
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
        cleanup: tuple[str, ...] = (),
        is_unsynced: bool = False,
        clear: Callable[[Asset], object] | None = None,
    ) -> Asset | AnswerT:
        """The asset with a claim of ours; or what ``answer`` makes of it, if nothing is to be done any more.

        The claim is held until it is released, which ``working`` does. Whoever works on the asset now is waited for.
        With ``create`` an asset that is not there begins with the claim. ``cleanup`` and ``is_unsynced`` say what will
        follow the work. ``clear`` is another way to end the work that a dead process left, or one that failed; it is
        only called if ``answer`` has none.

        Raises:
            AssetNotFound: it is not there.
            AssetBusy: another process works on it for too long.
        """
        claims = self._parts.claims
        pending = claims.new(one, work, request, cleanup=cleanup, is_unsynced=is_unsynced)
        with on_failure(partial(claims.release, pending)):
            claimed = self._claimed(one, pending, answer, clear or self._make_way, create=create)
        if isinstance(claimed, Asset):
            self._watch()
        else:
            claims.release(pending)
        return claimed

    def _claimed(
        self,
        one: AssetId,
        pending: Pending,
        answer: Callable[[Asset], AnswerT | None],
        clear: Callable[[Asset], object],
        *,
        create: bool,
    ) -> Asset | AnswerT:
        parts = self._parts
        deadline_s, pause_s = self._clock() + WAIT_S, _FIRST_PAUSE_S
        asset = None if create else parts.documents.get(*one)  # a new asset is mostly new: no look first
        while True:
            now, mine = parts.clock(), parts.claims.renewed(pending)
            if asset is None:
                if not create:
                    raise not_found(one[1])
                fresh = Asset(*one, now, now, pending=mine)
                if parts.writes.write(Change(None, fresh)):
                    return fresh
            elif not asset.is_purged and (answered := answer(asset)) is not None:
                return answered
            elif asset.pending is not None and parts.claims.is_free(asset.pending) and self._clock() <= deadline_s:
                with suppress(AssetBusy):  # it has ended, or somebody else ends it, since it was read
                    clear(asset)
            elif asset.pending is None:
                # What was given up may be wanted again: then its temporary file is needed first, and goes at the end.
                given_up = () if asset.versions else mine.cleanup
                cleanup = tuple(name for name in asset.cleanup if name not in given_up)
                claimed = asset.changed(now, pending=mine, cleanup=cleanup)
                if parts.writes.write(Change(asset, claimed)):
                    return claimed
            elif self._clock() > deadline_s:
                raise AssetBusy(f"Another process works on asset {one[1]}.", "Try again in a minute.", key=one[1])
            else:
                self._sleep(pause_s * (1 + random.random()))
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            asset = parts.documents.get(*one)

    @contextmanager
    def working(self, asset: Asset, undo: Callable[[Asset], object]) -> Iterator[Storing]:
        """Inside it a claimed asset is worked on; however that ends, the claim is not held afterwards.

        The work notes what it stores in what it is given. After a failure it is left in the document for others where a
        retry can help, else ``undo`` is given the document as it is then: also after a fault that nobody foresaw. What
        an interruption leaves is for ``resume``.
        """
        pending, storing = pending_of(asset), Storing()
        try:
            yield storing
        except Exception as error:  # whatever it is, what was begun must not stay; it is raised again
            try:
                self._leave(asset, pending, error, storing, undo)
            except AudiotuiError as further:
                _log.warning("%s: left to `audiotui library resume`: %s", asset.asset_id, further.message)
            raise
        finally:
            self._parts.claims.release(pending)

    def _leave(
        self, asset: Asset, pending: Pending, error: Exception, storing: Storing, undo: Callable[[Asset], object]
    ) -> None:
        parts = self._parts
        now_there = parts.documents.get(asset.customer_id, asset.asset_id)
        if now_there is None or now_there.pending is None or now_there.pending.token != pending.token:
            return  # it was taken over, or has come to its end
        if _may_heal(error):
            now = parts.clock()
            parts.advance(now_there, pending, lambda one: one.changed(now, pending=parts.claims.left(pending_of(one))))
            return
        if storing.is_begun and now_there.pending.file != storing.file:
            now_there = self.note_file(now_there, storing.file)
        undo(now_there)

    def _make_way(self, asset: Asset) -> None:
        """End what was left on an asset, for somebody who wants it for something else, and is told so if it fails."""
        try:
            self.clear(asset)
        except (DownloadFailed, UploadFailed) as error:
            if not asset.has_save:
                raise
            kind = DownloadFailed if isinstance(error, DownloadFailed) else UploadFailed
            raise kind(
                f"Asset {asset.asset_id} has a save that was begun and left, and cannot be ended now: {error.message}",
                LEFT_HINT,
                service=error.service,
                url=error.url,
                key=error.key,
                retryable=error.retryable,
            ) from error

    def note_file(self, asset: Asset, file: StoredFile | None) -> Asset:
        """The asset with the file that its work is about to store, or with none, in its document."""

        def with_file(one: Asset) -> Asset:
            return one.changed(one.updated_at, pending=replace(pending_of(one), file=file))

        return self._parts.advance(asset, pending_of(asset), with_file)


def _may_heal(error: Exception) -> bool:
    """Whether a retry can help; of a fault that nobody foresaw, nothing says so."""
    return isinstance(error, AudiotuiError) and error.retryable


def pending_of(asset: Asset) -> Pending:
    """The claim on an asset that has one."""
    if asset.pending is None:
        raise ValueError(f"nobody claims {asset.asset_id}")
    return asset.pending
