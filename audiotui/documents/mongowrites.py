"""One group of changes, written to MongoDB with as few requests as there are kinds of changes in it.

Every step may have been done before by a try whose answer was lost, so each can be done again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import errors
from pymongo.operations import DeleteOne, InsertOne, ReplaceOne

from audiotui.documents.encoding import document_of
from audiotui.documents.mongoclaims import (
    Stored,
    claim_of,
    ends_first_claim,
    is_first_claim,
    key_of,
    without_follow_ups,
)
from audiotui.documents.mongoerrors import DUPLICATE_KEY, KeyTaken, is_passing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from pymongo.collection import Collection as MongoCollection

    from audiotui.documents.asset import Asset
    from audiotui.documents.base import AssetId, Change

    Look = Callable[[Collection[AssetId]], dict[AssetId, Asset]]

SURELY_HELD = timedelta(seconds=30)
"""A claim with so long a lease is not taken over and undone while a document is written."""

Made = list[bool | None]
"""For each change whether it took effect; None if only a look can tell."""


class Stores(NamedTuple):
    """The collections of one store."""

    assets: MongoCollection[Stored]
    claims: MongoCollection[Stored]


class Kind(Enum):
    """What a change is to the two collections."""

    CLAIM = auto()
    """An asset begins with a claim."""
    FINISH = auto()
    """What was claimed is saved."""
    GIVE_UP = auto()
    """A first claim is taken back."""
    MOVE = auto()
    """A first claim becomes a document: it has a new lease, a new holder, or a file."""
    NOTE = auto()
    """Something that follows is done."""
    OTHER = auto()
    """A document is added, replaced or removed."""


def kind_of(change: Change) -> Kind:
    """Which kind a change is."""
    if change.before is None:
        return Kind.CLAIM if is_first_claim(change.after) else Kind.OTHER
    if not is_first_claim(change.before):
        is_note = change.after is not None and change.after.revision == change.before.revision
        return Kind.NOTE if is_note else Kind.OTHER
    if change.after is None:
        return Kind.GIVE_UP
    return Kind.FINISH if ends_first_claim(change) else Kind.MOVE


class MongoWrites:
    """Writes one group; ``look`` reads assets as they are then."""

    def __init__(self, stores: Stores, look: Look) -> None:
        self._assets, self._claims = stores
        self._look = look
        self._refused: set[AssetId] = set()

    def write(self, changes: Sequence[Change]) -> list[bool]:
        """Make the changes; for each, whether it took effect."""
        acts: dict[Kind, Callable[[list[Change]], Made]] = {
            Kind.CLAIM: self._claim,
            Kind.FINISH: self._finish,
            Kind.GIVE_UP: self._give_up,
            Kind.MOVE: lambda some: list(map(self._move, some)),
            Kind.NOTE: self._note,
            Kind.OTHER: self._change,
        }
        made: Made = [None] * len(changes)
        kinds = list(map(kind_of, changes))
        for kind, act in acts.items():
            places = [place for place, one in enumerate(kinds) if one is kind]
            if places:
                for place, is_made in zip(places, act([changes[place] for place in places]), strict=True):
                    made[place] = is_made
        return self._known(changes, made)

    def _claim(self, changes: list[Change]) -> Made:
        """Add the claims; those on assets that are there already are void, and go again."""
        claims = [claim_of(asset) for asset in _afters(changes)]
        refused = _insert(self._claims, claims)
        taken = self._taken(one["_id"] for one in claims)
        if taken:
            self._remove_claims((one["_id"], one["token"]) for one in claims if one["_id"] in taken)
        return [
            False if one["_id"] in taken else None if place in refused else True for place, one in enumerate(claims)
        ]

    def _finish(self, changes: list[Change]) -> Made:
        """Add the documents of those claims that are there: one that is gone was taken over, or is finished.

        That is looked at whatever our clock says of their leases, for others judge them by theirs.
        """
        there = self._there(_origins(_afters(changes)))
        made = iter(self._add([change for change in changes if key_of(change.id) in there]) if there else ())
        return [next(made) if key_of(change.id) in there else None for change in changes]

    def _add(self, changes: list[Change]) -> Made:
        """Add the documents; one whose claim is gone by then goes again.

        A claim whose lease has long to run is there still: in the moment since the look, nobody has taken it over and
        undone what it stood for.
        """
        documents = [without_follow_ups(asset) for asset in _afters(changes)]
        refused = _insert(self._assets, documents)
        self._refused |= {changes[place].id for place in refused}
        doubted = [change.after for change in changes if change.after is not None and _has_old_lease(change.before)]
        gone = {key for key, _ in _origins(doubted)}
        if doubted:
            gone -= self._there(_origins(doubted))
        ended = self._ended(_afters(changes), refused)
        if ended:
            self._remove_claims(ended)
        made: Made = []
        for place, one in enumerate(documents):
            made.append(None if place in refused else one["_id"] not in gone)
            if made[-1] is False:
                self._assets.delete_one({"_id": one["_id"], "origin": one["origin"], "revision": one["revision"]})
        return made

    def _ended(self, finished: list[Asset], refused: set[int]) -> list[tuple[str, str]]:
        """The claims of saves that nothing follows; the claim on a document that was refused says who may go on."""
        over = [(place, one) for place, one in enumerate(finished) if not (one.cleanup or one.is_unsynced)]
        ended = _origins(one for place, one in over if place not in refused)
        doubted = _origins(one for place, one in over if place in refused)
        if doubted:  # it may have been added before, by a try whose answer was lost
            there = {"$or": [{"_id": key, "origin": token} for key, token in doubted]}
            ended += [(one["_id"], one["origin"]) for one in self._assets.find(there, {"_id": 1, "origin": 1})]
        return ended

    def _give_up(self, changes: list[Change]) -> Made:
        """Remove the claims; one whose document is there was finished, and says what follows."""
        taken = self._taken(key_of(change.id) for change in changes)
        claims = [
            (key_of(change.id), change.before.pending.token)
            for change in changes
            if change.before is not None and change.before.pending is not None
        ]
        open_claims = [claim for claim in claims if claim[0] not in taken]
        is_known = not open_claims or self._remove_claims(open_claims) == len(open_claims)
        return [False if key in taken else True if is_known else None for key, _ in claims]

    def _move(self, change: Change) -> bool | None:
        """Put a claim among the assets, then remove it here; one that was gone by then is not ours to keep.

        It may lie among the assets already: other programs, and earlier versions of this one, know no claims.
        """
        before, after = change.before, change.after
        if before is None or before.pending is None or after is None:
            raise ValueError("only a claim can be moved")
        claim = [(key_of(change.id), before.pending.token)]
        if _insert(self._assets, [_document(change)]):
            [is_made] = self._change([change])
            if is_made:
                self._remove_claims(claim)
            return is_made
        if self._remove_claims(claim):
            return True
        self._assets.delete_one(_expected(after))
        return False

    def _note(self, changes: list[Change]) -> Made:
        """Remove the claims that said what is done now; what a document says is done is taken out of it."""
        over = [asset for asset in _afters(changes) if asset.origin and not (asset.cleanup or asset.is_unsynced)]
        if len(over) == len(changes) and self._remove_claims(_origins(over)) == len(over):
            return [True] * len(changes)
        return self._change(changes)

    def _change(self, changes: list[Change]) -> Made:
        """Add, replace and remove documents; claims whose follow-ups the documents now hold or forget go too."""
        self._forget_claims([change.before for change in changes if change.after is None and change.before is not None])
        try:
            result = self._assets.bulk_write([_request(change) for change in changes], ordered=False)
            counts = result.inserted_count + result.matched_count + result.deleted_count
        except errors.BulkWriteError as error:
            self._refused |= {changes[place].id for place in _duplicates(error)}
            details = error.details or {}
            counts = details["nInserted"] + details["nMatched"] + details["nRemoved"]
        made = [True] * len(changes) if counts == len(changes) else self._known(changes, [None] * len(changes))
        folded = [
            change.before
            for change, is_made in zip(changes, made, strict=True)
            if is_made and change.before is not None and (change.before.cleanup or change.before.is_unsynced)
        ]
        if folded:
            self._remove_claims(_origins(folded))
        return list(made)

    def _forget_claims(self, removed: list[Asset]) -> None:
        """Remove the claims of documents that are about to go: without its document, a claim would be one to save."""
        expected = [_expected(one) for one in removed if one.origin]
        if expected:
            there = {one["_id"] for one in self._assets.find({"$or": expected}, {"_id": 1})}
            self._remove_claims(claim for claim in _origins(removed) if claim[0] in there)

    def _known(self, changes: Sequence[Change], made: Made) -> list[bool]:
        """Which changes took effect, also those of which only a look can tell: a lost answer may be behind them."""
        unknown = [change.id for change, is_made in zip(changes, made, strict=True) if is_made is None]
        there = self._look(unknown) if unknown else {}
        known = []
        for change, is_made in zip(changes, made, strict=True):
            if is_made is None:
                is_made = there.get(change.id) == change.after
                if not is_made and change.id in self._refused and there.get(change.id) == change.before:
                    # A duplicate that is not one of ids is one of keys: another document stands for the same file.
                    key = key_of(change.id)
                    raise KeyTaken(f"another document has the key of {key}", DUPLICATE_KEY)
            known.append(is_made)
        return known

    def _taken(self, keys: Iterable[str]) -> set[str]:
        """Those of some keys of which there are documents."""
        return {one["_id"] for one in self._assets.find({"_id": {"$in": list(keys)}}, {"_id": 1})}

    def _there(self, claims: Iterable[tuple[str, str]]) -> set[str]:
        """The keys of those of some claims that are there."""
        return {one["_id"] for one in self._claims.find(_these(claims), {"_id": 1})}

    def _remove_claims(self, claims: Iterable[tuple[str, str]]) -> int:
        """Remove claims by key and token; how many there were."""
        return self._claims.delete_many(_these(claims)).deleted_count


def _has_old_lease(asset: Asset | None) -> bool:
    """Whether a claim may have been taken over by now, or will be before a write of it arrives."""
    pending = None if asset is None else asset.pending
    return pending is None or pending.lease_until - datetime.now(UTC) < SURELY_HELD


def _these(claims: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The filter for claims; tokens are random, so no two of them can be mixed up."""
    given = list(claims)
    return {"_id": {"$in": [key for key, _ in given]}, "token": {"$in": [token for _, token in given]}}


