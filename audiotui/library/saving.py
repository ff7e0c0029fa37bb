"""Keeping one audio: claim, download, prove, store, describe; every step is in the document before its effect.

| in the document               | then happens                      | what whoever comes after a crash does           |
|-------------------------------|-----------------------------------|-------------------------------------------------|
| ``pending`` with the request  | download into a nameless file     | download again; gone at the source: undo        |
| ``pending`` with the file too | upload under its key, create-only | the object is there: go on; else download again |
| the version, with ``cleanup`` | removal of the temporary file     | remove it                                       |
| and ``is_unsynced``           | the catalog hears of it           | tell it                                         |

A failure that a retry can heal leaves the work in the document, for a later call, ``resume`` or another host. Any other
undoes it: the object, if this claim stored it, then the claim.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from audiotui.audio.probe import probe_open
from audiotui.crashpoints import crashpoint
from audiotui.documents.asset import StoredFile, Version, Work
from audiotui.errors import AudioError, AudiotuiError, DownloadFailed
from audiotui.library.claiming import pending_of
from audiotui.library.requests import SaveRequest
from audiotui.library.shelf import attributes_of
from audiotui.library.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from audiotui.documents.asset import Asset
    from audiotui.library.claiming import Claimer
    from audiotui.library.parts import Parts

_log = logging.getLogger(__name__)


class Fetch(Protocol):
    """Puts the bytes of a request into a spool."""

    def __call__(self, spool: Spool) -> None:
        """Do it; DownloadFailed if they are not to be had."""


class Saver:
    """Keeps audio for one service; any number of threads may do so at once.

    ``notify`` is told of each asset that has something left for the background.
    """

    def __init__(self, parts: Parts, claimer: Claimer, notify: Callable[[Asset], None]) -> None:
        self._parts = parts
        self._claimer = claimer
        self._notify = notify

    def save(self, request: SaveRequest, fetch: Fetch | None = None) -> tuple[Asset, Version]:
        """Keep what is asked for, unless an equal request was kept before; the asset and the version that answers.

        Without ``fetch`` the bytes come from the request's URL, and anybody can begin again after a crash.

        Raises:
            DownloadFailed, UploadFailed, DatabaseFailed: that step failed.
            AssetBusy: another process works on the asset for too long.
        """
        work = Work.SAVE if fetch is None else Work.TAKE
        claimed = self._claimer.claim(
            (request.customer_id, request.asset_id),
            work,
            request.as_document(),
            answer=lambda asset: self._answer(asset, request),
            create=True,
        )
        if isinstance(claimed, tuple):
            return claimed
        with self._claimer.working(claimed, self._undo):
            return self._work(claimed, request, fetch or self._download(request))

    def resume(self, asset: Asset) -> Asset | None:
        """Finish or undo a save that nobody works on; the asset then, None if nothing is left of it.

        Raises:
            AudiotuiError: that is not possible now.
        """
        try:
            taken = self._parts.take_over(asset)
            return self._go_on(taken, SaveRequest.from_document(pending_of(taken).request))
        except AudiotuiError as error:
            if error.retryable:
                raise
            _log.warning("%s: given up: %s", asset.asset_id, error.message)
            return self._parts.documents.get(asset.customer_id, asset.asset_id)

    def _go_on(self, asset: Asset, request: SaveRequest) -> Asset | None:
        pending = pending_of(asset)
        with self._claimer.working(asset, self._undo):
            if pending.file is not None and self._parts.shelf.holds(pending.file):
                return self._finish(asset, request, pending.file)
            if pending.work is Work.TAKE:
                return self._undo(asset)
            return self._work(asset, request, self._download(request))[0]

    def _download(self, request: SaveRequest) -> Fetch:
        return lambda spool: self._parts.speech.download(request.url, spool)

    def _answer(self, asset: Asset, request: SaveRequest) -> tuple[Asset, Version] | None:
        """The version that an equal request made, if there was one."""
        fingerprint = request.fingerprint
        same = (one for one in reversed(asset.versions) if one.fingerprint == fingerprint)
        version = next(same, None) if asset.is_visible else None
        return None if version is None else (self._shown(asset), version)

    def _shown(self, asset: Asset) -> Asset:
        """The asset, out of the trash if it was there: who saves it wants to have it."""
        if not asset.is_deleted:
            return asset
        now = self._parts.clock()
        restored = self._parts.edit(
            asset.customer_id,
            asset.asset_id,
            lambda one: one.changed(now, is_deleted=False, is_unsynced=self._parts.options.register),
        )
        self._notify(restored)
        return restored

    def _work(self, asset: Asset, request: SaveRequest, fetch: Fetch) -> tuple[Asset, Version]:
        """From the claim to the version."""
        parts, pending = self._parts, pending_of(asset)
        crashpoint("library.after_claim")
        with Spool(parts.spool_folder) as spool:
            fetch(spool)
            crashpoint("library.after_download")
            file = self._proven(asset, request, spool)
            asset = parts.advance(asset, pending, lambda one: _with_file(one, file, parts.clock()))
            crashpoint("library.after_intent")
            parts.shelf.put(file, spool, attributes_of(asset.customer_id, asset.asset_id, len(asset.versions) + 1))
            crashpoint("library.after_upload")
        done = self._finish(asset, request, file)
        return done, done.current

    def _proven(self, asset: Asset, request: SaveRequest, spool: Spool) -> StoredFile:
        """What arrived, decoded and measured; DownloadFailed if it is no audio."""
        parts = self._parts
        shown = request.url.partition("?")[0] or f"the file for {asset.asset_id}"
        try:
            media = probe_open(spool.descriptor, shown)
        except AudioError as error:
            raise DownloadFailed(
                f"What came is no audio: {error.message}",
                error.hint,
                service="speech server",
                url=shown,
                retryable=False,
            ) from error
        content = spool.content
        number = len(asset.versions) + 1
        stem = asset.asset_id if number == 1 else f"{asset.asset_id}.v{number}"
        return StoredFile(
            bucket=parts.shelf.bucket,
            key=parts.shelf.key(asset.customer_id, request.user_id, stem, media.format),
            size_bytes=content.size_bytes,
            sha256=content.sha256,
            part_sha256=content.part_sha256,
            media=media,
        )

    def _finish(self, asset: Asset, request: SaveRequest, file: StoredFile) -> Asset:
        """Describe what is stored; from here on the asset is there, and the rest follows in the background."""
        parts, now = self._parts, self._parts.clock()
        temporary = parts.speech.rules.temporary_name(request.url) if request.url and parts.options.cleanup else None

        def finished(one: Asset) -> Asset:
            version = Version(
                number=len(one.versions) + 1,
                user_id=request.user_id,
                file=file,
                generation=request.generation,
                fingerprint=request.fingerprint,
                created_at=now,
                source_url=request.url.partition("?")[0],
                declared_duration_s=request.duration_s,
            )
            return one.changed(
                now,
                versions=(*one.versions, version),
                folder=one.folder if request.folder is None else request.folder,
                tags=one.tags if request.tags is None else request.tags,
                pending=None,
                is_deleted=False,
                cleanup=(*one.cleanup, temporary) if temporary else one.cleanup,
                is_unsynced=parts.options.register,
            )

        done = parts.advance(asset, pending_of(asset), finished)
        crashpoint("library.after_document")
        if done.current.duration_differs:
            _log.warning(
                "%s: declared as %.2f s, and has %.2f s",
                done.asset_id, request.duration_s, file.media.duration_s,
            )  # fmt: skip
        self._notify(done)
        return done

    def _undo(self, asset: Asset) -> Asset | None:
        """Take the claimed work back: first its object, then its mark in the document."""
        pending = pending_of(asset)
        if pending.file is not None:
            self._parts.shelf.remove(pending.file)
        now = self._parts.clock()
        return self._parts.advance(asset, pending, lambda one: one.changed(now, pending=None) if one.versions else None)


def _with_file(asset: Asset, file: StoredFile, now: datetime) -> Asset:
    return asset.changed(now, pending=replace(pending_of(asset), file=file))
