"""Renditions: the sound of a version in another coding, beside the original, which stays."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.audio.probe import probe_open
from audiotui.audio.transcode import coding, transcode
from audiotui.crashpoints import crashpoint
from audiotui.documents.asset import Rendition, StoredFile, Work
from audiotui.library.claiming import pending_of
from audiotui.library.reading import proven
from audiotui.library.requests import LOUD, rendition_name
from audiotui.library.shelf import attributes_of
from audiotui.library.spool import BLOCK_BYTES, no_room

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from audiotui.audio.transcode import Coding
    from audiotui.documents.asset import Asset, Version
    from audiotui.library.claiming import Claimer, Storing
    from audiotui.library.parts import Parts
    from audiotui.library.spool import Spool


class Renderer:
    """Makes renditions for one service.

    A crash undoes what it was about to make; what was asked for together with a version stands in that, and is made by
    whoever comes next.
    """

    def __init__(self, parts: Parts, claimer: Claimer, notify: Callable[[Asset], None]) -> None:
        self._parts = parts
        self._claimer = claimer
        self._notify = notify

    def render(
        self, customer_id: str, asset_id: str, form: str, *, loudness: bool, version: int | None = None
    ) -> tuple[Asset, Rendition]:
        """The rendition of a version, by default the current one; made if it is not there.

        Raises:
            InvalidInput: an unknown format.
            AssetNotFound: the customer has no such asset.
            UnreadableAudio, UploadFailed, DatabaseFailed, LocationFull: that step failed.
        """
        wanted = coding(form)
        name = rendition_name(form, loudness=loudness)
        asset = self._claimer.claim(
            (customer_id, asset_id),
            Work.RENDER,
            {"name": name, "version": version},
            answer=lambda one: _existing(one, name, version),
        )
        if isinstance(asset, tuple):
            return asset
        with self._claimer.working(asset, self._give_up) as storing:
            return self._make(asset, _version_of(asset, version), name, wanted, storing, loudness=loudness)

    def render_wanted(self, asset: Asset) -> Asset:
        """Make what was asked for together with versions of an asset; the asset then.

        Raises:
            AudiotuiError: that is not possible now, or never; what never is, is not wanted any more.
        """
        for version in asset.unrendered:
            form = version.wanted_rendition.removesuffix(LOUD)
            asset, _ = self.render(
                asset.customer_id,
                asset.asset_id,
                form,
                loudness=form != version.wanted_rendition,
                version=version.number,
            )
        return asset

    def render_again(self, asset: Asset, rendition: Rendition) -> None:
        """Make a rendition anew that others removed or changed, unless it is there again.

        Other bytes than before, which some coders make of the same sound, get a key of their own.

        Raises:
            AudiotuiError: that is not possible now, or not at all; its original may be gone, too.
        """
        form, number = rendition.name.removesuffix(LOUD), rendition.version
        claimed = self._claimer.claim(
            (asset.customer_id, asset.asset_id),
            Work.RENDER,
            {"name": rendition.name, "version": number},
            answer=lambda one: None if rendition in one.renditions else (one,),
        )
        if isinstance(claimed, tuple):
            return
        with self._claimer.working(claimed, self._undo) as storing:
            if self._parts.shelf.holds(rendition.file):
                self._undo(claimed)
                return
            _, made = self._make(
                claimed,
                _version_of(claimed, number),
                rendition.name,
                coding(form),
                storing,
                loudness=form != rendition.name,
                instead=rendition,
            )
        if made.file.key != rendition.file.key:
            self._parts.shelf.discard(rendition.file)

    def undo(self, asset: Asset) -> None:
        """Take back what a dead process was about to make.

        Raises:
            AudiotuiError: that is not possible now.
        """
        taken = self._parts.take_over(asset)
        with self._claimer.working(taken, self._undo):
            self._undo(taken)

    def _undo(self, asset: Asset) -> None:
        self._take_back(asset, lambda version: version)

    def _give_up(self, asset: Asset) -> None:
        """Take back what cannot be made, and the wish for it."""
        request = pending_of(asset).request

        def unwished(version: Version) -> Version:
            is_it = (version.number, version.wanted_rendition) == (request.get("version"), request["name"])
            return replace(version, wanted_rendition="") if is_it else version

        self._take_back(asset, unwished)

    def _take_back(self, asset: Asset, change: Callable[[Version], Version]) -> None:
        """Remove the file that the work was about to store, then the work, and change the versions."""
        pending = pending_of(asset)
        if pending.file is not None:
            self._parts.shelf.remove(pending.file)

        def without_work(one: Asset) -> Asset:
            return one.changed(one.updated_at, pending=None, versions=tuple(map(change, one.versions)))

        self._parts.advance(asset, pending, without_work)

    def _make(
        self,
        asset: Asset,
        version: Version,
        name: str,
        wanted: Coding,
        storing: Storing,
        *,
        loudness: bool,
        instead: Rendition | None = None,
    ) -> tuple[Asset, Rendition]:
        parts, pending = self._parts, pending_of(asset)
        with parts.new_spool() as spool:
            self._transcode(version, spool, wanted, loudness=loudness)
            file = self._described(asset, version, spool, name, wanted, instead)
            asset = self._claimer.note_file(asset, file)
            storing.begin(file)
            if instead is not None and instead.file.key == file.key:
                parts.shelf.discard(file)  # what others put there; nothing, if they removed it
            attributes = attributes_of(asset.customer_id, asset.asset_id, version.number)
            storing.end(was_there=not parts.shelf.put(file, spool, attributes))
            crashpoint("library.after_rendition")
        now = parts.clock()
        rendition = Rendition(name, version.number, file, now)
        done = parts.advance(
            asset,
            pending,
            lambda one: one.changed(
                now,
                renditions=(*(other for other in one.renditions if other != instead), rendition),
                pending=None,
                is_unsynced=one.is_unsynced or parts.options.register,
            ),
        )
        self._notify(done)
        return done, rendition

    def _transcode(self, version: Version, spool: Spool, wanted: Coding, *, loudness: bool) -> None:
        with self._parts.new_spool() as original:
            for block in proven(version.file, self._parts.shelf.read(version.file)):
                original.write(block)
            try:
                with tempfile.TemporaryFile(dir=self._parts.spool_folder) as coded:
                    transcode(Path(f"/dev/fd/{original.descriptor}"), coded, wanted, loudness=loudness)
                    _copy(coded, spool)
            except OSError as error:
                raise no_room(error) from error

    def _described(
        self, asset: Asset, version: Version, spool: Spool, name: str, wanted: Coding, instead: Rendition | None
    ) -> StoredFile:
        content, shelf = spool.content, self._parts.shelf
        stem = asset.asset_id if version.number == 1 else f"{asset.asset_id}.v{version.number}"
        treatment = "loud" if name.endswith(LOUD) else "copy"
        if instead is not None and instead.file.sha256 != content.sha256:
            treatment = f"{treatment}.{content.sha256[:12]}"  # what lies under a key never changes
        return StoredFile(
            bucket=shelf.bucket,
            key=shelf.key(asset.customer_id, version.user_id, f"{stem}.{treatment}", wanted.extension),
            size_bytes=content.size_bytes,
            sha256=content.sha256,
            part_sha256=content.part_sha256,
            media=probe_open(spool.descriptor, f"{asset.asset_id} as {name}"),
        )


def _version_of(asset: Asset, number: int | None) -> Version:
    return next(one for one in reversed(asset.versions) if number in {None, one.number})


def _existing(asset: Asset, name: str, version: int | None) -> tuple[Asset, Rendition] | None:
    if not asset.versions:
        return None
    number = _version_of(asset, version).number
    found = next((one for one in asset.renditions if (one.name, one.version) == (name, number)), None)
    return None if found is None else (asset, found)


def _copy(coded: BinaryIO, spool: Spool) -> None:
    coded.flush()
    coded.seek(0)
    while block := coded.read(BLOCK_BYTES):
        spool.write(block)
