"""Documents in MongoDB: a collection of assets, with a schema and indexes that the server keeps, and one of claims.

A document's ``_id`` is ``CUSTOMER/ASSET``, and every filter of a customer's query names the customer as well. Writes
wait until a majority has them in its journals. A server without replica set has no retryable writes, so the retries
are ours: after an unknown outcome the document is looked at before anything is said.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, MongoClient, errors
from pymongo.operations import IndexModel
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from audiotui.backends.lastfailure import OPENING_BORNE_S, LastFailure
from audiotui.documents.base import PAGE, AssetId, Change, Documents, Totals, Wanted
from audiotui.documents.encoding import asset_of, facet, fold
from audiotui.documents.mongoclaims import Stored, key_of, seen_together
from audiotui.documents.mongoerrors import DRIVER_ERRORS, as_service_error, is_passing, unusable
from audiotui.documents.mongoschema import INDEXES, VALIDATOR
from audiotui.documents.mongowrites import MongoWrites, Stores
from audiotui.documents.unreadable import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pymongo.collection import Collection as MongoCollection
    from pymongo.database import Database

    from audiotui.documents.asset import Asset
    from audiotui.documents.unreadable import Unreadable
    from audiotui.model import SecretStr

T = TypeVar("T")

COLLECTION = "audio_assets"
CLAIMS = "audio_claims"
ABOUT = "audio_library"
"""Holds one document, which tells this database from every other."""

TIMEOUT_S = 10.0
"""How long one call may take, the search for a server included."""

TRIES = 4
_FIRST_PAUSE_S = 0.05

_UNAUTHORIZED, _NAMESPACE_EXISTS = 13, 48
"""Codes of the server."""

_log = logging.getLogger(__name__)

_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)


class MongoDocuments(Documents):
    """Documents in the database that an address of the form ``mongodb://HOST/DATABASE`` names."""

    def __init__(
        self, address: SecretStr, *, timeout_s: float = TIMEOUT_S, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._address = address
        self._timeout_ms = int(timeout_s * 1000)
        self._sleep = sleep
        self._opening = threading.Lock()
        self._closings = 0
        self._failure = LastFailure(errors.ConnectionFailure)
        self._client: MongoClient[dict[str, Any]] | None = None
        self._open_stores: Stores | None = None
        self._is_prepared = False
        self.name = f"MongoDB at {_host(address.reveal())}"

    def get(self, customer_id: str, asset_id: str) -> Asset | None:
        """One document, visible or not."""
        one = (customer_id, asset_id)
        return self.get_many([one]).get(one)

    def get_many(self, ids: Collection[AssetId]) -> dict[AssetId, Asset]:
        """Those documents of several that are there."""
        return self._retried(lambda: self._look(ids)) if ids else {}

    def write(self, changes: Sequence[Change]) -> list[bool]:
        """Make changes in a few requests; for each, whether it took effect."""
        return self._retried(lambda: MongoWrites(self._stores(), self._look).write(changes))

    def find(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Asset]:
        """A page of assets, newest first."""
        order = [("created_at", DESCENDING), ("asset_id", ASCENDING)]
        conditions = _conditions(wanted)
        found = self._retried(
            lambda: list(self._stores().assets.find(conditions, sort=order, skip=offset, limit=limit)) if limit else []
        )
        return list(readable(asset_of, found))

    def totals(self, wanted: Wanted) -> Totals:
        """The size of what ``find`` would give."""
        stages = [
            {"$match": _conditions(wanted)},
            {"$group": {"_id": None, "count": {"$sum": 1}, "size": {"$sum": "$total_size"}}},
        ]
        rows = self._retried(lambda: list(self._stores().assets.aggregate(stages)))
        return Totals(rows[0]["count"], rows[0]["size"]) if rows else Totals(0, 0)

    def unfinished(self) -> Iterator[Asset]:
        """Every document that has work left, then every claim that has; claims that stand for nothing are removed."""
        for page in self._pages("assets", {"has_work": True}):
            yield from self._together(page)
        for claims in self._pages("claims", {}):
            documents = self._documents_of(claims)
            for claim in claims:
                document = documents.get(claim["_id"])
                if document is not None and document.get("has_work"):
                    continue  # it was among the documents
                for asset in readable(partial(seen_together, document), [claim]):
                    if asset.has_work:
                        yield asset
                    else:
                        self._retried(partial(self._remove_void, claim))

    def everything(self, unreadable: Unreadable | None = None) -> Iterator[Asset]:
        """Every document by id, then what is not more than a claim."""
        for page in self._pages("assets", {}):
            yield from self._together(page, unreadable)
        for claims in self._pages("claims", {}):
            documents = self._documents_of(claims)
            alone = (claim for claim in claims if claim["_id"] not in documents)
            yield from readable(partial(seen_together, None), alone, unreadable)

    def identity(self) -> str:
        """A random id that the first who asks puts into the database, and that goes wherever its collections go."""
        return self._retried(self._identity)

    def ping(self) -> None:
        """Raise DatabaseFailed if the server does not answer."""
        with self._translated():
            self._stores().assets.database.client.admin.command("ping")

    def close(self) -> None:
        """Close the connections; a later use opens them again.

        While another thread connects, which may take long, that is left to it.
        """
        self._closings += 1
        if self._opening.acquire(timeout=OPENING_BORNE_S):
            try:
                self._forget()
            finally:
                self._opening.release()

    def _look(self, ids: Collection[AssetId]) -> dict[AssetId, Asset]:
        """Assets as they are now. Claims are read first: a claim that goes leaves a document, which is seen then."""
        wanted = {"_id": {"$in": list(map(key_of, ids))}}
        stores = self._stores()
        claims = {one["_id"]: one for one in stores.claims.find(wanted)}
        documents = {one["_id"]: one for one in stores.assets.find(wanted)}
        seen = (seen_together(documents.get(key), claims.get(key)) for key in map(key_of, ids))
        return {(asset.customer_id, asset.asset_id): asset for asset in seen if asset is not None}

    def _together(self, documents: list[Stored], unreadable: Unreadable | None = None) -> Iterator[Asset]:
        """A page of documents, each with its claim."""
        claims = self._retried(partial(self._by_key, "claims", documents))
        return readable(lambda one: seen_together(one, claims.get(one["_id"])), documents, unreadable)

    def _documents_of(self, claims: list[Stored]) -> dict[str, Stored]:
        return self._retried(partial(self._by_key, "assets", claims))

    def _by_key(self, store: str, others: list[Stored]) -> dict[str, Stored]:
        wanted = {"_id": {"$in": [one["_id"] for one in others]}}
        return {one["_id"]: one for one in getattr(self._stores(), store).find(wanted)}

    def _pages(self, store: str, conditions: Stored) -> Iterator[list[Stored]]:
        """All documents of a collection that fulfil the conditions, by id."""
        after = ""
        while page := self._retried(partial(self._page, store, {**conditions, "_id": {"$gt": after}})):
            yield page
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]

    def _page(self, store: str, conditions: Stored) -> list[Stored]:
        return list(getattr(self._stores(), store).find(conditions, sort=[("_id", ASCENDING)], limit=PAGE))

    def _identity(self) -> str:
        about, known = _collection(self._stores().assets.database, ABOUT), {"_id": "identity"}
        with suppress(errors.DuplicateKeyError):  # another process was faster
            about.update_one(known, {"$setOnInsert": {"id": uuid.uuid4().hex}}, upsert=True)
        [found] = about.find(known)
        return str(found["id"])

    def _remove_void(self, claim: Stored) -> None:
        self._stores().claims.delete_one({"_id": claim["_id"], "token": claim["token"]})

    def _stores(self) -> Stores:
        with self._opening:
            if self._open_stores is None:
                closings = self._closings
                try:
                    with self._failure.shared():
                        self._open_stores = stores = self._connected()
                finally:
                    if closings != self._closings:  # meanwhile, by somebody who did not wait for this
                        self._forget()
                return stores
            return self._open_stores

    def _connected(self) -> Stores:
        if self._client is None:
            self._client = self._new_client()
        database = self._client.get_default_database()
        if not self._is_prepared:
            _prepare(database)
            self._is_prepared = True
        return Stores(_collection(database, COLLECTION), _collection(database, CLAIMS))

    def _forget(self) -> None:
        client, self._client, self._open_stores = self._client, None, None
        if client is not None:
            client.close()

    def _new_client(self) -> MongoClient[dict[str, Any]]:
        address = self._address.reveal()
        try:
            if not address.startswith("mongodb+srv:"):
                parse_uri(address, warn=False)  # the client only warns of options that it does not understand
            return MongoClient(
                address,
                serverSelectionTimeoutMS=self._timeout_ms,
                connectTimeoutMS=self._timeout_ms,
                timeoutMS=self._timeout_ms,
                retryWrites=False,
                serverMonitoringMode="poll",  # a server that steps down is asked again at once, not in 10 s
                appname="audiotui",
            )
        except (ValueError, TypeError, OSError, errors.ConfigurationError) as error:
            raise unusable(error, self.name) from error

    def _retried(self, call: Callable[[], T]) -> T:
        """The call's result, tried again while that may help; every error of the driver as one of ours."""
        with self._translated():
            for attempt in range(TRIES - 1):
                try:
                    return call()
                except errors.PyMongoError as error:
                    # Waiting for a server that is not there takes the whole time-out already.
                    if not is_passing(error) or isinstance(error, errors.ServerSelectionTimeoutError):
                        raise
                self._sleep(random.random() * _FIRST_PAUSE_S * 2**attempt)
            return call()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DRIVER_ERRORS as error:
            raise as_service_error(error, self.name) from error


