"""What MongoDB refuses for good is told with its reason, and with what to do about it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.base import Change
from audiotui.documents.mongo import MongoDocuments
from audiotui.errors import DatabaseFailed
from audiotui.model import SecretStr
from tests.contracts.documents import NOON, asset, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.asset import Asset
    from tests.servers.mongo import MongoServer

LONG = {"prompt": "x" * 250_000}

MANY = 68
"""Versions with so long parameters are more than 16 MB."""


@pytest.fixture
def documents(mongo_server: MongoServer) -> Iterator[MongoDocuments]:
    with MongoDocuments(SecretStr(mongo_server.address(f"t{uuid.uuid4().hex}")), sleep=lambda _: None) as documents:
        yield documents


def too_large(before: Asset) -> Asset:
    """The asset with many versions."""
    long = replace(before.current, generation=replace(before.current.generation, parameters=LONG))
    return before.changed(NOON, versions=tuple(replace(long, number=number) for number in range(1, MANY + 1)))


def refused(documents: MongoDocuments, *changes: Change) -> DatabaseFailed:
    with pytest.raises(DatabaseFailed) as caught:
        documents.write(changes)
    assert not caught.value.retryable
    return caught.value


def test_a_document_that_grew_too_large_is_told_as_such(documents: MongoDocuments) -> None:
    put(documents, asset())

    error = refused(documents, Change(asset(), too_large(asset())))

    assert error.message.endswith("the document is larger than the 16 MB that MongoDB takes.")
    assert "under another asset id" in error.hint


@pytest.mark.parametrize("characters", [17_000_000, 50_000_000], ids=["by the server", "by the driver"])
def test_a_document_that_was_always_too_large_is_told_as_such(documents: MongoDocuments, characters: int) -> None:
    error = refused(documents, Change(None, asset(parameters={"prompt": "x" * characters})))

    assert error.message.endswith("the document is larger than the 16 MB that MongoDB takes.")
    assert error.__cause__ is not None


@pytest.mark.parametrize("before", [None, asset()], ids=["new", "changed"])
def test_a_document_of_another_form_is_told_as_such(documents: MongoDocuments, before: Asset | None) -> None:
    odd: Any = None
    if before is not None:
        put(documents, before)

    error = refused(documents, Change(before, replace(asset(), revision=2, folder=odd, versions=())))

    assert error.message.endswith("the document is not of the form that the database asks for.")
    assert "Check that the server runs" not in error.hint


def test_what_is_refused_is_told_rather_than_a_duplicate_beside_it(documents: MongoDocuments) -> None:
    put(documents, asset(asset_id="a0"))
    twin = replace(asset(asset_id="a1"), versions=asset(asset_id="a0").versions)

    error = refused(documents, Change(None, twin), Change(None, too_large(asset(asset_id="a2"))))

    assert "larger than the 16 MB" in error.message
