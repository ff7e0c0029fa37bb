"""Documents in MongoDB: one collection, with a schema and indexes that the server keeps.

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
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, MongoClient, errors
from pymongo.operations import DeleteOne, IndexModel, InsertOne, ReplaceOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from audiotui.documents.base import PAGE, AssetId, Change, Documents, Totals, Wanted
from audiotui.documents.encoding import asset_of, document_of, facet, fold
from audiotui.documents.mongoerrors import DUPLICATE_KEY, as_service_error, is_passing
from audiotui.documents.mongoschema import INDEXES, VALIDATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pymongo.collection import Collection as MongoCollection

    from audiotui.documents.asset import Asset
    from audiotui.model import SecretStr

T = TypeVar("T")

COLLECTION = "audio_assets"

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
        self._client: MongoClient[dict[str, Any]] | None = None
        self._is_prepared = False
        self.name = f"MongoDB at {_host(address.reveal())}"

    def get(self, customer_id: str, asset_id: str) -> Asset | None:
        """One document, visible or not."""
        found = self._retried(lambda: self._collection().find_one(_filter((customer_id, asset_id))))
        return None if found is None else asset_of(found)

    def get_many(self, ids: Collection[AssetId]) -> dict[AssetId, Asset]:
        """Those documents of several that are there."""
        wanted = {"_id": {"$in": [_key(one) for one in ids]}}
        found = self._retried(lambda: list(self._collection().find(wanted)))
        return {(one["customer_id"], one["asset_id"]): asset_of(one) for one in found}

    def write(self, changes: Sequence[Change]) -> list[bool]:
        """Make changes in one request; for each, whether it took effect."""
        requests = [_request(change) for change in changes]
        return self._retried(lambda: self._write(requests, changes))

    def find(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Asset]:
        """A page of assets, newest first."""
        order = [("created_at", DESCENDING), ("asset_id", ASCENDING)]
        conditions = _conditions(wanted)
        found = self._retried(
            lambda: list(self._collection().find(conditions, sort=order, skip=offset, limit=limit)) if limit else []
        )
        return list(map(asset_of, found))

    def totals(self, wanted: Wanted) -> Totals:
        """The size of what ``find`` would give."""
        stages = [
            {"$match": _conditions(wanted)},
            {"$group": {"_id": None, "count": {"$sum": 1}, "size": {"$sum": "$total_size"}}},
        ]
        rows = self._retried(lambda: list(self._collection().aggregate(stages)))
        return Totals(rows[0]["count"], rows[0]["size"]) if rows else Totals(0, 0)

    def unfinished(self) -> Iterator[Asset]:
        """Every document that has work left."""
        return self._all({"has_work": True})

    def everything(self) -> Iterator[Asset]:
        """Every document, by id."""
        return self._all({})

    def ping(self) -> None:
        """Raise DatabaseFailed if the server does not answer."""
        with self._translated():
            self._collection().database.client.admin.command("ping")

    def close(self) -> None:
        """Close the connections; a later use opens them again."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _all(self, conditions: dict[str, Any]) -> Iterator[Asset]:
        after = ""
        while True:
            page = self._retried(partial(self._page, {**conditions, "_id": {"$gt": after}}))
            yield from map(asset_of, page)
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]

    def _page(self, conditions: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self._collection().find(conditions, sort=[("_id", ASCENDING)], limit=PAGE))

    def _write(self, requests: list[Any], changes: Sequence[Change]) -> list[bool]:
        refused: set[int] = set()
        try:
            result = self._collection().bulk_write(requests, ordered=False)
            counts = result.inserted_count + result.matched_count + result.deleted_count
        except errors.BulkWriteError as error:
            details = error.details or {}
            if is_passing(error) or any(one["code"] != DUPLICATE_KEY for one in details["writeErrors"]):
                raise
            refused = {one["index"] for one in details["writeErrors"]}
            counts = details["nInserted"] + details["nMatched"] + details["nRemoved"]
        if counts == len(changes):
            return [True] * len(changes)
        # Which of them it was, and whether a lost answer of an earlier try is behind it, only a look can tell.
        there = self.get_many([change.id for change in changes])
        made = [there.get(change.id) == change.after for change in changes]
        self._refuse_taken_keys(changes, refused, made, there)
        return made

    def _refuse_taken_keys(
        self, changes: Sequence[Change], refused: set[int], made: list[bool], there: dict[AssetId, Asset]
    ) -> None:
        """A duplicate that is not one of ids is one of keys: another document stands for the same file."""
        for index in refused:
            change = changes[index]
            if not made[index] and there.get(change.id) == change.before and change.after is not None:
                raise errors.DuplicateKeyError(f"another document has the key of {_key(change.id)}", DUPLICATE_KEY)

    def _collection(self) -> MongoCollection[dict[str, Any]]:
        with self._opening:
            if self._client is None:
                self._client = MongoClient(
                    self._address.reveal(),
                    serverSelectionTimeoutMS=self._timeout_ms,
                    connectTimeoutMS=self._timeout_ms,
                    timeoutMS=self._timeout_ms,
                    retryWrites=False,
                    serverMonitoringMode="poll",  # a server that steps down is asked again at once, not in 10 s
                    appname="audiotui",
                )
            database = self._client.get_default_database()
            if not self._is_prepared:
                _prepare(database)
                self._is_prepared = True
            return database.get_collection(
                COLLECTION,
                codec_options=_CODEC,
                write_concern=WriteConcern("majority", j=True),
                read_concern=ReadConcern("majority"),
            )

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
        except (errors.PyMongoError, errors.InvalidOperation) as error:
            raise as_service_error(error, self.name) from error


def _prepare(database: Any) -> None:
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


def _bring_up_to_date(database: Any) -> None:
    """Give the collection our schema. The role readWrite does not allow it; an older schema serves as well."""
    try:
        database.command("collMod", COLLECTION, validator=VALIDATOR)
    except errors.OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        _log.info("the schema of %s was left as it is: %s", COLLECTION, error)


def _request(change: Change) -> InsertOne[Any] | ReplaceOne[Any] | DeleteOne:
    if change.before is None and change.after is not None:
        return InsertOne({"_id": _key(change.id), **document_of(change.after)})
    expected = {**_filter(change.id), "revision": change.before.revision if change.before else 0}
    if change.after is None:
        return DeleteOne(expected)
    return ReplaceOne(expected, {"_id": _key(change.id), **document_of(change.after)})


def _key(one: AssetId) -> str:
    return f"{one[0]}/{one[1]}"


def _filter(one: AssetId) -> dict[str, Any]:
    return {"_id": _key(one), "customer_id": one[0]}


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
