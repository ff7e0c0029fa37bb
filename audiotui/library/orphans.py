"""Objects without a document: which they are, how many may go, and setting aside those that surely may.

That an object has no document may be the fault of the documents: they are another library's, of a mistyped address, or
were put back from an old backup. So nothing goes where the storage also belongs to others, nothing that the catalog
knows, and not many at once unless somebody says so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from audiotui.documents.asset import Work
from audiotui.errors import AudiotuiError, InvalidInput, LocationError, UnreadableDocument
from audiotui.library.registering import recording_uid
from audiotui.manager.copies import is_bulk
from audiotui.text import format_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from audiotui.backends.items import Entry
    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId
    from audiotui.library.asides import Asides
    from audiotui.library.parts import Parts

GRACE = timedelta(hours=24)
"""An object that is younger may belong to a save of a host whose clock is wrong; it is reported and left alone."""

TOGETHER = 200

_RIGHT_ONE = "Check that library: documents: in the configuration names the right database."
_WAYS_OUT = "put the documents back from a backup, or purge the recordings"


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """How much a repair would remove: objects that no document stands for. Nothing was changed yet."""

    place: str
    """What messages call the storage."""
    documents: str
    """What they call the store of documents."""
    orphans: int
    """Those that are old enough, and that the catalog does not know either."""
    missed: int
    """Those that the catalog knows: it is their documents that are missing, and they stay."""
    objects: int
    """All files of assets that lie there."""
    marks: tuple[str, ...]
    """The marks there of other stores of documents, whose files these may be."""

    @property
    def needs_consent(self) -> bool:
        """Whether it is so much that somebody must have said so; a file may be all that there is."""
        return is_bulk(self.orphans, self.objects) or 0 < self.orphans == self.objects

    def refusal(self, *, agreed: bool) -> AudiotuiError | None:
        """Why a repair leaves what has no document, and the way out; None if it does not, or if there is none."""
        if self.marks and self.orphans + self.missed:
            return LocationError(
                f"Nothing is removed from {self.place}: it also keeps the files of other documents than those in "
                f"{self.documents}.",
                "Check library: documents: in the configuration. If the others are given up, remove what they left "
                f"there: {', '.join(self.marks)}.",
            )
        if self.needs_consent and not agreed:
            return InvalidInput(
                f"{self._share(self.orphans)}, and so many are not removed unasked.",
                f"{_RIGHT_ONE} If they may go: --yes, or agreed=True.",
            )
        if self.missed:
            return InvalidInput(
                f"{self._share(self.missed)}, and stay, for the catalog knows them.", f"{_RIGHT_ONE} Else {_WAYS_OUT}."
            )
        return None

    def _share(self, files: int) -> str:
        share = f"{format_count(files)} of the {format_count(self.objects)} files in {self.place}"
        return f"{share} have no document in {self.documents}"


class Orphan(NamedTuple):
    """An object that no document stands for."""

    key: str
    entry: Entry
    owner: AssetId
    """Whose key it is."""
    doubt: str
    """Why it is left alone in any case; '' if it may go."""
    is_known: bool = False
    """Whether the catalog knows it: then it is its document that is missing."""


class Orphans:
    """The objects without a document of one service; memory does not grow with the number of objects."""

    def __init__(self, parts: Parts, asides: Asides, *, grace: timedelta = GRACE) -> None:
        self._parts = parts
        self._asides = asides
        self._grace = grace

    def plan(self) -> RemovalPlan:
        """How much there is to remove; one listing."""
        parts, objects, orphans, missed = self._parts, 0, 0, 0
        for one in self._looked_at():
            objects += 1
            orphans += one is not None and not one.doubt
            missed += one is not None and one.is_known
        return RemovalPlan(parts.shelf.place, parts.documents.name, orphans, missed, objects, self.marks())

    def marks(self) -> tuple[str, ...]:
        """Where the marks of other documents lie at the storage; its files may be theirs."""
        mine = self._parts.documents.identity()
        return tuple(sorted(where for identity, where in self._parts.shelf.marks().items() if identity != mine))

    def found(self) -> Iterator[Orphan]:
        """All of them, as they are listed. An asset whose document cannot be read has none."""
        return (one for one in self._looked_at() if one is not None)

    def set_aside(self, orphan: Orphan) -> tuple[bool, str]:
        """Put an orphan into the storage's trash, unless it has a document by now; whether that was done, and how."""
        try:
            if self._has_document(orphan):
                return False, "it has its document by now"
            key = self._asides.put(orphan.entry)
            if self._has_document(orphan):  # of a save that found the same bytes there before they went
                self._asides.put_back(key)
                return False, "it has its document by now"
        except AudiotuiError as error:
            return False, error.message
        return True, f"moved to {key}"

    def _looked_at(self) -> Iterator[Orphan | None]:
        """Every file of an asset that lies there: as an orphan if it is one, else as None."""
        shelf = self._parts.shelf
        listing = ((key, entry, shelf.owner_of(key)) for key, entry in shelf.list())
        of_assets = ((key, entry, owner) for key, entry, owner in listing if owner is not None)
        while batch := list(islice(of_assets, TOGETHER)):
            assets = self._assets_of({owner for _, _, owner in batch})
            known = self._parts.manager.catalog.recordings_at(shelf.name, [entry.key for _, entry, _ in batch])
            for key, entry, owner in batch:
                holder = known.get(entry.key)
                if owner not in assets or _stands_for(assets[owner], key):
                    yield None
                elif holder is None:
                    yield Orphan(key, entry, owner, "" if self._is_old(entry) else "younger than a day: left alone")
                elif holder.uid == recording_uid(*owner):
                    doubt = f"left alone, for the catalog has it in {holder.uid}: {_WAYS_OUT}"
                    yield Orphan(key, entry, owner, doubt, is_known=True)
                # Else it is a copy of another recording, which somebody pushed there.

    def _has_document(self, orphan: Orphan) -> bool:
        return _stands_for(self._parts.documents.get(*orphan.owner), orphan.key)

    def _is_old(self, entry: Entry) -> bool:
        return entry.modified_at is not None and self._parts.clock() - entry.modified_at >= self._grace

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
