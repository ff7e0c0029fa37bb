"""Keeping one audio: claim, download, prove, store, describe; every step is in the document before its effect.

| in the document               | then happens                      | what whoever comes after a crash does           |
|-------------------------------|-----------------------------------|-------------------------------------------------|
| ``pending`` with the request  | download into a spool             | download again; gone at the source: undo        |
| ``pending`` with the file too | upload under its key, create-only | the object is there: go on; else download again |
| the version, with ``cleanup`` | removal of the temporary file     | remove it                                       |
| and ``is_unsynced``           | the catalog hears of it           | tell it                                         |

The second step is left out where the request says the key already, as ``/temp/x.wav`` does of a WAV that is stored in
one request: who comes then looks under that key, and takes what is there for what it is once it has proven it.

A failure that a retry can heal leaves the work in the document, for a later call, ``resume`` or another host. Any other
undoes it: the object, if this claim stored it, then the claim.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from audiotui.crashpoints import crashpoint
from audiotui.documents.asset import StoredFile, Version, Work
from audiotui.errors import AssetBusy, AudioError, AudiotuiError, DownloadFailed
from audiotui.library.claiming import pending_of
from audiotui.library.hearing import heard
from audiotui.library.mending import Mender
from audiotui.library.outages import Outages
from audiotui.library.requests import SaveRequest
from audiotui.library.shelf import MENDING_HINT, attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.asset import Asset
    from audiotui.library.claiming import Claimer, Storing
    from audiotui.library.parts import Parts
    from audiotui.library.spool import Spool

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
        self._mender = Mender(parts, claimer)

    def is_lost(self, asset: Asset) -> bool:
        """Whether the current file of an asset is surely not there, or is another one, which the log is told then."""
        file = asset.current.file
        if not self._mender.is_lost(file):
            return False
        _log.warning("%s: %s in %s is lost, or damaged. %s", asset.asset_id, file.key, file.bucket, MENDING_HINT)
        return True

    def save(self, request: SaveRequest, fetch: Fetch | None = None) -> tuple[Asset, Version]:
        """Keep what is asked for, unless an equal request was kept before; the asset and the version that answers.

        If that one's file was lost since, it is stored again.

        Without ``fetch`` the bytes come from the request's URL, and anybody can begin again after a crash.

        Raises:
            DownloadFailed, UploadFailed, DatabaseFailed: that step failed.
            AssetBusy: another process works on the asset for too long.
        """
        with self._parts.writes.one_of_many():
            return self._save(request, fetch)

    def _save(self, request: SaveRequest, fetch: Fetch | None) -> tuple[Asset, Version]:
        request = request.as_save(self._parts.clock())
        claimed = self._claimer.claim(
            (request.customer_id, request.asset_id),
            Work.SAVE if fetch is None else Work.TAKE,
            request.as_document(),
            answer=lambda asset: self._answer(asset, request),
            create=True,
            cleanup=self._temporaries(request),
            is_unsynced=self._parts.options.register,
            clear=lambda left: self._make_room(left, request),
        )
        if isinstance(claimed, tuple):
            _tell_what_is_ignored(claimed[0], request)
            mended = self._mender.see_to(*claimed, fetch or self._download(request), self._temporaries(request))
            if mended is not None:
                self._notify(mended)
            return claimed
        with self._claimer.working(claimed, self._undo) as storing:
            return self._work(claimed, request, fetch or self._download(request), storing)

    def _make_room(self, left: Asset, request: SaveRequest) -> None:
        """End what was left on an asset. A save of something else that cannot be finished now gives way to this one.

        Raises:
            AudiotuiError: the left save is the one that is asked for, or it cannot be undone either.
        """
        try:
            self._claimer.clear(left)
        except AudiotuiError as error:
            now_there = self._parts.documents.get(left.customer_id, left.asset_id)
            if isinstance(error, AssetBusy) or now_there is None or not now_there.has_save:
                raise
            if SaveRequest.from_document(pending_of(now_there).request).fingerprint == request.fingerprint:
                raise
            _log.warning("%s: given up for another save: %s", left.asset_id, error.message)
            self.abandon(now_there)

    def resume(self, asset: Asset, outages: Outages | None = None) -> Asset | None:
        """Finish or undo a save that nobody works on; the asset then, None if nothing is left of it.

        ``outages`` is what is known of the servers from other saves.

        Raises:
            AudiotuiError: neither is possible now.
        """
        try:
            request = SaveRequest.from_document(pending_of(asset).request)
            return self._go_on(self._parts.take_over(asset), request, outages or Outages())
        except AudiotuiError as error:
            if error.retryable:
                raise
            now_there = self._parts.documents.get(asset.customer_id, asset.asset_id)
            if now_there is not None and now_there.pending is not None:
                raise  # it was not undone either
            _log.warning("%s: given up: %s", asset.asset_id, error.message)
            return now_there

    def abandon(self, asset: Asset, *, for_good: bool = False) -> None:
        """Undo a save that nobody works on, also if it could still be finished.

        With ``for_good`` its temporary files go, too, in the background: nobody will ask for them again.

        Raises:
            AudiotuiError: that is not possible now.
        """
        request = SaveRequest.from_document(pending_of(asset).request)
        taken = self._parts.take_over(asset)
        with self._claimer.working(taken, self._undo):
            file = self._stored(taken, request)
            noted = taken if file is None else self._claimer.note_file(taken, file)
            left = self._undo(noted, self._temporaries(request) if for_good else ())
        if left is not None:
            self._notify(left)

    def _go_on(self, asset: Asset, request: SaveRequest, outages: Outages) -> Asset | None:
        pending = pending_of(asset)
        with self._claimer.working(asset, self._undo) as storing:
            file = self._stored(asset, request)
            if file is not None:
                return self._finish(asset, request, file)
            if pending.work is Work.TAKE:
                return self._undo(asset)
            return self._work(asset, request, self._download_unless_out(request, outages), storing)[0]

    def _stored(self, asset: Asset, request: SaveRequest) -> StoredFile | None:
        """What a dead process stored for its claim, proven; None if it did not come to that."""
        shelf, pending, key = self._parts.shelf, pending_of(asset), self._expected_key(asset, request)
        if pending.file is not None:
            return pending.file if shelf.holds(pending.file) else None
        if not key:
            return None
        shelf.clear_unfinished(key)
        with self._parts.new_spool() as spool:
            begun_s = request.begun_s or asset.created_at.timestamp()
            if not shelf.fetch(key, spool, save_id=request.save_id, begun_s=begun_s):
                return None
            try:
                file = self._proven(asset, request, spool)
            except DownloadFailed:
                return None
        return file if file.key == key and shelf.holds(file) else None

    def _expected_key(self, asset: Asset, request: SaveRequest) -> str:
        """The key that follows from the request alone; '' if it does not say in which format the audio comes."""
        extension = request.expected_format
        return self._key(asset, request, extension) if extension else ""

    def _key(self, asset: Asset, request: SaveRequest, extension: str) -> str:
        number = len(asset.versions) + 1
        stem = asset.asset_id if number == 1 else f"{asset.asset_id}.v{number}"
        return self._parts.shelf.key(asset.customer_id, request.user_id, stem, extension)

    def _temporaries(self, request: SaveRequest) -> tuple[str, ...]:
        """The temporary files that are to go once the request is kept."""
        if not request.url or not self._parts.options.cleanup:
            return ()
        name = self._parts.speech.rules.temporary_name(request.url)
        return () if name is None else (name,)

    def _download(self, request: SaveRequest) -> Fetch:
        return lambda spool: self._parts.speech.download(request.url, spool)

    def _download_unless_out(self, request: SaveRequest, outages: Outages) -> Fetch:
        """The download, which fails at once from a server that has just failed others."""
        download, target = self._download(request), self._parts.speech.check(request.url)

        def fetch(spool: Spool) -> None:
            with outages.using(f"{target.host}:{target.port}", DownloadFailed):
                download(spool)

        return fetch

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
            lambda one: one.changed(
                now, **one.with_deletion(is_deleted=False), is_unsynced=self._parts.options.register
            ),
        )
        self._notify(restored)
        return restored

    def _work(self, asset: Asset, request: SaveRequest, fetch: Fetch, storing: Storing) -> tuple[Asset, Version]:
        """From the claim to the version."""
        parts = self._parts
        crashpoint("library.after_claim")
        with parts.new_spool() as spool:
            fetch(spool)
            crashpoint("library.after_download")
            file = self._proven(asset, request, spool)
            if not (spool.content.is_whole and file.key == self._expected_key(asset, request)):
                asset = self._claimer.note_file(asset, file)
            crashpoint("library.after_intent")
            storing.begin(file)
            number = len(asset.versions) + 1
            attributes = attributes_of(asset.customer_id, asset.asset_id, number, save_id=request.save_id)
            storing.end(was_there=not parts.shelf.put(file, spool, attributes))
            crashpoint("library.after_upload")
            done = self._finish(asset, request, file)
        return done, done.current

    def _proven(self, asset: Asset, request: SaveRequest, spool: Spool) -> StoredFile:
        """What arrived, decoded and measured; DownloadFailed if it is no audio."""
        parts = self._parts
        shown = request.url.partition("?")[0] or f"the file for {asset.asset_id}"
        try:
            media = heard(spool, shown)
        except AudioError as error:
            raise DownloadFailed(
                f"What came is no audio: {error.message}",
                error.hint,
                service="speech server",
                url=shown,
                retryable=False,
            ) from error
        content = spool.content
        return StoredFile(
            bucket=parts.shelf.bucket,
            key=self._key(asset, request, media.format),
            size_bytes=content.size_bytes,
            sha256=content.sha256,
            part_sha256=content.part_sha256,
            media=media,
        )

    def _finish(self, asset: Asset, request: SaveRequest, file: StoredFile) -> Asset:
        """Describe what is stored; from here on the asset is there, and the rest follows in the background."""
        parts, now, pending = self._parts, self._parts.clock(), pending_of(asset)
        temporaries = self._temporaries(request)

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
                wanted_rendition=request.wanted_rendition,
            )
            return one.changed(
                now,
                versions=(*one.versions, version),
                folder=one.folder if request.folder is None else request.folder,
                tags=one.tags if request.tags is None else request.tags,
                pending=None,
                is_deleted=pending_of(one).deleted_since,  # whatever it was before: who saves it wants to have it
                cleanup=(*one.cleanup, *temporaries),
                is_unsynced=parts.options.register,
                origin=one.origin if one.versions else pending.token,
            )

        done = parts.advance(asset, pending, finished)
        crashpoint("library.after_document")
        if done.current.duration_differs:
            _log.warning(
                "%s: declared as %.2f s, and has %.2f s",
                done.asset_id, request.duration_s, file.media.duration_s,
            )  # fmt: skip
        if not temporaries:
            self._tell_what_stays(request)
        self._notify(done)
        return done

    def _tell_what_stays(self, request: SaveRequest) -> None:
        """Say so if a temporary file is one, and has no name under which it may be removed."""
        parts = self._parts
        if parts.options.cleanup and request.url and parts.speech.rules.is_temporary(request.url):
            shown = parts.speech.check(request.url).shown
            _log.warning("%s: %s stays at the speech server: its name might lead elsewhere", request.asset_id, shown)

    def _undo(self, asset: Asset, temporaries: tuple[str, ...] = ()) -> Asset | None:
        """Take the claimed work back: first its object, then its mark in the document.

        A document without versions stays only as long as temporary files are to be removed.
        """
        pending = pending_of(asset)
        if pending.file is not None:
            self._parts.shelf.remove(pending.file)
        now = self._parts.clock()

        def undone(one: Asset) -> Asset | None:
            cleanup = tuple(dict.fromkeys((*one.cleanup, *temporaries)))
            return one.changed(now, pending=None, cleanup=cleanup) if one.versions or cleanup else None

        return self._parts.advance(asset, pending, undone)


def _tell_what_is_ignored(asset: Asset, request: SaveRequest) -> None:
    """Say so if an equal request was told another folder or other tags: they are no part of what is kept."""
    other_folder = request.folder not in {None, asset.folder}
    other_tags = request.tags is not None and set(request.tags) != set(asset.tags)
    if other_folder or other_tags:
        _log.warning(
            "%s: kept before; its folder and tags stay, and are changed by update_asset or `library edit`",
            asset.asset_id,
        )
