"""The claim on an asset's first version: in MongoDB a small document beside the assets, without schema or indexes.

So a first save writes its big, indexed document once, when it is whole; before and after it, MongoDB has only to add
and remove the claim. What the two collections say together:

| claim | document of the asset      | meaning                                                                  |
|-------|----------------------------|--------------------------------------------------------------------------|
| there | none                       | the first version is being saved                                         |
| there | its origin is the claim    | it is saved; temporary files and the catalog, as the claim says, follow  |
| there | it has another origin      | the claim is void: it came too late, or was taken over                   |
| none  | there                      | all is done, but for what the document itself says                       |

Only the first writing of a claim is kept here. Whatever changes it, such as a new lease or a new holder, puts the asset
into the collection of assets, where it stands in the way of a former holder's document.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiotui.documents.asset import Asset
from audiotui.documents.encoding import (
    asset_of,
    document_of,
    document_of_pending,
    pending_of_document,
)
from audiotui.documents.unreadable import read_as_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.documents.base import AssetId, Change

Stored = dict[str, Any]


def key_of(one: AssetId) -> str:
    """The ``_id`` of both documents."""
    return f"{one[0]}/{one[1]}"


def is_first_claim(asset: Asset | None) -> bool:
    """Whether the asset is nothing but the claim on its first version, as it was first written."""
    if asset is None or asset.pending is None:
        return False
    return asset == Asset(asset.customer_id, asset.asset_id, asset.created_at, asset.updated_at, pending=asset.pending)


def ends_first_claim(change: Change) -> bool:
    """Whether a first claim becomes the asset that it said it would."""
    before, after = change.before, change.after
    if not is_first_claim(before) or before is None or before.pending is None or after is None:
        return False
    return (
        after.pending is None
        and bool(after.versions)
        and after.origin == before.pending.token
        and (after.cleanup, after.is_unsynced) == (before.pending.cleanup, before.pending.is_unsynced)
    )


def claim_of(asset: Asset) -> Stored:
    """The claim that ``is_first_claim`` is true of."""
    if asset.pending is None:
        raise ValueError(f"nobody claims {asset.asset_id}")
    return {
        "_id": key_of((asset.customer_id, asset.asset_id)),
        "customer_id": asset.customer_id,
        "asset_id": asset.asset_id,
        "token": asset.pending.token,
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
        "pending": document_of_pending(asset.pending),
    }


def without_follow_ups(asset: Asset) -> Stored:
    """The document of an asset whose claim says what follows."""
    return {
        "_id": key_of((asset.customer_id, asset.asset_id)),
        **document_of(replace(asset, cleanup=(), is_unsynced=False)),
    }


def seen_together(document: Mapping[str, Any] | None, claim: Mapping[str, Any] | None) -> Asset | None:
    """The asset that its document and its claim stand for, as far as they are there.

    Raises:
        UnreadableDocument: one of them is of another form.
    """
    with read_as_ours(str((document or claim or {}).get("_id"))):
        return _seen_together(document, claim)


def _seen_together(document: Mapping[str, Any] | None, claim: Mapping[str, Any] | None) -> Asset | None:
    if document is None:
        return None if claim is None else _claimed(claim)
    asset = asset_of(document)
    if claim is None or claim["token"] != asset.origin:
        return asset
    pending = pending_of_document(claim["pending"])
    return replace(
        asset,
        cleanup=(*asset.cleanup, *(name for name in pending.cleanup if name not in asset.cleanup)),
        is_unsynced=asset.is_unsynced or pending.is_unsynced,
    )


def _claimed(claim: Mapping[str, Any]) -> Asset:
    return Asset(
        claim["customer_id"],
        claim["asset_id"],
        claim["created_at"],
        claim["updated_at"],
        pending=pending_of_document(claim["pending"]),
    )
