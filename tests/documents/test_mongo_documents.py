"""Documents in MongoDB keep the contract, on a real server, also while it fails."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from audiotui.documents.asset import StoredFile
from audiotui.documents.base import Change, Wanted
from audiotui.documents.encoding import document_of
from audiotui.documents.grouped import GroupedWrites
from audiotui.documents.mongo import CLAIMS, COLLECTION, TRIES, MongoDocuments
from audiotui.documents.mongoclaims import claim_of
from audiotui.errors import AudiotuiError, ConfigError, DatabaseFailed
from audiotui.model import SecretStr
from tests.contracts.document_claims import ClaimPromises, claimed, finished, followed_up, taken_over
from tests.contracts.document_histories import HistoryPromises
from tests.contracts.documents import NOON, DocumentsContract, asset, put
from tests.servers.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.mongo import MongoServer


NOT_PRIMARY = 10107


@pytest.fixture
def address(mongo_server: MongoServer) -> str:
    """A database of its own for each test."""
    return mongo_server.address(f"t{uuid.uuid4().hex}")


@pytest.fixture
def documents(address: str) -> Iterator[MongoDocuments]:
    with MongoDocuments(SecretStr(address), sleep=lambda _: None) as documents:
        yield documents


@pytest.fixture
def raw(address: str) -> Iterator[Any]:
    """The collection, as another program sees it."""
    with MongoClient[dict[str, Any]](address) as client:
        yield client.get_default_database()[COLLECTION]


class TestMongoDocuments(HistoryPromises, ClaimPromises, DocumentsContract):
    """The contract, on a server of MongoDB's protocol."""

    @pytest.fixture
    def documents(self, address: str) -> Iterator[MongoDocuments]:
        with MongoDocuments(SecretStr(address)) as documents:
            yield documents

    @pytest.fixture
    def others(self, address: str) -> Iterator[MongoDocuments]:
        with MongoDocuments(SecretStr(address)) as documents:
            yield documents


@pytest.mark.parametrize(
    "address",
    [
        "mongodb://127.0.0.1:99999/x",
        "mongodb://[::1/x",
        "mongodb://anna:sec@ret@127.0.0.1/x",
        "mongodb://127.0.0.1/x?tls=maybe",
        "mongodb://127.0.0.1/x?tls=true&tlsCAFile=/nowhere",
        "mongodb://127.0.0.1/x?colour=red",
    ],
)
def test_an_address_that_cannot_be_used_is_told_as_a_mistake_of_the_configuration(address: str) -> None:
    with MongoDocuments(SecretStr(address)) as documents, pytest.raises(ConfigError) as refused:
        documents.ping()

    assert refused.value.message.startswith("Cannot use the address of MongoDB at ")
    assert "sec" not in str(refused.value)


def test_the_document_is_laid_out_as_people_query_it(documents: MongoDocuments, raw: Any) -> None:
    put(documents, asset(folder="greetings", tags=("test", "demo")))

    stored = raw.find_one({"customer_id": "anna", "asset_id": "a1"})

    assert stored["_id"] == "anna/a1"
    assert (stored["name"], stored["type"], stored["source"]) == ("Hello world", "audio", "generated")
    assert (stored["duration"], stored["declared_duration"], stored["format"]) == (2.5, 2.5, "wav")
    assert stored["storage"] == {"bucket": "audio-assets", "key": "anna/u1/audio/a1.wav"}
    assert stored["generation"]["model"] == "kokoro-82m"
    assert (stored["version"], stored["versions"], stored["is_deleted"]) == (1, [], False)
    assert stored["created_at"].replace(tzinfo=NOON.tzinfo) == NOON


def test_the_server_refuses_a_document_of_another_form(documents: MongoDocuments, raw: Any) -> None:
    from pymongo.errors import WriteError

    documents.get("anna", "a1")

    with pytest.raises(WriteError):
        raw.insert_one({"_id": "anna/a1", "customer_id": "anna", "asset_id": 3})


def test_the_indexes_are_there(documents: MongoDocuments, raw: Any) -> None:
    documents.get("anna", "a1")

    assert {"newest", "by_facet", "by_generation", "work"} <= set(raw.index_information())


def test_two_documents_never_stand_for_one_file(documents: MongoDocuments) -> None:
    put(documents, asset(asset_id="a1"))
    version = asset(asset_id="a1").current
    twin = asset(asset_id="a2", versions=(version,))
    assert isinstance(version.file, StoredFile)

    with pytest.raises(DatabaseFailed) as caught:
        documents.write([Change(None, twin)])

    assert not caught.value.retryable


