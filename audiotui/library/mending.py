"""Storing a file again that others removed or changed, when an equal request comes with its bytes once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.documents.asset import Work
from audiotui.errors import DownloadFailed, UploadFailed
from audiotui.library.claiming import pending_of
from audiotui.library.shelf import attributes_of, content_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.asset import Asset, StoredFile, Version
    from audiotui.library.claiming import Claimer
    from audiotui.library.parts import Parts
    from audiotui.library.spool import Spool

HINT = (
    "`audiotui library reconcile --repair` makes it good if another copy is known; "
    "else purge the asset, then save it again."
)


class Mender:
    """Mends files for one service."""

    def __init__(self, parts: Parts, claimer: Claimer) -> None:
        self._parts = parts
        self._claimer = claimer

    def see_to(
        self, asset: Asset, version: Version, fetch: Callable[[Spool], None], temporaries: tuple[str, ...]
    ) -> Asset | None:
        """See to it that a version's file is there; the asset if it was stored again, with what follows that.

        ``fetch`` puts its bytes into a spool then, after which ``temporaries`` are to be removed.

        Raises:
            UploadFailed: it is lost, and what came is something else, or nothing comes any more.
            DownloadFailed: it is lost, and may come later.
        """
        if not self.is_lost(version.file):
            return None
        one = (asset.customer_id, asset.asset_id)
        claimed = self._claimer.claim(one, Work.MEND, {}, answer=_never)  # so that nobody purges it meanwhile
        with self._claimer.working(claimed, self._give_back):
            if version in claimed.versions and not self._is_there(version.file):
                self._store_again(claimed, version, fetch)
                return self._give_back(claimed, temporaries)
            self._give_back(claimed)
        return None

    def is_lost(self, file: StoredFile) -> bool:
        """Whether others have surely removed or changed it: that a storage does not answer now is no sign of it."""
        try:
            return not self._is_there(file)
        except UploadFailed:
            return False

    def _is_there(self, file: StoredFile) -> bool:
        """Whether it is; a big one only by its size, as a folder would have to read it all."""
        shelf = self._parts.shelf
        return shelf.holds(file) if content_of(file).is_whole else shelf.has_size(file)

    def _store_again(self, asset: Asset, version: Version, fetch: Callable[[Spool], None]) -> None:
        shelf, file = self._parts.shelf, version.file
        with self._parts.new_spool() as spool:
            try:
                fetch(spool)
            except DownloadFailed as error:
                if error.retryable:
                    raise
                raise self._lost(file, f"it does not come again: {error.message}") from error
            if spool.content.sha256 != file.sha256:
                raise self._lost(file, "what comes now is another sound.")
            shelf.discard(file)  # what others put there; nothing, if they removed it
            shelf.put(file, spool, attributes_of(asset.customer_id, asset.asset_id, version.number))

    def _lost(self, file: StoredFile, reason: str) -> UploadFailed:
        shelf = self._parts.shelf
        return UploadFailed(
            f"{shelf.name} has lost {file.key}, and {reason}", HINT, service=shelf.name, key=file.key, retryable=False
        )

    def _give_back(self, asset: Asset, temporaries: tuple[str, ...] = ()) -> Asset:
        def without_work(one: Asset) -> Asset:
            return one.changed(one.updated_at, pending=None, cleanup=tuple(dict.fromkeys((*one.cleanup, *temporaries))))

        return self._parts.advance(asset, pending_of(asset), without_work)


def _never(_asset: Asset) -> None:
    """Nobody else can have mended it: that leaves no trace."""
