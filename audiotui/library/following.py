"""What follows saves, for several assets at once: temporary files go, the catalog hears, and that it did is noted."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from audiotui.cleanup import caught
from audiotui.crashpoints import crashpoint
from audiotui.documents.base import Change
from audiotui.errors import AudiotuiError, CatalogError, DatabaseFailed, DownloadFailed
from audiotui.library.outages import Outages
from audiotui.library.registering import Registrar
from audiotui.library.unforeseen import as_expected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.parts import Parts

TOGETHER = 32
"""Assets that are handled at once."""

PARALLEL = 4
"""Removals of temporary files at once; the speech server has better things to do."""


_log = logging.getLogger(__name__)


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

        ``outages`` is what is known from other calls. An error that nobody foresaw is told in the log, and can pass.
        """
        outages = outages or Outages()
        failures: list[Failure] = []
        with caught() as work:
            failures = self._work_off(assets, outages)
        if work.error is None:
            return failures
        if len(assets) > 1:
            return [failure for one in assets for failure in self.work_off([one], outages)]
        [asset] = assets
        what = f"What follows the save of {asset.asset_id} of {asset.customer_id} failed"
        return [Failure(id_of(asset), as_expected(work.error, what, _log, retryable=True))]

    def tell_anew(self, asset: Asset) -> list[Failure]:
        """Tell the catalog of an asset, whether it heard of it before or not; returns what went wrong."""
        failures: list[Failure] = []
        try:
            changed = self._look_again(asset, (), is_told=True) if self._tell([asset], failures) else None
        except AudiotuiError as error:
            return [Failure(id_of(asset), error)]
        return failures + (self.work_off([changed]) if changed else [])

    def close(self) -> None:
        """Begin no more removals; what is not begun is left to the next start."""
        self._is_closed = True
        self._removers.shutdown(wait=False, cancel_futures=True)

    def _work_off(self, assets: Sequence[Asset], outages: Outages) -> list[Failure]:
        failures: list[Failure] = []
        told = self._tell([asset for asset in assets if asset.is_unsynced and asset.is_visible], failures)
        crashpoint("library.after_catalog")
        removed = self._remove_temporaries(assets, failures, outages)
        crashpoint("library.after_cleanup")
        try:
            changed = self._note(assets, removed, told)
        except AudiotuiError as error:
            return failures + [Failure(id_of(asset), error) for asset in assets]
        return failures + (self.work_off(changed, outages) if changed else [])

    def _tell(self, assets: Sequence[Asset], failures: list[Failure]) -> set[AssetId]:
        """Tell the catalog of assets; those of which it knows then."""
        try:
            refused = self._registrar.tell(assets) if assets else {}
        except AudiotuiError as error:
            failures += [Failure(id_of(asset), error) for asset in assets]
            return set()
        failures += [Failure(one, error) for one, error in refused.items()]
        return {one for one in map(id_of, assets) if one not in refused}

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
        except RuntimeError:  # the service is closed, or the interpreter is ending and starts no threads any more
            return self._remove_some(wanted, outages)
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

    def _note(self, assets: Sequence[Asset], removed: Mapping[AssetId, list[str]], told: set[AssetId]) -> list[Asset]:
        """Write down what is done, all together; those that changed meanwhile and have to be told once more."""
        changes = [
            Change(
                asset, _left_of(_noted(asset, removed.get(one, ()), is_unsynced=asset.is_unsynced and one not in told))
            )
            for asset in assets
            if (one := id_of(asset)) in told or one in removed
        ]
        changed = []
        for change, made in zip(changes, self._parts.documents.write(changes) if changes else (), strict=True):
            if not made and change.before is not None:
                asset = self._look_again(change.before, removed.get(change.id, ()), is_told=change.id in told)
                changed += [asset] if asset else []
        return changed

    def _look_again(self, asset: Asset, removed: Collection[str], *, is_told: bool) -> Asset | None:
        """Write it down in an asset that may have changed since it was read; as it is now, if it has to be told again.

        That is so if the catalog was told of what is past, for somebody else may have told it of the present before. Of
        an asset that is gone it must know nothing.
        """
        is_past = False
        while True:
            fresh = self._parts.documents.get(asset.customer_id, asset.asset_id)
            if fresh is None or not fresh.is_visible:
                if not is_told:
                    return None
                self._registrar.forget(asset)
                is_told, is_past = False, True  # what may have been saved in its place just before is forgotten too
                continue
            is_past = is_past or (is_told and not _shows_the_same(fresh, asset))
            is_unsynced = is_past or (fresh.is_unsynced and not is_told)
            is_same = fresh.created_at == asset.created_at
            noted = _noted(fresh, removed if is_same else (), is_unsynced=is_unsynced)
            if noted == fresh or self._parts.writes.write(Change(fresh, noted)):
                return noted if is_past else None


def id_of(asset: Asset) -> AssetId:
    """Customer and asset."""
    return asset.customer_id, asset.asset_id


def errors_of(failures: Iterable[Failure]) -> list[AudiotuiError]:
    """The errors, each once."""
    return list(dict.fromkeys(failure.error for failure in failures))


def is_outage(failures: Sequence[Failure]) -> bool:
    """Whether documents or catalog do not work now."""
    return any(error.retryable and isinstance(error, CatalogError | DatabaseFailed) for _, error in failures)


def stores_fail(batch: Sequence[Asset], failures: Sequence[Failure]) -> bool:
    """Whether what failed for a batch shows that documents or catalog would only fail for others, too."""
    refused = {one for one, error in failures if isinstance(error, CatalogError | DatabaseFailed)}
    return is_outage(failures) or len(refused) == len(batch)


def _left() -> AudiotuiError:
    return DownloadFailed("A temporary file is left to the next start.", retryable=True)


def _noted(asset: Asset, removed: Collection[str], *, is_unsynced: bool) -> Asset:
    """The asset without the work that was done; that is no new revision."""
    cleanup = tuple(name for name in asset.cleanup if name not in removed)
    return replace(asset, cleanup=cleanup, is_unsynced=is_unsynced)


def _left_of(asset: Asset) -> Asset | None:
    """The asset; None if it stands for nothing, as that of a save that was given up once its temporary file is gone."""
    return asset if asset.versions or asset.has_work else None


def _shows_the_same(one: Asset, other: Asset) -> bool:
    """Whether the catalog would be told the same of both."""
    return (one.versions, one.renditions, one.folder, one.tags, one.is_deleted) == (
        other.versions,
        other.renditions,
        other.folder,
        other.tags,
        other.is_deleted,
    )