def test_one_that_is_refused_fails_none_that_is_written_with_it(documents: MongoDocuments) -> None:
    put(documents, asset(asset_id="a0"))
    writes, together = GroupedWrites(documents), threading.Barrier(8)

    def add(number: int) -> bool:
        twin = asset(asset_id="a0").versions
        with writes.one_of_many():
            together.wait(30)
            one = asset(asset_id=f"a{number}")
            return writes.write(Change(None, replace(one, versions=twin) if number == 5 else one))

    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(add, number) for number in range(1, 9)]

    errors = [number for number, one in enumerate(made, 1) if one.exception() is not None]
    assert errors == [5]
    assert documents.totals(Wanted(customer_id="anna")).count == 8


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"errorCode": NOT_PRIMARY}, id="not primary"),
        pytest.param({"closeConnection": True}, id="network loss"),
        pytest.param({"errorCode": 89}, id="network time-out"),
        pytest.param({"errorCode": 262}, id="time limit"),
        pytest.param({"writeConcernError": {"code": 64, "errmsg": "waited too long"}}, id="write concern time-out"),
    ],
)
@pytest.mark.parametrize("command", ["insert", "update", "delete"])
def test_a_passing_fault_is_overcome_and_nothing_is_done_twice(
    mongo_server: MongoServer, documents: MongoDocuments, fault: dict[str, Any], command: str
) -> None:
    first = asset()
    second = first.changed(NOON, folder="new")
    before, change, after = {
        "insert": (None, Change(None, first), first),
        "update": (first, Change(first, second), second),
        "delete": (first, Change(first, None), None),
    }[command]
    if before is not None:
        put(documents, before)
    documents.ping()

    with mongo_server.failing([command], times=2, **fault):
        made = documents.write([change])

    assert made == [True]
    assert documents.get("anna", "a1") == after


@pytest.mark.parametrize("fault", [{"errorCode": NOT_PRIMARY}, {"closeConnection": True}], ids=["not primary", "loss"])
@pytest.mark.parametrize("command", ["insert", "update", "delete", "find"])
def test_a_passing_fault_at_any_step_of_a_first_save_is_overcome(
    mongo_server: MongoServer, documents: MongoDocuments, fault: dict[str, Any], command: str
) -> None:
    claim = claimed()
    done = finished(claim)
    documents.ping()

    for step in [Change(None, claim), Change(claim, done), Change(done, followed_up(done))]:
        with mongo_server.failing([command], times=2, **fault):
            assert documents.write([step]) == [True]
        assert documents.get("anna", "a1") == step.after

    assert list(documents.unfinished()) == []


def test_a_claim_that_came_too_late_is_void_and_goes(documents: MongoDocuments, raw: Any) -> None:
    put(documents, asset())
    raw.database[CLAIMS].insert_one(claim_of(claimed("late")))

    assert documents.get("anna", "a1") == asset()
    assert list(documents.unfinished()) == []

    assert list(raw.database[CLAIMS].find()) == []


def test_a_takeover_that_died_half_way_has_taken_over(documents: MongoDocuments, raw: Any) -> None:
    theirs = taken_over(claimed())
    put(documents, theirs)
    raw.database[CLAIMS].insert_one(claim_of(claimed()))

    assert documents.write([Change(claimed(), finished(claimed()))]) == [False]
    assert documents.get("anna", "a1") == theirs
    assert list(documents.everything()) == [theirs]
    assert list(documents.unfinished()) == [theirs]

    done = finished(theirs)
    assert documents.write([Change(theirs, done)]) == [True]
    assert documents.write([Change(done, followed_up(done))]) == [True]
    assert list(documents.unfinished()) == []
    assert list(raw.database[CLAIMS].find()) == []


def test_a_claim_among_the_assets_is_taken_over_and_finished(documents: MongoDocuments, raw: Any) -> None:
    documents.ping()
    raw.insert_one({"_id": "anna/a1", **document_of(claimed())})
    theirs = taken_over(claimed())

    assert list(documents.unfinished()) == [claimed()]
    assert documents.write([Change(claimed(), theirs)]) == [True]
    assert documents.write([Change(theirs, finished(theirs))]) == [True]

    assert documents.get("anna", "a1") == finished(theirs)


def test_a_read_is_tried_again(mongo_server: MongoServer, documents: MongoDocuments) -> None:
    put(documents, asset())

    with mongo_server.failing(["find", "aggregate"], times=2, closeConnection=True):
        found = documents.find(Wanted(customer_id="anna"), limit=1)

    assert found == [asset()]


def test_a_server_that_keeps_failing_is_told_as_something_to_retry(
    mongo_server: MongoServer, documents: MongoDocuments
) -> None:
    documents.ping()

    with (
        mongo_server.failing(["insert"], times=TRIES, errorCode=NOT_PRIMARY),
        pytest.raises(DatabaseFailed) as caught,
    ):
        documents.write([Change(None, asset())])

    assert caught.value.retryable
    assert caught.value.__cause__ is not None


def test_a_refusal_is_not_tried_again(mongo_server: MongoServer, documents: MongoDocuments) -> None:
    documents.ping()

    with mongo_server.failing(["insert"], times=1, errorCode=13), pytest.raises(DatabaseFailed) as caught:
        documents.write([Change(None, asset())])

    assert not caught.value.retryable
    assert "the user may not do this" in caught.value.message


def test_a_user_who_may_not_change_schemas_can_use_one_that_is_there(
    mongo_server: MongoServer, documents: MongoDocuments, address: str
) -> None:
    put(documents, asset())

    with (
        mongo_server.failing(["collMod"], errorCode=13),
        MongoDocuments(SecretStr(address)) as others,
    ):
        assert others.get("anna", "a1") == asset()


def test_a_server_that_is_not_there_is_told_by_name_and_without_the_password() -> None:
    address = SecretStr(f"mongodb://me:sesame@127.0.0.1:{free_port()}/assets")

    with MongoDocuments(address, timeout_s=0.3) as documents, pytest.raises(AudiotuiError) as caught:
        documents.get("anna", "a1")

    assert isinstance(caught.value, DatabaseFailed)
    assert caught.value.retryable
    assert "127.0.0.1" in caught.value.message
    assert "sesame" not in str(caught.value)
    assert "sesame" not in repr(documents)
