"""What looks and moves of copies write: only where the catalog still believes what it did before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog.looks import Belief, CopyToMove, Look
from audiotui.errors import CatalogNotDurable, SearchInterrupted
from audiotui.model import Copy, CopyState, CopyUpdate, NewCopy, NewFile, NewRecording, VerifyLevel

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog


@pytest.fixture
def copies(catalog: Catalog) -> list[Copy]:
    """The copies of one file, in two locations."""
    for name in ("local", "archive"):
        catalog.ensure_location(name, "local", name)
    places = tuple(NewCopy(name, "ab/file.wav") for name in ("local", "archive"))
    file = NewFile(kind="audio", original_name="file.wav", size_bytes=3, sha256="0" * 64, copies=places)
    catalog.add_recordings([(NewRecording(text="hello"), [file])])
    return read(catalog)


def read(catalog: Catalog) -> list[Copy]:
    """The copies as the catalog has them now."""
    return [copy for copies in catalog.copies_of(range(1, 9)).values() for copy in copies]


def to_trash(copy: Copy, kept: Copy) -> CopyToMove:
    """The move that a drop makes."""
    return CopyToMove(
        copy.id,
        Belief.of(copy),
        f".trash/{copy.key}",
        CopyState.TRASHED,
        kept=((kept.id, Belief.of(kept)),),
        least_kept=1,
    )


def test_a_look_is_written_down_with_its_proof(catalog: Catalog, copies: list[Copy]) -> None:
    look = Look(copies[1].id, Belief.of(copies[1]), CopyState.PRESENT, VerifyLevel.READ_BACK, etag="new")

    assert catalog.note_looks([look]) == [True]

    after = read(catalog)[1]
    assert (after.state, after.verify_level, after.etag) == (CopyState.PRESENT, VerifyLevel.READ_BACK, "new")


def test_a_look_at_what_was_stored_anew_meanwhile_says_nothing(catalog: Catalog, copies: list[Copy]) -> None:
    stored = CopyUpdate(copies[1].file_id, "archive", copies[1].key, 3, verify_level=VerifyLevel.READ_BACK, etag="anew")
    catalog.put_copies([stored])

    held = catalog.note_looks([Look(copies[1].id, Belief.of(copies[1]), CopyState.DAMAGED)])

    assert held == [False]
    assert read(catalog)[1].state is CopyState.PRESENT


def test_a_weaker_look_keeps_the_stronger_proof(catalog: Catalog, copies: list[Copy]) -> None:
    before = read(catalog)[0]

    assert catalog.note_looks([Look(before.id, Belief.of(before), CopyState.PRESENT, VerifyLevel.SIZE)]) == [True]

    after = read(catalog)[0]
    assert (after.verify_level, after.verified_at) == (before.verify_level, before.verified_at)


@pytest.mark.parametrize(
    ("level", "etag", "clears"),
    [
        (VerifyLevel.SIZE, "proven", False),
        (VerifyLevel.SIZE, "another", False),
        (VerifyLevel.STORAGE_SUM, "proven", False),
        (VerifyLevel.STORAGE_SUM, "another", True),
        (VerifyLevel.READ_BACK, "proven", True),
    ],
)
def test_damage_is_cleared_by_a_reading_or_by_a_sum_of_another_version_alone(
    catalog: Catalog, copies: list[Copy], level: VerifyLevel, etag: str, clears: bool
) -> None:
    proven = CopyUpdate(
        copies[1].file_id, "archive", copies[1].key, 3, verify_level=VerifyLevel.READ_BACK, etag="proven"
    )
    catalog.put_copies([proven])
    catalog.set_copy_state(copies[1].id, CopyState.DAMAGED)
    before = read(catalog)[1]

    held = catalog.note_looks([Look(before.id, Belief.of(before), CopyState.PRESENT, level, etag)])

    assert held == [clears]
    assert read(catalog)[1] == before or clears
    assert (read(catalog)[1].state is CopyState.PRESENT) is clears


def test_bytes_that_were_stored_anew_need_no_reading_to_be_right_again(catalog: Catalog, copies: list[Copy]) -> None:
    catalog.set_copy_state(copies[1].id, CopyState.DAMAGED)
    before = read(catalog)[1]
    look = Look(before.id, Belief.of(before), CopyState.PRESENT, VerifyLevel.STORAGE_SUM, is_stored_anew=True)

    assert catalog.note_looks([look]) == [True]
    assert read(catalog)[1].state is CopyState.PRESENT


def test_of_two_moves_that_rely_on_each_other_the_second_is_refused(catalog: Catalog, copies: list[Copy]) -> None:
    local, archive = copies

    assert catalog.move_copies([to_trash(local, archive)]) == [True]
    assert catalog.move_copies([to_trash(archive, local)]) == [False]

    assert [copy.state for copy in read(catalog)] == [CopyState.TRASHED, CopyState.PRESENT]


def test_a_move_is_refused_if_the_copy_or_the_kept_one_changed(catalog: Catalog, copies: list[Copy]) -> None:
    local, archive = copies
    catalog.set_copy_state(archive.id, CopyState.DAMAGED)

    assert catalog.move_copies([to_trash(local, archive)]) == [False]
    assert catalog.move_copies([to_trash(archive, local)]) == [False]


def test_a_move_to_a_key_that_is_taken_is_refused(catalog: Catalog, copies: list[Copy]) -> None:
    local, _ = copies
    taken = f".trash/{local.key}"
    catalog.put_copies([CopyUpdate(local.file_id, "local", taken, 3)])

    assert catalog.move_copies([CopyToMove(local.id, Belief.of(local), taken, CopyState.TRASHED)]) == [False]
    assert catalog.copy_at("local", local.key) is not None


def test_a_location_that_had_copies_once_was_used_for_ever(catalog: Catalog, copies: list[Copy]) -> None:
    catalog.ensure_location("nas", "local", "nas")
    assert not catalog.was_used("nas")
    assert catalog.was_used("archive")

    catalog.delete_copies([copies[1].id])

    assert catalog.was_used("archive")


def test_numbers_of_copies_tell_states_apart(catalog: Catalog, copies: list[Copy]) -> None:
    catalog.set_copy_state(copies[1].id, CopyState.MISSING)
    catalog.ensure_location("nas", "local", "nas")

    counts = catalog.copy_counts()

    assert (counts["local"].present, counts["local"].present_bytes) == (1, 3)
    assert (counts["archive"].present, counts["archive"].missing) == (0, 1)
    assert counts["nas"].present == 0


def test_counting_copies_stops_when_nobody_waits_for_it_any_more(catalog: Catalog, copies: list[Copy]) -> None:
    assert copies
    nobody_waits = threading.Event()
    nobody_waits.set()

    with pytest.raises(SearchInterrupted):
        catalog.copy_counts(cancel=nobody_waits)


def test_facts_about_a_location_do_not_push_each_other_out(catalog: Catalog, copies: list[Copy]) -> None:
    catalog.set_probe("archive", {"check": {"state": "ok"}})
    catalog.set_probe("archive", {"scan": {"unknown": 3}})

    known = catalog.location("archive")
    assert known is not None
    assert known.probe == {"check": {"state": "ok"}, "scan": {"unknown": 3}}


def test_a_copy_is_forgotten_only_while_the_catalog_believes_the_same_of_it(
    catalog: Catalog, copies: list[Copy]
) -> None:
    before = Belief.of(copies[1])
    catalog.set_copy_state(copies[1].id, CopyState.MISSING)
    assert not catalog.forget_copy(copies[1].id, before)
    assert len(read(catalog)) == 2

    assert catalog.forget_copy(copies[1].id, before._replace(state=CopyState.MISSING.value))

    assert len(read(catalog)) == 1


def test_what_is_damaged_has_no_proof_any_more_wherever_it_is_moved(catalog: Catalog, copies: list[Copy]) -> None:
    proven = CopyUpdate(copies[1].file_id, "archive", copies[1].key, 3, verify_level=VerifyLevel.READ_BACK)
    catalog.put_copies([proven])
    local, there = read(catalog)
    catalog.note_looks([Look(there.id, Belief.of(there), CopyState.DAMAGED)])

    assert catalog.move_copies([to_trash(read(catalog)[1], local)]) == [True]

    after = read(catalog)[1]
    assert (after.state, after.verify_level, after.verified_at) == (CopyState.TRASHED, VerifyLevel.NONE, None)


def test_moves_that_a_power_cut_could_take_back_are_not_made(catalog: Catalog, copies: list[Copy]) -> None:
    catalog.database.use_write_ahead_log()
    catalog.set_copy_state(copies[0].id, CopyState.PRESENT)  # so that there is a log
    local, there = read(catalog)
    log = catalog.database.path.with_name(f"{catalog.database.path.name}-wal")
    aside = log.rename(log.with_name("aside"))
    log.symlink_to("/dev/null")  # which cannot be synced

    with pytest.raises(CatalogNotDurable):
        catalog.move_copies([to_trash(there, local)])
    aside.replace(log)

    assert read(catalog) == [local, there]
