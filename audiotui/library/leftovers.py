"""What dead processes and failed servers left unfinished: found in the documents, then finished or undone."""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING

from audiotui.cleanup import caught
from audiotui.documents.asset import Work
from audiotui.errors import AssetBusy, AudiotuiError, CatalogError, DatabaseFailed, UploadFailed
from audiotui.library.following import TOGETHER, errors_of, id_of, is_outage
from audiotui.library.outages import Outages
from audiotui.library.unforeseen import as_expected

if TYPE_CHECKING:
    from collections.abc import Collection

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.background import Background
    from audiotui.library.parts import Parts
    from audiotui.library.purging import Purger
    from audiotui.library.rendering import Renderer
    from audiotui.library.saving import Saver

PARALLEL = 4
"""Works that are ended at once: more would only make the load greater of which servers have just recovered."""

AHEAD = 4
"""So many works for each thread wait for their turn."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ResumeReport:
    """What a resume came to."""

    finished: int = 0
    """Works that were carried to their end."""
    undone: int = 0
    """Works that could not be, of which nothing is left."""
    busy: int = 0
    """Works that a living process has in hand."""
    failures: list[AudiotuiError] = field(default_factory=list)
    """Why the others are still to be done."""

    @property
    def is_clean(self) -> bool:
        """True if nothing is left to do, but for what others are doing."""
        return not self.failures


class Leftovers:
    """Finishes work for one service."""

    def __init__(self, parts: Parts, saver: Saver, renderer: Renderer, purger: Purger, background: Background) -> None:
        self._parts = parts
        self._saver = saver
        self._renderer = renderer
        self._purger = purger
        self._background = background

    def finish(self, asset: Asset, outages: Outages | None = None) -> bool:
        """End the work on an asset whose claim is free; True if it came to its end, False if it was undone.

        ``outages`` is what is known of the servers from other works.

        Raises:
            AudiotuiError: that is not possible now.
        """
        work = asset.pending.work if asset.pending else None
        if work in {Work.SAVE, Work.TAKE}:
            before = len(asset.versions)
            after = self._saver.resume(asset, outages)
            return after is not None and len(after.versions) > before
        if work in {Work.RENDER, Work.MEND}:
            self._renderer.undo(asset)
            return False
        if work is Work.PURGE:
            self._purger.finish(asset)
        return True

    def abandon(self, asset: Asset) -> None:
        """End the work on an asset that is to be purged, whose claim is free, without beginning any of it again.

        Raises:
            AudiotuiError: that is not possible now.
        """
        if asset.has_save:
            self._saver.abandon(asset, for_good=True)
        else:
            self.finish(asset)

    def resume(self) -> ResumeReport:
        """Do what follows saves, then end all work that nobody has in hand, and do what follows that.

        What is saved comes first because it needs no download. Where a server fails, only the works that were begun
        wait out its retries; the others that need it are left.
        """
        report, outages = ResumeReport(), Outages()
        failed = self._catch_up(report, outages)
        if self._end_all(report, outages):
            self._catch_up(report, outages, besides=failed)
        return report

    def _end_all(self, report: ResumeReport, outages: Outages) -> bool:
        """End all work that nobody has in hand, a few at once; whether there was any."""
        running: deque[tuple[Asset, Future[_End | None]]] = deque()
        has_begun = False
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="audiotui-resume") as pool:
            for asset in self._parts.documents.unfinished():
                if asset.pending is None and not asset.unrendered:
                    continue
                if not has_begun:
                    has_begun = True
                    self._background.watch()
                running.append((asset, pool.submit(self._end_and_render, asset, outages)))
                if len(running) >= PARALLEL * AHEAD:
                    _report(*running.popleft(), report)
            while running:
                _report(*running.popleft(), report)
        return has_begun

    def _end_and_render(self, asset: Asset, outages: Outages) -> _End | None:
        """End the work on an asset, and make the renditions that were asked for together with its versions."""
        end, documents = self._end(asset, outages), self._parts.documents
        with outages.using(documents.name, (DatabaseFailed, CatalogError)):
            now_there = documents.get(asset.customer_id, asset.asset_id)
        if now_there is None or now_there.pending is not None or not now_there.unrendered:
            return end
        with outages.using(self._parts.shelf.name, UploadFailed):
            self._renderer.render_wanted(now_there)
        return _End.FINISHED

    def _end(self, asset: Asset | None, outages: Outages) -> _End | None:
        """End the work on an asset, unless it ends or is taken since the asset was read."""
        parts = self._parts
        while asset is not None and asset.pending is not None:
            if not parts.claims.is_free(asset.pending):
                return _End.BUSY
            try:
                with (
                    outages.using(parts.documents.name, (DatabaseFailed, CatalogError)),
                    outages.using(parts.shelf.name, UploadFailed),
                ):
                    return _End.FINISHED if self.finish(asset, outages) else _End.UNDONE
            except AssetBusy:  # the document is another one by now; whose turn it is stands in it
                asset = parts.documents.get(asset.customer_id, asset.asset_id)
        return None

    def _catch_up(
        self, report: ResumeReport, outages: Outages, *, besides: Collection[AssetId] = frozenset()
    ) -> set[AssetId]:
        """Do what follows saves: temporary files and the catalog; those for which that failed, which are few."""
        waiting = (
            asset
            for asset in self._parts.documents.unfinished()
            if (asset.cleanup or asset.is_unsynced) and id_of(asset) not in besides
        )
        failed: set[AssetId] = set()
        while batch := list(islice(waiting, TOGETHER)):
            failures = self._background.work_off(batch, outages)
            report.failures += errors_of(failures)
            failed |= {one for one, _ in failures}
            if is_outage(failures):
                break  # each further batch would wait in vain for as long as this one
        return failed


class _End(Enum):
    """How work on an asset ended."""

    FINISHED = auto()
    UNDONE = auto()
    BUSY = auto()


def _report(asset: Asset, ending: Future[_End | None], report: ResumeReport) -> None:
    end = None
    with caught() as work:
        end = ending.result()
    if work.error is not None:
        error = as_expected(work.error, f"The work on asset {asset.asset_id} could not be ended", _log)
        _log.warning("%s: %s", asset.asset_id, error)
        report.failures.append(error)
    report.finished += end is _End.FINISHED
    report.undone += end is _End.UNDONE
    report.busy += end is _End.BUSY