def _prepare(database: Database[Stored]) -> None:
    """The collection with its schema and indexes; each is made if it is not there, and brought up to date."""
    try:
        database.create_collection(COLLECTION, validator=VALIDATOR)
    except errors.CollectionInvalid:
        _bring_up_to_date(database)
    except errors.OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:  # another process was faster
            raise
        _bring_up_to_date(database)
    models = [IndexModel(keys, name=name, **options) for name, keys, options in INDEXES]
    database.get_collection(COLLECTION).create_indexes(models)


def _bring_up_to_date(database: Database[Stored]) -> None:
    """Give the collection our schema. The role readWrite does not allow it; an older schema serves as well."""
    try:
        database.command("collMod", COLLECTION, validator=VALIDATOR)
    except errors.OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        _log.info("the schema of %s was left as it is: the user may not change it", COLLECTION)


def _collection(database: Database[Stored], name: str) -> MongoCollection[Stored]:
    return database.get_collection(
        name,
        codec_options=_CODEC,
        write_concern=WriteConcern("majority", j=True),
        read_concern=ReadConcern("majority"),
    )


def _conditions(wanted: Wanted) -> dict[str, Any]:
    """The filter of a query. Values are texts by their types, so none can smuggle an operator in."""
    conditions: dict[str, Any] = {"customer_id": wanted.customer_id, "is_visible": True}
    kinds = {"user": wanted.user_id, "folder": wanted.folder or None, "tag": wanted.tag, "voice": wanted.voice}
    facets = [facet(kind, value) for kind, value in kinds.items() if value is not None]
    if facets:
        conditions["facets"] = {"$all": facets}
    for name, value in (("generation_hash", wanted.generation_hash), ("is_deleted", wanted.is_deleted)):
        if value is not None:
            conditions[name] = {"$eq": value}
    if wanted.text:
        conditions["search"] = {"$regex": re.escape(fold(wanted.text))}
    return conditions


def _host(address: str) -> str:
    return address.partition("://")[2].partition("?")[0].rpartition("@")[2]
