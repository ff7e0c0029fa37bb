"""Copies and locations, as the code that moves bytes writes them down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.core.facets import id_token
from audiotui.errors import AlreadyExists, InvalidInput
from audiotui.model import Copy, CopyState, CopyUpdate, VerifyLevel
from tests.core.samples import add, current, found, new_file, read

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from tests.core.conftest import Clock


def file_id(catalog: Catalog, content: str) -> int:
    file = current(read(catalog, add(catalog, content, new_file(content))))
    assert file is not None
    return file.id


def pushed(number: int, key: str = "k", **values: Any) -> CopyUpdate:
    defaults = {"location": "archive", "key": key, "size_bytes": 5, "verify_level": VerifyLevel.READ_BACK}
    return CopyUpdate(number, **{**defaults, **values})


def copy_at(catalog: Catalog, key: str = "k") -> Copy:
    copy = catalog.copy_at("archive", key)
    assert copy is not None
    return copy


def test_what_became_known_of_a_copy_comes_back(catalog: Catalog) -> None:
    number = file_id(catalog, "a")
    when = datetime(2025, 1, 2, tzinfo=UTC)

    catalog.put_copies([pushed(number, verified_at=when, etag='"e"', managed=False)])

    copy = copy_at(catalog)
    assert (copy.file_id, copy.location, copy.key, copy.managed) == (number, "archive", "k", False)
    assert (copy.verify_level, copy.verified_at, copy.etag) == (VerifyLevel.READ_BACK, when, '"e"')
    assert catalog.copies_of([number, 999])[number][1] == copy


def test_the_same_report_again_changes_nothing(catalog: Catalog, clock: Clock) -> None:
    number = file_id(catalog, "a")
    update = pushed(number, verified_at=datetime(2025, 1, 2, tzinfo=UTC))
    catalog.put_copies([update, update])
    before = copy_at(catalog)
    clock.now_ms += 1000

    catalog.put_copies([update])

    assert copy_at(catalog) == before
    assert len(catalog.copies_of([number])[number]) == 2


def test_a_weaker_proof_does_not_replace_a_stronger_one(catalog: Catalog, clock: Clock) -> None:
    number = file_id(catalog, "a")
    catalog.put_copies([pushed(number)])
    proven = copy_at(catalog)
    clock.now_ms += 1000

    catalog.put_copies([pushed(number, verify_level=VerifyLevel.SIZE)])
    assert copy_at(catalog) == proven
    catalog.put_copies([pushed(number)])
    assert copy_at(catalog).verified_at == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_the_proof_of_a_copy_that_was_lost_does_not_come_back_with_it(catalog: Catalog) -> None:
    number = file_id(catalog, "a")
    catalog.put_copies([pushed(number)])
    catalog.put_copies([pushed(number, state=CopyState.MISSING, verify_level=VerifyLevel.NONE)])

    catalog.put_copies([pushed(number, verify_level=VerifyLevel.SIZE)])

    copy = copy_at(catalog)
    assert (copy.state, copy.verify_level) == (CopyState.PRESENT, VerifyLevel.SIZE)


def test_a_present_copy_of_another_file_is_never_replaced(catalog: Catalog) -> None:
    first, second, third = (file_id(catalog, name) for name in "abc")
    catalog.put_copies([pushed(first)])

    with pytest.raises(AlreadyExists) as caught:
        catalog.put_copies([pushed(third, "free"), pushed(second)])

    assert (caught.value.location, caught.value.key) == ("archive", "k")
    assert catalog.recordings_by_ids([1])[0].uid in caught.value.message
    assert copy_at(catalog).file_id == first
    assert catalog.copy_at("archive", "free") is None


def test_a_copy_at_a_location_that_was_never_opened_is_refused(catalog: Catalog) -> None:
    number = file_id(catalog, "a")

    with pytest.raises(InvalidInput, match="nowhere"):
        catalog.put_copies([pushed(number, location="nowhere")])


def test_a_copy_of_a_file_that_was_purged_meanwhile_is_left_out(catalog: Catalog) -> None:
    number, purged = file_id(catalog, "a"), file_id(catalog, "b")
    catalog.trash_recordings([2])
    catalog.purge_recordings([2])

    catalog.put_copies([pushed(purged, "gone"), pushed(number)])

    assert copy_at(catalog).file_id == number
    assert catalog.copy_at("archive", "gone") is None


def test_the_index_follows_copies_when_it_is_asked_to(catalog: Catalog) -> None:
    number = file_id(catalog, "a")
    token = f'"{id_token("at", catalog.locations()["archive"])}"'
    catalog.put_copies([pushed(number)])
    assert found(catalog, token) == []

    assert catalog.reindex_dirty() == 1

    assert found(catalog, token) == [1]
    assert catalog.reindex_dirty() == 0


def test_no_more_is_indexed_than_was_asked_for(catalog: Catalog) -> None:
    numbers = [file_id(catalog, str(n)) for n in range(5)]
    catalog.put_copies([pushed(number, f"k{number}") for number in numbers])

    assert [catalog.reindex_dirty(limit=2, pause_s=0) for _ in range(4)] == [2, 2, 1, 0]


def test_a_look_at_a_copy_is_written_down(catalog: Catalog, clock: Clock) -> None:
    number = file_id(catalog, "a")
    catalog.put_copies([pushed(number)])
    proven = copy_at(catalog)
    clock.now_ms += 1000

    catalog.set_copy_state(proven.id, CopyState.DAMAGED)
    assert copy_at(catalog) == replace(proven, state=CopyState.DAMAGED)
    catalog.set_copy_state(proven.id, CopyState.PRESENT, VerifyLevel.STORAGE_SUM)

    copy = copy_at(catalog)
    assert (copy.state, copy.verify_level) == (CopyState.PRESENT, VerifyLevel.STORAGE_SUM)
    assert copy.verified_at == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert catalog.reindex_dirty() == 1


def test_copies_that_are_gone_are_forgotten(catalog: Catalog) -> None:
    number = file_id(catalog, "a")
    catalog.put_copies([pushed(number)])
    assert catalog.has_copies_at("archive")

    catalog.delete_copies([copy_at(catalog).id])

    assert not catalog.has_copies_at("archive")
    assert [copy.location for copy in catalog.copies_of([number])[number]] == ["local"]


def test_copies_come_in_the_order_in_which_they_need_proof(catalog: Catalog, clock: Clock) -> None:
    numbers = [file_id(catalog, str(n)) for n in range(4)]
    for number in numbers[1:]:
        catalog.put_copies([pushed(number, f"k{number}")])
        clock.now_ms -= 1000
    catalog.put_copies([pushed(numbers[0], "never", verify_level=VerifyLevel.NONE)])
    catalog.put_copies([pushed(numbers[3], "gone", state=CopyState.MISSING)])

    keys = [copy.key for copy in catalog.oldest_verified("archive", 3)]

    assert keys == ["never", f"k{numbers[3]}", f"k{numbers[2]}"]


def test_files_are_read_by_their_ids(catalog: Catalog) -> None:
    numbers = [file_id(catalog, name) for name in "ab"]

    files = catalog.files_by_ids([numbers[1], 999])

    assert [(number, file.original_name) for number, file in files.items()] == [(numbers[1], "b.wav")]


def test_a_key_of_any_text_comes_back_as_it_was(catalog: Catalog) -> None:
    number = file_id(catalog, "a")

    catalog.put_copies([pushed(number, "caf\udce9/\ufdd0.wav")])

    assert copy_at(catalog, "caf\udce9/\ufdd0.wav").key == "caf\udce9/\ufdd0.wav"


def test_a_location_keeps_what_it_pointed_at_first_until_that_is_changed(catalog: Catalog) -> None:
    number = catalog.ensure_location("nas", "scp", "host:/a")
    assert catalog.ensure_location("nas", "scp", "host:/b") == number
    location = catalog.location("nas")
    assert location is not None
    assert (location.id, location.kind, location.fingerprint, location.probe) == (number, "scp", "host:/a", {})

    catalog.set_location_target("nas", "s3", "bucket")
    catalog.set_probe("nas", {"conditional_put": True})

    location = catalog.location("nas")
    assert location is not None
    assert (location.kind, location.fingerprint, location.probe) == ("s3", "bucket", {"conditional_put": True})
    assert catalog.locations() == {"local": 1, "archive": 2, "nas": number}
    assert catalog.location("unknown") is None


def test_a_location_that_is_not_known_or_has_no_name_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        catalog.set_probe("nowhere", {})
    with pytest.raises(InvalidInput, match="needs a name"):
        catalog.ensure_location("", "local", "")
