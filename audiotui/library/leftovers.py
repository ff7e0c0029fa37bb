"""What dead processes and failed servers left unfinished: found in the documents, then finished or undone."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiotui.documents.asset import Work
from audiotui.errors import AssetBusy, AudiotuiError
from audiotui.library.following import TOGETHER

if TYPE_CHECKING:
    from audiotui.documents.asset import Asset
    from audiotui.library.background import Background
    from audiotui.library.parts import Parts
    from audiotui.library.purging import Purger
    from audiotui.library.rendering import Renderer
    from audiotui.library.saving import Saver

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

    def finish(self, asset: Asset) -> bool:
        """End the work on an asset whose claim is free; True if it came to its end, False if it was undone.

        Raises:
            AudiotuiError: that is not possible now.
        """
        work = asset.pending.work if asset.pending else None
        if work in {Work.SAVE, Work.TAKE}:
            before = len(asset.versions)
            after = self._saver.resume(asset)
            return after is not None and len(after.versions) > before
        if work in {Work.RENDER, Work.MEND}:
            self._renderer.undo(asset)
            return False
        if work is Work.PURGE:
            self._purger.finish(asset)
        return True

    def resume(self) -> ResumeReport:
        """End all work that nobody has in hand, then what the background still owes."""
        report = ResumeReport()
        for asset in self._parts.documents.unfinished():
            try:
                self._end(asset, report)
            except AudiotuiError as error:
                _log.warning("%s: %s", asset.asset_id, error)
                report.failures.append(error)
        self.catch_up(report)
        return report

    def _end(self, asset: Asset | None, report: ResumeReport) -> None:
        """End the work on an asset, unless it ends or is taken since the asset was read."""
        while asset is not None and asset.pending is not None:
            if not self._parts.claims.is_free(asset.pending):
                report.busy += 1
                return
            try:
                is_done = self.finish(asset)
            except AssetBusy:  # the document is another one by now; whose turn it is stands in it
                asset = self._parts.documents.get(asset.customer_id, asset.asset_id)
                continue
            report.finished += is_done
            report.undone += not is_done
            return

    def catch_up(self, report: ResumeReport) -> None:
        """Do what follows saves: temporary files and the catalog."""
        batch: list[Asset] = []
        for asset in self._parts.documents.unfinished():
            if asset.cleanup or asset.is_unsynced:
                batch.append(asset)
            if len(batch) == TOGETHER:
                report.failures += self._background.work_off(batch)
                batch.clear()
        if batch:
            report.failures += self._background.work_off(batch)
