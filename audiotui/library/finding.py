"""The service's part for what is kept: getting, listing, changing, removing, links and streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiotui.documents.base import Wanted
from audiotui.errors import InvalidInput
from audiotui.library import requests
from audiotui.library.machine import OpenService
from audiotui.library.parts import not_found
from audiotui.library.requests import identifier
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.documents.asset import Asset, StoredFile, Version
    from audiotui.documents.base import Totals
    from audiotui.library.reading import Stream

WEEK_S = 7 * 24 * 3600

PAGE, MOST_LISTED = 50, 1000


class Finding(OpenService):
    """Reading and editing assets; every call names the customer, and sees nobody else's."""

    def get_asset(self, asset_id: str, *, customer_id: str, with_deleted: bool = True) -> Asset:
        """One asset; what was deleted and not purged is found too, unless ``with_deleted`` is False.

        Raises:
            AssetNotFound: the customer has none of this id.
        """
        asset = self.parts.asset(identifier("customer_id", customer_id), identifier("asset_id", asset_id))
        if asset.is_deleted and not with_deleted:
            raise not_found(asset_id)
        return asset

    def list_assets(
        self,
        *,
        customer_id: str,
        user_id: str | None = None,
        folder: str | None = None,
        tag: str | None = None,
        voice: str | None = None,
        text: str = "",
        deleted: bool | None = False,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[Asset]:
        """A page of the customer's assets, newest first; all conditions must fit.

        ``folder`` takes the folders below it too; ``text`` is a part of the text in any case; ``deleted`` True asks for
        what was deleted, None for both.
        """
        requests.whole("limit", limit, 0, MOST_LISTED)
        requests.whole("offset", offset, 0, requests.MAX_OFFSET)
        wanted = _wanted(customer_id, user_id, folder, tag, voice, text, deleted)
        return self.parts.documents.find(wanted, limit=limit, offset=offset)

    def count_assets(
        self,
        *,
        customer_id: str,
        user_id: str | None = None,
        folder: str | None = None,
        tag: str | None = None,
        voice: str | None = None,
        text: str = "",
        deleted: bool | None = False,
    ) -> Totals:
        """How many assets fit, and the bytes of all their files."""
        return self.parts.documents.totals(_wanted(customer_id, user_id, folder, tag, voice, text, deleted))

    def update_asset(
        self,
        asset_id: str,
        *,
        customer_id: str,
        folder: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Asset:
        """Give an asset another folder or other tags; what is None stays."""
        given: dict[str, Any] = {}
        if folder is not None:
            given["folder"] = requests.folder(folder)
        if tags is not None:
            given["tags"] = requests.tags(tags)
        return self._edited(asset_id, customer_id, given)

    def delete_asset(self, asset_id: str, *, customer_id: str) -> Asset:
        """Take an asset out of all lists; its files stay, and ``restore_asset`` brings it back.

        So does a later save of it. A version that is being saved just then is kept, and the asset stays deleted.
        """
        return self._edited(asset_id, customer_id, {"is_deleted": True})

    def restore_asset(self, asset_id: str, *, customer_id: str) -> Asset:
        """Bring a deleted asset back."""
        return self._edited(asset_id, customer_id, {"is_deleted": False})

    def purge_asset(self, asset_id: str, *, customer_id: str) -> Asset:
        """Remove an asset for good, with all versions, renditions and its recording; returns what it was.

        Raises:
            UploadFailed, DatabaseFailed: a server failed; nothing of the asset can be seen any more, and ``resume``
                removes the rest.
        """
        identifier("customer_id", customer_id)
        return self._open().purger.purge(customer_id, identifier("asset_id", asset_id))

    def list_versions(self, asset_id: str, *, customer_id: str) -> tuple[Version, ...]:
        """All versions of an asset, the oldest first; the last one is current."""
        return self.get_asset(asset_id, customer_id=customer_id).versions

    def get_url(
        self,
        asset_id: str,
        *,
        customer_id: str,
        expires: int = WEEK_S,
        version: int | None = None,
        rendition: str = "",
        cdn: bool = True,
        with_deleted: bool = True,
    ) -> str:
        """A link to the audio that is valid for ``expires`` seconds, at most 7 days; it is made now and not stored.

        Where the configuration names a CDN the link leads there, unless ``cdn`` is False. A folder gives ``file://``.

        Raises:
            InvalidInput: another time, or no such version or rendition.
        """
        asset = self.get_asset(asset_id, customer_id=customer_id, with_deleted=with_deleted)
        return self.parts.shelf.url(_file_of(asset, version, rendition), seconds=expires, cdn=cdn)

    def stream_asset(
        self,
        asset_id: str,
        *,
        customer_id: str,
        span: str = "",
        version: int | None = None,
        rendition: str = "",
        with_deleted: bool = True,
    ) -> Stream:
        """The bytes of the audio, or those that ``span`` names, as a Range header does: ``bytes=0-999``.

        A whole file ends with an IntegrityError in place of its last piece if its bytes are not those that were stored.
        So does a part of one up to 1 MiB. A part of a longer one is of a file of the right size, and of the right sum
        if the storage has one on record, from its first byte to its last; that all of them are right is not proven.

        Raises:
            UnsatisfiableRange: the range begins beyond the end.
        """
        from audiotui.library.reading import stream_of

        asset = self.get_asset(asset_id, customer_id=customer_id, with_deleted=with_deleted)
        return stream_of(self.parts.shelf, _file_of(asset, version, rendition), requests.text("span", span))

    def _edited(self, asset_id: str, customer_id: str, changes: dict[str, Any]) -> Asset:
        machine = self._open()
        now = machine.parts.clock()

        def edit(asset: Asset) -> Asset:
            fields = asset.with_deletion(**changes) if "is_deleted" in changes else changes
            if all(getattr(asset, name) == value for name, value in fields.items()):
                return asset
            return asset.changed(now, **fields, is_unsynced=asset.is_unsynced or machine.parts.options.register)

        identifier("customer_id", customer_id)
        asset = machine.parts.edit(customer_id, identifier("asset_id", asset_id), edit)
        machine.background.notify(asset)
        return asset


def _wanted(
    customer_id: str,
    user_id: str | None,
    folder: str | None,
    tag: str | None,
    voice: str | None,
    text: str,
    deleted: bool | None,
) -> Wanted:
    if not (deleted is None or isinstance(deleted, bool)):
        raise InvalidInput(f"Cannot take deleted {briefly(deleted)}.", "Give True, False, or None for both.")
    return Wanted(
        customer_id=identifier("customer_id", customer_id),
        user_id=None if user_id is None else identifier("user_id", user_id),
        folder=None if folder is None else requests.folder(folder),
        tag=None if tag is None else _tag(tag),
        voice=None if voice is None else requests.text("voice", voice),
        text=requests.text("text", text, requests.MAX_SEARCH),
        is_deleted=deleted,
    )


def _tag(given: Any) -> str:
    """A tag as it is stored, so that it is found by the spelling with which it was saved."""
    return requests.tags([given])[0] if requests.text("tag", given).strip() else ""


def _file_of(asset: Asset, version: int | None, rendition: str) -> StoredFile:
    if isinstance(version, bool) or not isinstance(version, int | None):
        raise InvalidInput(f"Cannot take version {briefly(version)}: it is no number.", "Leave it out for the newest.")
    number = asset.current.number if version is None else version
    if requests.text("rendition", rendition):
        files = [one.file for one in asset.renditions if (one.name, one.version) == (rendition, number)]
    else:
        files = [one.file for one in asset.versions if one.number == number]
    if not files:
        wanted = f"version {briefly(number)}" + (f" as {briefly(rendition)}" if rendition else "")
        has = "; ".join(_with_renditions(asset, one.number) for one in asset.versions)
        raise InvalidInput(f"Asset {asset.asset_id} has no {wanted}.", f"It has {has}.")
    return files[0]


def _with_renditions(asset: Asset, number: int) -> str:
    """A version and what was made of it, such as ``version 1 (also as flac, opus)``."""
    names = ", ".join(one.name for one in asset.renditions if one.version == number)
    return f"version {number} (also as {names})" if names else f"version {number}"
