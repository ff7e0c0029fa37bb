"""A document that another program has made into none of ours is told, and is no trouble for the other assets."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pymongo import MongoClient

from audiotui.core.database import sqlite3
from audiotui.errors import UnreadableDocument
from audiotui.library.reconciling import Reconciler, Trouble
from tests.contracts.service_suite import ASSET, CUSTOMER, call, keys_in, read
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

OTHER = "other-asset"

CHANGES: dict[str, tuple[str, Any]] = {
    "no pending": ("pending", None),
    "no cleanup": ("cleanup", None),
    "versions of another form": ("versions", [{"number": "one"}]),
    "a time that is none": ("created_at", "yesterday"),
    "no word of the catalog": ("is_unsynced", None),
}
"""A field that is left out, or what another program writes there."""


@pytest.fixture(params=["catalog", "MongoDB"])
def config(request: pytest.FixtureRequest) -> Path:
    """The configuration of a service."""
    names = {"catalog": "embedded_config", "MongoDB": "servers_config"}
    path: Path = request.getfixturevalue(names[request.param])
    return path


@pytest.fixture
def service(services: Callable[[Path], AudioLibraryService], config: Path, server: SpeechServer) -> AudioLibraryService:
    """A service with two assets."""
    made = services(config)
    for name, asset_id in (("one.wav", ASSET), ("two.wav", OTHER)):
        server.put(name, wav(seconds=0.3))
        made.save_audio_to_library(**call(asset_id=asset_id, audio_url=f"/temp/{name}"))
    made.settle()
    return made


def change(config: Path, name: str, value: Any) -> None:
    """Do to the first asset's document what another program might: leave a field out, or write something else there."""
    address = yaml.safe_load(config.read_text())["audio_manager"]["library"].get("documents", "")
    if not address:
        how = "json_remove(document, ?)" if value is None else "json_set(document, ?, json(?))"
        given = (f"$.{name}",) if value is None else (f"$.{name}", json.dumps(value))
        with closing(sqlite3.connect(config.parent / "library.db")) as catalog, catalog:
            made = catalog.execute(f"UPDATE assets SET document = {how} WHERE asset_id = ?", (*given, ASSET))
            assert made.rowcount == 1
        return
    with MongoClient[dict[str, Any]](address) as client:
        update = {"$unset": {name: ""}} if value is None else {"$set": {name: value}}
        made_there = client.get_default_database()["audio_assets"].update_one(
            {"asset_id": ASSET}, update, bypass_document_validation=True
        )
        assert made_there.modified_count == 1


@pytest.fixture(params=CHANGES)
def broken(request: pytest.FixtureRequest, service: AudioLibraryService, config: Path) -> AudioLibraryService:
    """The service after one of its documents was changed."""
    change(config, *CHANGES[request.param])
    return service


def test_the_other_assets_are_listed_and_upkeep_goes_on(broken: AudioLibraryService) -> None:
    assert [one.asset_id for one in broken.list_assets(customer_id=CUSTOMER)] == [OTHER]
    assert read(broken, OTHER)
    assert broken.resume().failures == []


def test_asking_for_it_says_what_is_wrong_and_what_to_do(broken: AudioLibraryService) -> None:
    with pytest.raises(UnreadableDocument, match=f"{CUSTOMER}/{ASSET}") as caught:
        broken.get_asset(ASSET, customer_id=CUSTOMER)

    assert not caught.value.retryable
    assert "backup" in caught.value.hint


def test_reconcile_reports_it_and_leaves_its_file_alone(broken: AudioLibraryService) -> None:
    before = keys_in(broken)
    machine = broken._open()
    reconciler = Reconciler(machine.parts, machine.renderer, machine.background, grace=timedelta(0))

    [told] = reconciler.run(repair=True)

    assert (told.trouble, told.customer_id, told.asset_id) == (Trouble.UNREADABLE, CUSTOMER, ASSET)
    assert not told.is_repaired
    assert keys_in(broken) == before
    assert len(before) == 2


def test_saving_it_again_is_refused_and_another_save_is_not(broken: AudioLibraryService, server: SpeechServer) -> None:
    server.put("new.wav", wav(seconds=0.3))
    calls = [call(audio_url="/temp/new.wav"), call(asset_id="a-third", audio_url="/temp/new.wav")]

    results = {one.asset_id: one.error for one in broken.save_many(calls)}

    assert isinstance(results[ASSET], UnreadableDocument)
    assert results["a-third"] is None
