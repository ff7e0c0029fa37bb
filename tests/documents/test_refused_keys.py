"""A first save whose file another document stands for is refused, and takes back what it did."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.base import Change
from audiotui.documents.mongo import CLAIMS, MongoDocuments
from audiotui.errors import DatabaseFailed
from audiotui.library.claims import utc_now
from audiotui.model import SecretStr
from tests.contracts.document_claims import claimed, finished
from tests.contracts.documents import asset, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.asset import Asset
    from tests.servers.mongo import MongoServer


@pytest.fixture
def documents(mongo_server: MongoServer) -> Iterator[MongoDocuments]:
    address = mongo_server.address(f"t{uuid.uuid4().hex}")
    with MongoDocuments(SecretStr(address), sleep=lambda _: None) as documents:
        yield documents


def claims_in(documents: MongoDocuments) -> list[dict[str, Any]]:
    return list(documents._stores().assets.database[CLAIMS].find())


def claim_that(*, is_followed: bool) -> Asset:
    """A claim with a lease that has long to run."""
    claim = claimed()
    assert claim.pending is not None
    lasting = replace(claim.pending, lease_until=utc_now() + timedelta(seconds=60))
    if not is_followed:
        lasting = replace(lasting, cleanup=(), is_unsynced=False)
    return replace(claim, pending=lasting)


@pytest.mark.parametrize("is_followed", [True, False], ids=["followed", "not followed"])
def test_a_save_whose_key_is_taken_hears_so_and_keeps_its_claim(documents: MongoDocuments, is_followed: bool) -> None:
    put(documents, asset(asset_id="a0"))
    claim = claim_that(is_followed=is_followed)
    assert documents.write([Change(None, claim)]) == [True]
    twin = replace(finished(claim), versions=asset(asset_id="a0").versions)

    with pytest.raises(DatabaseFailed, match="another document has the key") as caught:
        documents.write([Change(claim, twin)])

    assert not caught.value.retryable
    assert documents.get("anna", "a1") == claim
    assert documents.write([Change(claim, None)]) == [True]
    assert list(documents.everything()) == [asset(asset_id="a0")]


def test_a_save_that_nothing_follows_leaves_no_claim_when_an_answer_is_lost(
    mongo_server: MongoServer, documents: MongoDocuments
) -> None:
    claim = claim_that(is_followed=False)
    assert documents.write([Change(None, claim)]) == [True]

    with mongo_server.failing(["delete"], times=1, closeConnection=True):  # after the document was added
        assert documents.write([Change(claim, finished(claim))]) == [True]

    assert documents.get("anna", "a1") == finished(claim)
    assert claims_in(documents) == []
