"""What every store of documents promises, asked of each on a real one.

A store's test module subclasses ``DocumentsContract`` and gives it a ``documents`` fixture, and ``others``, a second
connection to the same store as another process has it.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.asset import Asset, Generation, Pending, Rendition, StoredFile, Version, Work
from audiotui.documents.base import Change, Wanted
from audiotui.documents.encoding import generation_hash
from audiotui.documents.grouped import GroupedWrites
from audiotui.model import MediaFacts
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from audiotui.documents.base import Documents

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stored_file(key: str = "anna/u1/audio/a1.wav", size: int = 12_345) -> StoredFile:
    """What a document says of a sound in the storage; nothing is stored."""
    return StoredFile("audio-assets", key, size, "ab" * 32, MediaFacts("wav", 2.5, 24_000, 1, "PCM_16"))


def asset(customer: str = "anna", asset_id: str = "a1", **fields: Any) -> Asset:
    """An asset with one version; ``text``, ``voice``, ``user`` and ``minute`` are shortcuts."""
    minute = NOON + timedelta(minutes=fields.pop("minute", 0))
    user = fields.pop("user", "u1")
    generation = Generation(
        text=fields.pop("text", "Hello world"),
        voice=fields.pop("voice", "af_bella"),
        model="kokoro-82m",
        parameters=fields.pop("parameters", {"seed": 7, "mix": ["a", {"b": None}]}),
    )
    version = Version(
        number=1,
        user_id=user,
        file=stored_file(f"{customer}/{user}/audio/{asset_id}.wav"),
        generation=generation,
        fingerprint="cd" * 32,
        created_at=minute,
        source_url="http://speech:3000/temp/x.wav",
        declared_duration_s=2.5,
    )
    return Asset(customer, asset_id, minute, minute, **{"versions": (version,), **fields})


def pending(work: Work = Work.SAVE) -> Pending:
    """The claim of a work that has begun and is not over."""
    return Pending("t0k3n", work, "owner", NOON, {"audio_url": "/temp/x.wav"}, stored_file())


def put(documents: Documents, *assets: Asset) -> None:
    """Add documents of assets that are not there yet."""
    assert documents.write([Change(None, one) for one in assets]) == [True] * len(assets)


class DocumentsContract:
    """All promises."""

    @pytest.fixture
    def documents(self) -> Documents:
        """The store under test, empty."""
        raise NotImplementedError

    @pytest.fixture
    def others(self) -> Documents:
        """The same store, as another process has it."""
        raise NotImplementedError

    def test_a_document_comes_back_as_it_went(self, documents: Documents, others: Documents) -> None:
        whole = asset(
            folder="greetings/short",
            tags=("test", "Grüße 👋"),
            text="Zero\0 and\nlines, “quotes”, $where, a.b",
            renditions=(Rendition("mp3", 1, stored_file("anna/u1/audio/a1.copy.mp3"), NOON),),
            pending=pending(),
            cleanup=("x.wav",),
            is_unsynced=True,
        )

        put(documents, whole)

        assert others.get("anna", "a1") == whole
        assert others.get_many([("anna", "a1"), ("anna", "none")]) == {("anna", "a1"): whole}

    def test_what_is_not_there_is_none(self, documents: Documents) -> None:
        assert documents.get("anna", "a1") is None
        assert documents.get_many([]) == {}

    def test_an_asset_without_a_version_is_kept_but_never_found(self, documents: Documents) -> None:
        begun = Asset("anna", "a1", NOON, NOON, pending=pending())

        put(documents, begun)

        assert documents.get("anna", "a1") == begun
        assert documents.find(Wanted(customer_id="anna"), limit=10) == []
        assert documents.totals(Wanted(customer_id="anna")).count == 0

    def test_a_second_document_of_the_same_id_is_refused(self, documents: Documents, others: Documents) -> None:
        put(documents, asset())

        made = others.write([Change(None, asset(text="other"))])

        assert made == [False]
        assert documents.get("anna", "a1") == asset()

    def test_ids_are_unique_for_each_customer_only(self, documents: Documents) -> None:
        put(documents, asset("anna"), asset("ben"))

        assert documents.get("ben", "a1") == asset("ben")

    def test_a_write_that_expects_what_is_gone_has_no_effect(self, documents: Documents, others: Documents) -> None:
        first = asset()
        put(documents, first)
        mine, theirs = first.changed(NOON, folder="mine"), first.changed(NOON, folder="theirs")

        assert others.write([Change(first, theirs)]) == [True]
        assert documents.write([Change(first, mine)]) == [False]

        assert documents.get("anna", "a1") == theirs

    def test_a_change_that_is_there_already_counts_as_made(self, documents: Documents, others: Documents) -> None:
        first = asset()
        second = first.changed(NOON, folder="moved")

        for change in (Change(None, first), Change(first, second), Change(second, None)):
            assert documents.write([change]) == [True]
            assert others.write([change]) == [True]

        assert documents.get("anna", "a1") is None

    def test_removing_expects_what_was_read_too(self, documents: Documents) -> None:
        first = asset()
        put(documents, first)
        second = first.changed(NOON, folder="moved")
        documents.write([Change(first, second)])

        assert documents.write([Change(first, None)]) == [False]
        assert documents.write([Change(second, None)]) == [True]

        assert documents.get("anna", "a1") is None

    def test_what_was_removed_and_saved_again_is_another_asset(self, documents: Documents, others: Documents) -> None:
        former, latter = asset(), asset(minute=1)
        put(documents, former)
        documents.write([Change(former, None)])
        put(documents, latter)

        assert others.write([Change(former, former.changed(NOON, folder="former"))]) == [False]
        assert others.write([Change(former, None)]) == [False]

        assert documents.get("anna", "a1") == latter

    def test_of_several_changes_each_has_its_own_answer(self, documents: Documents) -> None:
        there = asset(asset_id="a1")
        put(documents, there, asset(asset_id="a2"))

        made = documents.write(
            [
                Change(there, there.changed(NOON, folder="new")),
                Change(None, asset(asset_id="a2", text="other")),
                Change(None, asset(asset_id="a3")),
                Change(asset(asset_id="a4"), asset(asset_id="a4").changed(NOON)),
            ]
        )

        assert made == [True, False, True, False]

    def test_of_many_who_write_one_document_at_once_one_wins(self, documents: Documents, others: Documents) -> None:
        put(documents, asset())
        together = threading.Barrier(8)

        def write(number: int) -> bool:
            together.wait(PATIENCE_S)
            store = (documents, others)[number % 2]
            [made] = store.write([Change(asset(), asset().changed(NOON, folder=f"writer-{number}"))])
            return made

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(write, range(8)))

        assert sum(won) == 1
        stored = documents.get("anna", "a1")
        assert stored is not None
        assert stored.folder == f"writer-{won.index(True)}"

    def test_lists_are_newest_first_and_paged(self, documents: Documents) -> None:
        put(documents, *(asset(asset_id=f"a{minute}", minute=minute) for minute in range(5)))
        wanted = Wanted(customer_id="anna")

        assert [one.asset_id for one in documents.find(wanted, limit=2)] == ["a4", "a3"]
        assert [one.asset_id for one in documents.find(wanted, limit=2, offset=4)] == ["a0"]
        assert documents.find(wanted, limit=0) == []

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"user_id": "u2"}, ["a2"]),
            ({"folder": "greetings"}, ["a3", "a2"]),
            ({"folder": "greet"}, []),
            ({"folder": ""}, ["a3", "a2", "a1"]),
            ({"folder": "greetings", "tag": "test", "user_id": "u2", "voice": "af_bella"}, ["a2"]),
            ({"folder": "greetings/short"}, ["a3"]),
            ({"folder": "greet.*"}, []),
            ({"tag": "test"}, ["a2", "a1"]),
            ({"tag": "tes"}, []),
            ({"voice": "bm_george"}, ["a3"]),
            ({"text": "HELLO"}, ["a2", "a1"]),
            ({"text": "lo   wor"}, ["a1"]),
            ({"text": ".*"}, []),
            ({"text": "%"}, []),
            ({"text": "GRÜSSE"}, ["a3"]),
            ({"tag": "test", "text": "there"}, ["a2"]),
        ],
    )
    def test_a_search_finds_what_fits(self, documents: Documents, filters: dict[str, str], found: list[str]) -> None:
        put(
            documents,
            asset(asset_id="a1", minute=1, tags=("test", "demo")),
            asset(asset_id="a2", minute=2, user="u2", folder="greetings", tags=("test",), text="Hello there"),
            asset(asset_id="a3", minute=3, folder="greetings/short", voice="bm_george", text="Viele Grüße"),
            asset("ben", "a4", minute=4, tags=("test",), folder="greetings"),
        )
        wanted = Wanted(customer_id="anna", **filters)  # type: ignore[arg-type]

        assert [one.asset_id for one in documents.find(wanted, limit=10)] == found
        assert documents.totals(wanted).count == len(found)

    def test_a_generation_is_found_again_by_all_it_was_made_with(self, documents: Documents) -> None:
        one, other = asset(asset_id="a1"), asset(asset_id="a2", parameters={"seed": 8})
        put(documents, one, other, asset("ben", "a3"))

        wanted = Wanted(customer_id="anna", generation_hash=generation_hash(one.current.generation))

        assert documents.find(wanted, limit=10) == [one]

    def test_what_is_deleted_is_left_out_or_asked_for(self, documents: Documents) -> None:
        put(documents, asset(asset_id="a1"), asset(asset_id="a2", is_deleted=True))

        def ids(wanted: Wanted) -> set[str]:
            return {one.asset_id for one in documents.find(wanted, limit=10)}

        assert ids(Wanted(customer_id="anna")) == {"a1"}
        assert ids(Wanted(customer_id="anna", is_deleted=True)) == {"a2"}
        assert ids(Wanted(customer_id="anna", is_deleted=None)) == {"a1", "a2"}

    def test_no_query_crosses_customers(self, documents: Documents) -> None:
        put(documents, asset("anna", "a1"), asset("ben", "b1"))

        assert documents.get("anna", "b1") is None
        assert [one.asset_id for one in documents.find(Wanted(customer_id="ben"), limit=9)] == ["b1"]

    def test_totals_count_every_file_of_an_asset(self, documents: Documents) -> None:
        put(documents, asset(renditions=(Rendition("mp3", 1, stored_file("k.mp3", size=55), NOON),)))

        totals = documents.totals(Wanted(customer_id="anna"))

        assert (totals.count, totals.size_bytes) == (1, 12_400)

    def test_unfinished_work_is_found_whoever_has_it(self, documents: Documents) -> None:
        put(
            documents,
            asset("anna", "done"),
            asset("anna", "saved", pending=pending()),
            asset("ben", "cleaned", cleanup=("x.wav",)),
            asset("cara", "told", is_unsynced=True),
            asset("cara", "purged", pending=pending(Work.PURGE)),
        )

        assert {one.asset_id for one in documents.unfinished()} == {"saved", "cleaned", "told", "purged"}

    def test_everything_is_gone_through_page_by_page(self, documents: Documents, monkeypatch: Any) -> None:
        monkeypatch.setattr(f"{type(documents).__module__}.PAGE", 3)
        put(documents, *(asset("anna", f"a{number}") for number in range(7)), asset("ben", "a0"))

        ids = [(one.customer_id, one.asset_id) for one in documents.everything()]

        assert sorted(ids) == sorted([("anna", f"a{number}") for number in range(7)] + [("ben", "a0")])
        assert len(set(ids)) == 8

    def test_writes_of_many_threads_go_together_and_keep_apart(self, documents: Documents) -> None:
        writes = GroupedWrites(documents)

        def add(number: int) -> bool:
            one = asset(asset_id=f"a{number % 20}", folder=f"by-{number}")
            return writes.write(Change(None, one))

        with ThreadPoolExecutor(16) as pool:
            made = list(pool.map(add, range(60)))

        assert sum(made) == 20
        assert documents.totals(Wanted(customer_id="anna")).count == 20

    def test_a_store_is_known_again_by_its_identity(self, documents: Documents, others: Documents) -> None:
        identity = documents.identity()

        assert identity
        assert others.identity() == documents.identity() == identity

    def test_the_store_can_be_used_again_after_it_was_closed(self, documents: Documents) -> None:
        put(documents, asset())
        documents.close()

        documents.ping()

        assert documents.get("anna", "a1") == replace(asset())
