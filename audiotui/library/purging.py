"""Removing assets for good: files, temporary files, the recording in the catalog, and the document last."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from audiotui.crashpoints import crashpoint
from audiotui.documents.asset import Work
from audiotui.errors import DownloadFailed
from audiotui.library.claiming import pending_of
from audiotui.library.parts import not_found
from audiotui.library.registering import Registrar

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.asset import Asset
    from audiotui.library.claiming import Claimer
    from audiotui.library.parts import Parts

_log = logging.getLogger(__name__)


class Purger:
    """Purges assets of one service. What a crash interrupts is finished later; nothing of it can be seen meanwhile.

    ``abandon`` ends the work that a dead process left on an asset without beginning any of it again.
    """

    def __init__(self, parts: Parts, claimer: Claimer, abandon: Callable[[Asset], object]) -> None:
        self._parts = parts
        self._claimer = claimer
        self._abandon = abandon

    def purge(self, customer_id: str, asset_id: str) -> Asset:
        """Remove an asset with all its versions and renditions; returns what it was.

        Raises:
            AssetNotFound: the customer has no such asset.
            UploadFailed, DatabaseFailed, DownloadFailed: that server failed; the rest is done by ``resume``.
        """
        before = self._parts.documents.get(customer_id, asset_id)
        if before is None:
            raise not_found(asset_id)
        if not before.is_visible:
            if not before.has_save or not self._parts.claims.is_free(pending_of(before)):
                raise not_found(asset_id)
            self._abandon(before)  # a first save that failed, and that somebody might try again
            return before
        asset = self._claimer.claim((customer_id, asset_id), Work.PURGE, {}, answer=_never, clear=self._abandon)
        self.finish(asset)
        return before

    def finish(self, asset: Asset) -> None:
        """Remove all that a document with a purge's mark stands for, then the document.

        Raises:
            AudiotuiError: that is not possible now.
        """
        parts = self._parts
        if not parts.claims.is_held(pending_of(asset)):
            asset = parts.take_over(asset)
        with self._claimer.working(asset, _leave_as_it_is):
            for file in asset.files:
                parts.shelf.discard(file)
                crashpoint("library.after_discard")
            self._remove_temporaries(asset)
            Registrar(parts.manager.catalog, parts.shelf).forget(asset)
            crashpoint("library.after_forget")
            parts.advance(asset, pending_of(asset), lambda _: None)

    def _remove_temporaries(self, asset: Asset) -> None:
        """Remove what the speech server still has of it; what that will never remove keeps nothing else from going."""
        for name in asset.cleanup if self._parts.options.cleanup else ():
            try:
                self._parts.speech.remove_temporary(name)
            except DownloadFailed as error:
                if error.retryable:
                    raise
                _log.warning("%s: %s stays at the speech server: %s", asset.asset_id, name, error.message)


def _leave_as_it_is(_asset: Asset) -> None:
    """A purge is never undone."""


def _never(_asset: Asset) -> None:
    """A purge is never done before it began."""