def _origins(assets: Iterable[Asset]) -> list[tuple[str, str]]:
    return [(key_of((asset.customer_id, asset.asset_id)), asset.origin) for asset in assets]


def _afters(changes: Iterable[Change]) -> list[Asset]:
    return [change.after for change in changes if change.after is not None]


def _insert(collection: MongoCollection[Stored], documents: list[Stored]) -> set[int]:
    """Add documents; the places of those whose key is taken."""
    try:
        collection.insert_many(documents, ordered=False)
    except errors.BulkWriteError as error:
        return _duplicates(error)
    return set()


def _duplicates(error: errors.BulkWriteError) -> set[int]:
    """The places of duplicates; any other error is raised."""
    details = error.details or {}
    if is_passing(error) or any(one["code"] != DUPLICATE_KEY for one in details["writeErrors"]):
        raise error
    return {one["index"] for one in details["writeErrors"]}


def _request(change: Change) -> InsertOne[Any] | ReplaceOne[Any] | DeleteOne:
    if change.before is None:
        return InsertOne(_document(change))
    expected = _expected(change.before)
    return DeleteOne(expected) if change.after is None else ReplaceOne(expected, _document(change))


def _document(change: Change) -> Stored:
    if change.after is None:
        raise ValueError("nothing is no document")
    return {"_id": key_of(change.id), **document_of(change.after)}


def _expected(asset: Asset) -> dict[str, Any]:
    """The filter for a document as it was read. One that was removed and saved again was created at another time."""
    return {
        "_id": key_of((asset.customer_id, asset.asset_id)),
        "customer_id": asset.customer_id,
        "revision": asset.revision,
        "created_at": asset.created_at,
    }
