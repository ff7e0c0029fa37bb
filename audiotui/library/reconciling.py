"""Comparing documents, storage and catalog: what others broke is found, and repaired where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Self

from audiotui.backends.items import FixedFeed, PutItem
from audiotui.backends.limits import Limits
from audiotui.backends.proof import prove
from audiotui.documents.asset import Rendition
from audiotui.errors import AudiotuiError, KeyNotFound
from audiotui.library.asides import Asides
from audiotui.library.orphans import GRACE, Orphans
from audiotui.library.shelf import content_of, may_be
from audiotui.model import CopyState, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from audiotui.documents.asset import Asset, StoredFile, Version
    from audiotui.errors import UnreadableDocument
    from audiotui.library.background import Background
    from audiotui.library.orphans import RemovalPlan
    from audiotui.library.parts import Parts
    from audiotui.library.rendering import Renderer

NO_TIME = timedelta(0)

CLOCKS_DIFFER = timedelta(minutes=1)
"""What was stored so long after its document is read, for others have stored it; or our clocks are not in step."""

TOGETHER = 200

_SHARED = "left alone: other documents have files there, too"
_UNASKED = "left alone: so many are not removed unasked"


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


@dataclass(frozen=True, slots=True)
class _Restraint:
    """Why a repair removes nothing: what it says of orphans and of damaged files; '' where it does."""

    orphans: str = ""
    damaged: str = ""

    @classmethod
    def of(cls, orphans: Orphans, *, agreed: bool) -> Self:
        """What holds a repair back; objects are counted only if nobody agreed to their removal."""
        if orphans.marks():
            return cls(_SHARED, _SHARED)
        return cls() if agreed or not orphans.plan().needs_consent else cls(_UNASKED)


class Reconciler:
    """Compares for one service; memory does not grow with the number of assets."""

    def __init__(self, parts: Parts, renderer: Renderer, background: Background, *, grace: timedelta = GRACE) -> None:
        self._parts = parts
        self._renderer = renderer
        self._background = background
        self._asides = Asides(parts)
        self._orphans = Orphans(parts, self._asides, grace=grace)

    def plan(self) -> RemovalPlan:
        """How many objects without a document a repair would remove."""
        return self._orphans.plan()

    def run(self, *, repair: bool = False, agreed: bool = False) -> Iterator[Discrepancy]:
        """All discrepancies, as they are found; with ``repair`` also what became of each.

        An orphan goes to the storage's trash once it is a day old. A lost or damaged object is stored again if the
        trash or the catalog has another copy of its bytes; a rendition without one is made anew from its original; else
        it stays reported. So does a document that cannot be read, and nothing happens to what may be its objects.

        Nothing is removed from a storage that other documents have marked, nor many orphans at once unless ``agreed``;
        the rest is repaired all the same.
        """
        restraint = _Restraint.of(self._orphans, agreed=agreed) if repair else _Restraint()
        for one in self._orphans.found():
            is_gone, remark = False, one.doubt
            if repair and not one.doubt:
                is_gone, remark = (False, restraint.orphans) if restraint.orphans else self._orphans.set_aside(one)
            yield Discrepancy(Trouble.ORPHAN, *one.owner, one.key, is_gone, remark)
        unreadable: list[UnreadableDocument] = []
        documents = self._parts.documents.everything(unreadable.append)
        while (batch := list(islice(documents, TOGETHER))) or unreadable:
            for error in unreadable:
                customer_id, _, asset_id = error.key.partition("/")
                yield Discrepancy(Trouble.UNREADABLE, customer_id, asset_id, "", remark=error.message)
            unreadable.clear()
            for asset in batch:
                if asset.is_visible:
                    yield from self._document(asset, restraint, repair=repair)

    def _document(self, asset: Asset, restraint: _Restraint, *, repair: bool) -> Iterator[Discrepancy]:
        described: list[Version | Rendition] = [*asset.versions, *asset.renditions]
        for one in described:
            file = one.file
            trouble = self._trouble(file, one.created_at)
            if trouble is None:
                continue
            repaired, remark = False, restraint.damaged if trouble is Trouble.DAMAGED else ""
            if repair and not remark:
                repaired, remark = self._repair(asset, one, trouble)
            yield Discrepancy(trouble, asset.customer_id, asset.asset_id, file.key, repaired, remark)
        if self._parts.options.register and not asset.is_unsynced and not self._is_in_catalog(asset):
            errors = self._background.tell_again(asset) if repair else []
            remark = "; ".join(error.message for error in errors)
            repaired = repair and not errors
            yield Discrepancy(Trouble.UNKNOWN, asset.customer_id, asset.asset_id, "", repaired, remark)

    def _trouble(self, file: StoredFile, described_at: datetime) -> Trouble | None:
        """What is wrong with a file; one is read only if it may have been stored anew after it was described."""
        try:
            entry = self._parts.shelf.stat(file)
        except KeyNotFound:
            return Trouble.LOST
        slack = NO_TIME if self._parts.shelf.has_our_clock else CLOCKS_DIFFER
        is_late = entry.modified_at is None or entry.modified_at > described_at + slack
        is_bare = entry.attributes is not None and not entry.sha256  # we never store anything without its sum
        if not may_be(entry, file) or ((is_late or is_bare) and not self._parts.shelf.holds(file)):
            return Trouble.DAMAGED
        return None

    def _is_in_catalog(self, asset: Asset) -> bool:
        shelf = self._parts.shelf
        return self._parts.manager.catalog.copy_at(shelf.name, shelf.location_key(asset.current.file)) is not None

    def _repair(self, asset: Asset, one: Version | Rendition, trouble: Trouble) -> tuple[bool, str]:
        """Make a file good by what comes first of all that can; whether that worked, and a remark."""
        is_good, remark = self._give_back(one.file) if trouble is Trouble.LOST else (False, "")
        if not is_good:
            is_good, remark = self._store_again(one.file, trouble)
        if not is_good and isinstance(one, Rendition):
            is_good, remark = self._make_again(asset, one)
        return is_good, remark

    def _give_back(self, file: StoredFile) -> tuple[bool, str]:
        """Take it out of the storage's trash; whether that worked, and a remark."""
        try:
            return self._asides.give_back(file), "given back from the trash"
        except AudiotuiError as error:
            return False, error.message

    def _store_again(self, file: StoredFile, trouble: Trouble) -> tuple[bool, str]:
        """Take the bytes from another copy that the catalog knows; whether that worked, and a remark."""
        parts, key = self._parts, self._parts.shelf.location_key(file)
        remark = "no other copy is known; save it again, or purge it"
        for location, other_key in self._other_copies(file):
            try:
                backend = parts.manager.backend(location)
                if trouble is Trouble.DAMAGED:
                    prove(backend, other_key, content_of(file), level=VerifyLevel.STORAGE_SUM)  # before anything goes
                    self._asides.put(parts.shelf.stat(file))
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
