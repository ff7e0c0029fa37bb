"""What every part of the service works with: the open stores, the clients, and how a document is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from audiotui.documents.base import Change
from audiotui.errors import AssetBusy, AssetNotFound
from audiotui.library.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from audiotui.config.library import LibraryOptions
    from audiotui.documents.asset import Asset, Pending
    from audiotui.documents.base import Documents
    from audiotui.documents.grouped import GroupedWrites
    from audiotui.library.claims import Claims
    from audiotui.library.shelf import Shelf
    from audiotui.library.spool import Rooms
    from audiotui.manager import AudioManager
    from audiotui.speech.client import SpeechClient

_TRIES = 50
"""An edit that loses against others so often is one of too many."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An open service."""

    options: LibraryOptions
    manager: AudioManager
    documents: Documents
    writes: GroupedWrites
    shelf: Shelf
    speech: SpeechClient
    claims: Claims
    spool_folder: Path
    rooms: Rooms
    clock: Callable[[], datetime]

    def new_spool(self) -> Spool:
        """Where a file waits; a context."""
        return Spool(self.spool_folder, self.rooms)

    def asset(self, customer_id: str, asset_id: str) -> Asset:
        """An asset that the customer can see, deleted or not.

        Raises:
            AssetNotFound: there is none of this id, or it is another customer's.
        """
        asset = self.documents.get(customer_id, asset_id)
        if asset is None or not asset.is_visible:
            raise not_found(asset_id)
        return asset

    def edit(self, customer_id: str, asset_id: str, change: Callable[[Asset], Asset]) -> Asset:
        """Change a visible asset, whoever else changes it; returns it as it is then.

        ``change`` may be called several times; what it returns as it was is not written.
        """
        for _ in range(_TRIES):
            before = self.asset(customer_id, asset_id)
            after = change(before)
            if after is before or self.writes.write(Change(before, after)):
                return after
        raise AssetBusy(f"Asset {asset_id} is changed by too many at once.", "Try again.")

    @overload
    def advance(self, asset: Asset, pending: Pending, change: Callable[[Asset], Asset]) -> Asset: ...

    @overload
    def advance(self, asset: Asset, pending: Pending, change: Callable[[Asset], Asset | None]) -> Asset | None: ...

    def advance(self, asset: Asset, pending: Pending, change: Callable[[Asset], Asset | None]) -> Asset | None:
        """Change an asset that this process has claimed, or remove it (None); others may have edited it meanwhile.

        Raises:
            AssetBusy: another process has taken the claim over.
        """
        for _ in range(_TRIES):
            after = change(asset)
            if self.writes.write(Change(asset, after)):
                return after
            fresh = self.documents.get(asset.customer_id, asset.asset_id)
            if fresh is None or fresh.pending is None or fresh.pending.token != pending.token:
                break
            asset = fresh
        raise AssetBusy(
            f"Asset {asset.asset_id} was taken over by another process.", "Look at it again; it will have been stored."
        )

    def take_over(self, asset: Asset) -> Asset:
        """The asset with the claim that somebody left on it as ours.

        Raises:
            AssetBusy: another process was faster.
        """
        if asset.pending is None:
            raise ValueError(f"nobody claims {asset.asset_id}")
        mine = self.claims.taken_over((asset.customer_id, asset.asset_id), asset.pending)
        taken = asset.changed(asset.updated_at, pending=mine)
        is_mine = False
        try:
            is_mine = self.writes.write(Change(asset, taken))
        finally:
            if not is_mine:
                self.claims.release(mine)
        if not is_mine:
            raise AssetBusy(f"Asset {asset.asset_id} was taken over by another process.", "Look at it again.")
        return taken


def not_found(asset_id: str) -> AssetNotFound:
    """The error for an asset that is not there, or not this customer's: the two look the same."""
    return AssetNotFound(f"There is no asset {asset_id}.", "Check the id and the customer.", key=asset_id)
