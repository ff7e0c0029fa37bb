"""Comparing documents, storage and catalog: what others broke is found, and repaired where that is asked for."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from audiotui.backends.items import FixedFeed, PutItem
from audiotui.backends.limits import Limits
from audiotui.backends.proof import prove
from audiotui.documents.asset import Rendition, Work
from audiotui.errors import AudiotuiError, KeyNotFound, UnreadableDocument
from audiotui.library.shelf import content_of, may_be
from audiotui.model import CopyState, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from audiotui.backends.items import Entry
    from audiotui.documents.asset import Asset, StoredFile, Version
    from audiotui.documents.base import AssetId
    from audiotui.library.background import Background
    from audiotui.library.parts import Parts
    from audiotui.library.rendering import Renderer

GRACE = timedelta(hours=24)
"""An object that is younger may belong to a save of a host whose clock is wrong; it is reported and left alone."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""What was stored so long after its document is read, for others have stored it; or our clocks are not in step."""

TOGETHER = 200

_KEY = re.compile(r"(?:.*/)?([A-Za-z0-9_-]{1,128})/[A-Za-z0-9_-]{1,128}/audio/([A-Za-z0-9_-]{1,128})\.[^/]+")


class Trouble(StrEnum):
    """What is wrong."""

    ORPHAN = "object without document"
    LOST = "document without object"
    DAMAGED = "other bytes than the document says"
    UNKNOWN = "asset unknown to the catalog"
    UNREADABLE = "document that is none of ours"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that is wrong, and what was done about it."""

    trouble: Trouble
    customer_id: str
    asset_id: str
    key: str
    is_repaired: bool = False
    remark: str = ""


class Reconciler:
    """Compares for one service; memory does not grow with the number of assets."""

    def __init__(self, parts: Parts, renderer: Renderer, background: Background, *, grace: timedelta = GRACE) -> None:
        self._parts = parts
        self._renderer = renderer
        self._background = background
        self._grace = grace

    def run(self, *, repair: bool = False) -> Iterator[Discrepancy]:
        """All discrepancies, as they are found; with ``repair`` also what became of each.

        An orphan is removed once it is a day old. A lost or damaged object is stored again if the catalog knows another
        copy of its bytes; a rendition without one is made anew from its original; else it stays reported. So does a
        document that cannot be read, and nothing happens to what may be its objects.
        """
        yield from self._objects(repair=repair)
        unreadable: list[UnreadableDocument] = []
        documents = self._parts.documents.everything(unreadable.append)
        while (batch := list(islice(documents, TOGETHER))) or unreadable:
            for error in unreadable:
                customer_id, _, asset_id = error.key.partition("/")
                yield Discrepancy(Trouble.UNREADABLE, customer_id, asset_id, "", remark=error.message)
            unreadable.clear()
            for asset in batch:
                if asset.is_visible:
                    yield from self._document(asset, repair=repair)

    def _objects(self, *, repair: bool) -> Iterator[Discrepancy]:
        listing = ((key, entry, _owner_of(key)) for key, entry in self._parts.shelf.list())
        of_ours = ((key, entry, owner) for key, entry, owner in listing if owner is not None)
        while batch := list(islice(of_ours, TOGETHER)):
            assets = self._assets_of({owner for _, _, owner in batch})
            for key, entry, owner in batch:
                if owner in assets and not _stands_for(assets[owner], key):
                    yield self._orphan(key, entry, owner, repair=repair)

    def _assets_of(self, owners: Collection[AssetId]) -> dict[AssetId, Asset | None]:
        """Their assets, None where there is none; those whose document cannot be read are not among them."""
        documents = self._parts.documents
        try:
            found = documents.get_many(owners)
            return {owner: found.get(owner) for owner in owners}
        except UnreadableDocument:
            assets: dict[AssetId, Asset | None] = {}
            for owner in owners:
                with suppress(UnreadableDocument):
                    assets[owner] = documents.get(*owner)
            return assets

    def _orphan(self, key: str, entry: Entry, owner: AssetId, *, repair: bool) -> Discrepancy:
        now = self._parts.clock()
        is_old = entry.modified_at is not None and now - entry.modified_at >= self._grace
        removed, remark = False, "" if is_old else "younger than a day: left alone"
        # What was saved between the listing and now has its document by now.
        if repair and is_old and not _stands_for(self._parts.documents.get(*owner), key):
            try:
                self._parts.shelf.backend.delete(entry.key, if_etag=entry.etag)
                removed, remark = True, "removed"
            except AudiotuiError as error:
                remark = error.message
        return Discrepancy(Trouble.ORPHAN, *owner, key, removed, remark)

    def _document(self, asset: Asset, *, repair: bool) -> Iterator[Discrepancy]:
        described: list[Version | Rendition] = [*asset.versions, *asset.renditions]
        for one in described:
            file = one.file
            trouble = self._trouble(file, one.created_at)
            if trouble is None:
                continue
            repaired, remark = self._store_again(file, trouble) if repair else (False, "")
            if repair and not repaired and isinstance(one, Rendition):
                repaired, remark = self._make_again(asset, one)
            yield Discrepancy(trouble, asset.customer_id, asset.asset_id, file.key, repaired, remark)
        if self._parts.options.register and not asset.is_unsynced and not self._is_in_catalog(asset):
            errors = self._background.tell_again(asset) if repair else []
            remark = "; ".join(error.message for error in errors)
            repaired = repair and not errors
            yield Discrepancy(Trouble.UNKNOWN, asset.customer_id, asset.asset_id, "", repaired, remark)

    def _trouble(self, file: StoredFile, described_at: datetime) -> Trouble | None:
        """What is wrong with a file; one is read only if it was stored anew after it was described."""
        try:
            entry = self._parts.shelf.stat(file)
        except KeyNotFound:
            return Trouble.LOST
        is_late = entry.modified_at is None or entry.modified_at > described_at + CLOCKS_DIFFER
        if not may_be(entry, file) or (is_late and not self._parts.shelf.holds(file)):
            return Trouble.DAMAGED
        return None

    def _is_in_catalog(self, asset: Asset) -> bool:
        shelf = self._parts.shelf
        return self._parts.manager.catalog.copy_at(shelf.name, shelf.location_key(asset.current.file)) is not None

    def _store_again(self, file: StoredFile, trouble: Trouble) -> tuple[bool, str]:
        """Take the bytes from another copy that the catalog knows; whether that worked, and a remark."""
        parts, key = self._parts, self._parts.shelf.location_key(file)
        remark = "no other copy is known; save it again, or purge it"
        for location, other_key in self._other_copies(file):
            try:
                backend = parts.manager.backend(location)
                if trouble is Trouble.DAMAGED:
                    prove(backend, other_key, content_of(file), level=VerifyLevel.STORAGE_SUM)  # before anything goes
                    parts.shelf.discard(file)
                item = PutItem(key, content_of(file), partial(backend.open_source, other_key))
                [outcome] = parts.shelf.backend.put_many(FixedFeed([item]), Limits(requests=2))
                if outcome.error is None:
                    return True, f"stored again from {location}"
                error = outcome.error
            except AudiotuiError as failure:
                error = failure
            remark = f"the copy at {location} cannot be taken: {error.message}"
        return False, remark

    def _make_again(self, asset: Asset, rendition: Rendition) -> tuple[bool, str]:
        """Make a rendition anew; whether that worked, and a remark."""
        catalog, shelf = self._parts.manager.catalog, self._parts.shelf
        try:
            self._renderer.render_again(asset, rendition)
            copy = catalog.copy_at(shelf.name, shelf.location_key(rendition.file))
            if copy is not None and not shelf.holds(rendition.file):
                catalog.delete_copies([copy.id])  # it has another key now, of which the catalog hears by itself
        except AudiotuiError as error:
            return False, error.message
        return True, "made anew from the original"

    def _other_copies(self, file: StoredFile) -> Iterable[tuple[str, str]]:
        catalog, shelf = self._parts.manager.catalog, self._parts.shelf
        copy = catalog.copy_at(shelf.name, shelf.location_key(file))
        if copy is None:
            return []
        others = catalog.copies_of([copy.file_id]).get(copy.file_id, [])
        return [(one.location, one.key) for one in others if one.id != copy.id and one.state is CopyState.PRESENT]


def _stands_for(asset: Asset | None, key: str) -> bool:
    """Whether a key is one of a document, or one that it is about to have."""
    if asset is None:
        return False
    pending = asset.pending
    if pending is not None and pending.file is None and pending.work in {Work.SAVE, Work.TAKE}:
        number = len(asset.versions) + 1
        stem = asset.asset_id if number == 1 else f"{asset.asset_id}.v{number}"
        if key.rpartition("/")[2].rpartition(".")[0] == stem:
            return True
    return key in {file.key for file in asset.files} or (
        pending is not None and pending.file is not None and key == pending.file.key
    )


def _owner_of(key: str) -> AssetId | None:
    """The customer and asset whose key it is; None if it is none of the service's."""
    match = _KEY.fullmatch(key)
    return None if match is None else (match[1], match[2])
