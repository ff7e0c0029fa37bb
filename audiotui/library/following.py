"""What follows saves, for several assets at once: temporary files go, the catalog hears, and that it did is noted."""

from __future__ import annotations

from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from audiotui.crashpoints import crashpoint
from audiotui.documents.base import Change
from audiotui.errors import AudiotuiError, DownloadFailed
from audiotui.library.outages import Outages
from audiotui.library.registering import Registrar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

TOGETHER = 32
"""Assets that are handled at once."""

PARALLEL = 4
"""Removals of temporary files at once; the speech server has better things to do."""


class Failure(NamedTuple):
    """What went wrong for one asset; several have the same error if it was one for all of them."""

    one: AssetId
    error: AudiotuiError


class FollowUps:
    """Does it for one service; any thread may call, one at a time for the same assets."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._registrar = Registrar(parts.manager.catalog, parts.shelf)
        self._removers = ThreadPoolExecutor(PARALLEL, thread_name_prefix="audiotui-cleanup")
        self._is_closed = False

    def work_off(self, assets: Sequence[Asset], outages: Outages | None = None) -> list[Failure]:
        """Do what is left of some assets; returns what went wrong. One that fails takes no other with it.

        ``outages`` is what is known from other calls.
        """
        failures: list[Failure] = []
        outages = outages or Outages()
        told = self.tell([asset for asset in assets if asset.is_unsynced and asset.is_visible], failures)
        crashpoint("library.after_catalog")
        removed = self._remove_temporaries(assets, failures, outages)
        crashpoint("library.after_cleanup")
        try:
            self._note(assets, removed, told)
        except AudiotuiError as error:
            failures += [Failure(id_of(asset), error) for asset in assets]
        return failures

    def tell(self, assets: Sequence[Asset], failures: list[Failure]) -> set[AssetId]:
        """Tell the catalog of assets, whether it heard of them before or not; those of which it knows then."""
        try:
            refused = self._registrar.tell(assets) if assets else {}
        except AudiotuiError as error:
            failures += [Failure(id_of(asset), error) for asset in assets]
            return set()
        failures += [Failure(one, error) for one, error in refused.items()]
        return {one for one in map(id_of, assets) if one not in refused}

    def close(self) -> None:
        """Begin no more removals; what is not begun is left to the next start."""
        self._is_closed = True
        self._removers.shutdown(wait=False, cancel_futures=True)

    def _remove_temporaries(
        self, assets: Sequence[Asset], failures: list[Failure], outages: Outages
    ) -> dict[AssetId, list[str]]:
        wanted = [(id_of(asset), name) for asset in assets for name in asset.cleanup]
        if not wanted:
            return {}
        if not self._parts.options.cleanup:  # it was switched off since
            return {id_of(asset): list(asset.cleanup) for asset in assets if asset.cleanup}
        try:
            self._parts.documents.make_durable()  # before the only other copy of the sound goes
        except AudiotuiError as error:
            failures += [Failure(one, error) for one, _ in wanted]
            return {}
        removed: dict[AssetId, list[str]] = {}
        for (one, name), failed in zip(wanted, self._remove_each(wanted, outages), strict=True):
            if failed is None:
                removed.setdefault(one, []).append(name)
            else:
                failures.append(Failure(one, failed))
        return removed

    def _remove_each(self, wanted: Sequence[tuple[AssetId, str]], outages: Outages) -> list[AudiotuiError | None]:
        shares = [wanted[first::PARALLEL] for first in range(PARALLEL)]
        try:
            removals = [self._removers.submit(self._remove_some, share, outages) for share in shares]
        except RuntimeError:  # the interpreter is ending, and starts no threads any more
            return [self._remove_temporary(one, outages) for one in wanted]
        ends: list[AudiotuiError | None] = [None] * len(wanted)
        for first, removal in enumerate(removals):
            try:
                ends[first::PARALLEL] = removal.result()
            except CancelledError:
                ends[first::PARALLEL] = [_left() for _ in shares[first]]
        return ends

    def _remove_some(self, wanted: Sequence[tuple[AssetId, str]], outages: Outages) -> list[AudiotuiError | None]:
        """Remove one after the other; what is not begun when the service is closed is left."""
        return [_left() if self._is_closed else self._remove_temporary(one, outages) for one in wanted]

    def _remove_temporary(self, wanted: tuple[AssetId, str], outages: Outages) -> AudiotuiError | None:
        try:
            with outages.using("the removal of temporary files", DownloadFailed, in_a_row=PARALLEL):
                self._parts.speech.remove_temporary(wanted[1])
        except AudiotuiError as error:
            return error
        return None

    def _note(self, assets: Sequence[Asset], removed: Mapping[AssetId, list[str]], told: set[AssetId]) -> None:
        """Write down what is done, all together; an asset that changed meanwhile is looked at again."""
        changes = [
            Change(asset, _noted(asset, asset, removed.get(one, ()), is_told=one in told))
            for asset in assets
            if (one := id_of(asset)) in told or one in removed
        ]
        for change, made in zip(changes, self._parts.documents.write(changes) if changes else (), strict=True):
            if not made and change.before is not None:
                self._note_again(change.before, removed.get(change.id, ()), is_told=change.id in told)

    def _note_again(self, asset: Asset, removed: Collection[str], *, is_told: bool) -> None:
        while (fresh := self._parts.documents.get(asset.customer_id, asset.asset_id)) is not None:
            if self._parts.writes.write(Change(fresh, _noted(fresh, asset, removed, is_told=is_told))):
                return


def id_of(asset: Asset) -> AssetId:
    """Customer and asset."""
    return asset.customer_id, asset.asset_id


def errors_of(failures: Iterable[Failure]) -> list[AudiotuiError]:
    """The errors, each once."""
    return list(dict.fromkeys(failure.error for failure in failures))


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
