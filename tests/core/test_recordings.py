"""Finding recordings by id and text, and editing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui.core.catalog.base import EDITED_AT_ONCE, SETTLED_ROWS
from audiotui.core.index import SETTLING_PAGES, merge
from audiotui.core.search import open_searcher
from audiotui.errors import AmbiguousId, IdentityNotFound, InvalidInput, RecordingNotFound
from audiotui.model import NewRecording
from tests.core.samples import add, found, index_words, new_file, read, skip_to_next_stretch

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from tests.core.conftest import Clock

UID = "12345678-1234-5678-1234-567812345678"


@pytest.mark.parametrize(
    "typed", [UID, UID.upper(), UID.replace("-", ""), "1234", "123456781", "12345678-", " 12345678-12 ", "1-2-3-4"]
)
def test_a_recording_is_found_by_the_beginning_of_its_id(catalog: Catalog, typed: str) -> None:
    row_id = add(catalog, "x", uid=UID)
    add(catalog, "y", uid=f"2{UID[1:]}")

    assert catalog.resolve_recording(typed) == row_id
    assert catalog.recording(typed).uid == UID


@pytest.mark.parametrize("typed", ["", "123", "zzzz", "9999", f"{UID}0", "%", "1234%", "1234_", "'; DROP TABLE"])
def test_an_id_that_no_recording_has_is_refused(catalog: Catalog, typed: str) -> None:
    add(catalog, "x", uid=UID)

    with pytest.raises(RecordingNotFound) as caught:
        catalog.resolve_recording(typed)

    assert caught.value.hint


def test_an_id_that_several_recordings_have_is_refused_with_their_ids(catalog: Catalog) -> None:
    uids = [f"12345678-000{n}-4000-8000-000000000000" for n in range(5)]
    for uid in uids:
        add(catalog, "x", uid=uid)

    with pytest.raises(AmbiguousId) as caught:
        catalog.resolve_recording("123456780")

    assert f"{', '.join(uids[:3])}, …" in caught.value.message
    assert catalog.recording(uids[0][:13]).uid == uids[0]


def test_recordings_are_found_by_id_whenever_they_were_added(catalog: Catalog) -> None:
    uids = [f"12345678-000{n}-4000-8000-000000000000" for n in range(3)]
    ids = []
    for uid in uids:
        ids.append(add(catalog, "x", new_file(uid), uid=uid))
        skip_to_next_stretch(catalog)

    assert [row_id >> 14 for row_id in ids] == [0, 1, 2]
    assert [catalog.resolve_recording(uid) for uid in uids] == ids
    assert catalog.files_by_uids(uids).keys() == set(uids)
    with open_searcher(catalog.database.path) as searcher:
        assert list(searcher.ids("id:12345678")) == ids[::-1]
        assert list(searcher.ids(f"x id:{uids[1]}")) == [ids[1]]
    with pytest.raises(AmbiguousId) as caught:
        catalog.resolve_recording("123456780")
    assert ", ".join(uids) in caught.value.message


def test_a_recording_in_the_trash_is_found_only_when_asked_for(catalog: Catalog) -> None:
    trashed = add(catalog, "x", uid=UID)
    catalog.trash_recordings([trashed])

    with pytest.raises(RecordingNotFound, match="restore-recording"):
        catalog.resolve_recording("1234")
    with pytest.raises(RecordingNotFound):
        catalog.recording("1234", trashed=False)

    assert catalog.resolve_recording("1234", trashed=True) == trashed
    assert catalog.recording("1234").deleted_at is not None


def test_recordings_are_read_in_the_order_of_their_ids_without_those_that_are_gone(catalog: Catalog) -> None:
    ids = [add(catalog, text) for text in "abc"]

    recordings = catalog.recordings_by_ids([ids[2], 999, ids[0], ids[2]])

    assert [recording.text for recording in recordings] == ["c", "a", "c"]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("Hello world", "Hello world"), ("Hello  world\n", " Hello\tworld"), ("café", "cafe\u0301"), ("a\0b", "a\0b")],
)
def test_a_text_is_found_however_it_is_spaced_and_composed(catalog: Catalog, stored: str, asked: str) -> None:
    row_id = add(catalog, stored)

    assert catalog.find_exact_text(asked) == row_id


@pytest.mark.parametrize("asked", ["hello world", "Hello", "Hello world!", "", " "])
def test_another_text_is_not_the_same(catalog: Catalog, asked: str) -> None:
    add(catalog, "Hello world")
    add(catalog, "", new_file("a"))

    assert catalog.find_exact_text(asked) is None


def test_the_newest_recording_outside_the_trash_has_the_text(catalog: Catalog) -> None:
    first, second, third = (add(catalog, "same") for _ in range(3))
    catalog.trash_recordings([third])
    assert catalog.find_exact_text("same") == second

    catalog.edit_recordings([second], {"text": "other"})

    assert catalog.find_exact_text("same") == first
    assert catalog.find_exact_text("other") == second


def test_a_text_is_found_in_every_stretch_of_ids(catalog: Catalog) -> None:
    oldest = add(catalog, "first")
    catalog.database.connection().execute("UPDATE sqlite_sequence SET seq = 50000 WHERE name = 'recordings'")
    newest = add(catalog, "last")

    assert catalog.find_exact_text("first") == oldest
    assert catalog.find_exact_text("last") == newest > 50_000


def test_texts_with_the_same_hash_are_told_apart(catalog: Catalog) -> None:
    row_id = add(catalog, "right")
    connection = catalog.database.connection()
    add(catalog, "wrong")
    connection.execute("UPDATE recordings SET text_hash = (SELECT text_hash FROM recordings WHERE id = ?)", (row_id,))

    assert catalog.find_exact_text("right") == row_id


def test_every_field_can_be_changed(catalog: Catalog, clock: Clock) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "a")
    person, _ = catalog.add_user_identity("Ada")
    row_id = add(catalog, "old", tags=("x",), metadata={"old": 1})
    clock.now_ms += 5_000

    changed = catalog.edit_recordings(
        [row_id],
        {
            "text": "new",
            "title": "t",
            "folder": "/a/b",
            "verdict": "KEEP",
            "language": "de",
            "model": "m",
            "ai_generated": True,
            "session": "s",
            "rating": 5,
            "notes": "n",
            "generation": {"a": 1},
            "metadata": {"b": 2},
            "tags": ["q", "p"],
            "ai_identity_uid": voice[:8],
            "user_identity_uid": person,
        },
    )

    recording = read(catalog, row_id)
    assert changed == 1
    assert (recording.text, recording.title, recording.folder, recording.verdict) == ("new", "t", "a/b", "keep")
    assert (recording.language, recording.model, recording.ai_generated, recording.session) == ("de", "m", True, "s")
    assert (recording.rating, recording.notes, recording.tags) == (5, "n", ("p", "q"))
    assert (recording.generation, recording.metadata) == ({"a": 1}, {"b": 2})
    assert recording.ai_identity is not None
    assert recording.ai_identity.uid == voice
    assert recording.user_identity is not None
    assert recording.user_identity.uid == person
    assert (recording.updated_at - recording.created_at).total_seconds() == 5
    assert found(catalog, "new") == [row_id]
    assert found(catalog, "old") == []


def test_links_and_ratings_can_be_cleared(catalog: Catalog) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "a")
    row_id = add(catalog, "x", ai_identity_uid=voice, rating=3)

    catalog.edit_recordings([row_id], {"ai_identity_uid": None, "rating": None})

    recording = read(catalog, row_id)
    assert (recording.ai_identity, recording.rating) == (None, None)


def test_tags_are_added_and_removed_without_touching_the_others(catalog: Catalog) -> None:
    one, two = add(catalog, "1", tags=("a", "b")), add(catalog, "2", tags=("c",))

    catalog.edit_recordings([one, two], {}, add_tags=["c", " d "], remove_tags=["a", "missing"])

    assert read(catalog, one).tags == ("b", "c", "d")
    assert read(catalog, two).tags == ("c", "d")
    assert catalog.tags() == [("b", 1), ("c", 2), ("d", 2)]


def test_single_values_of_the_metadata_are_set_and_dropped(catalog: Catalog) -> None:
    row_id = add(catalog, "1", metadata={"keep": 1, "change": 2, "drop": 3})

    catalog.edit_recordings([row_id], {}, update_metadata={"change": [4], "new": None}, remove_metadata=["drop", "no"])

    assert read(catalog, row_id).metadata == {"keep": 1, "change": [4], "new": None}


def test_metadata_that_grows_too_big_is_refused(catalog: Catalog) -> None:
    row_id = add(catalog, "1", metadata={"a": "x" * 600_000})

    with pytest.raises(InvalidInput, match="characters"):
        catalog.edit_recordings([row_id], {}, update_metadata={"b": "x" * 600_000})

    assert list(read(catalog, row_id).metadata) == ["a"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rating": 6}, "rating"),
        ({"uid": UID}, "no field 'uid'"),
        ({"duration_s": 1.0}, "no field 'duration_s'"),
        ({"ai_identity_uid": 5}, "ai_identity_uid"),
        ({"tags": "x"}, "tags"),
        ({"deleted_at": None}, "no field"),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(catalog: Catalog, changes: dict[str, Any], reason: str) -> None:
    row_id = add(catalog, "x", title="before")
    before = read(catalog, row_id)

    with pytest.raises(InvalidInput, match=reason):
        catalog.edit_recordings([row_id], {"title": "after", **changes})

    assert read(catalog, row_id) == before


def test_an_edit_with_an_unknown_identity_is_refused(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    person, _ = catalog.add_user_identity("Ada")

    with pytest.raises(IdentityNotFound, match="AI identity"):
        catalog.edit_recordings([row_id], {"ai_identity_uid": person})


def test_an_edit_of_a_recording_that_was_purged_is_refused(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    catalog.trash_recordings([row_id])
    catalog.purge_recordings([row_id])

    with pytest.raises(RecordingNotFound, match="purged"):
        catalog.edit_recordings([row_id], {"title": "t"})


def test_what_is_the_same_already_is_not_changed(catalog: Catalog, clock: Clock) -> None:
    same, different = add(catalog, "x", title="t"), add(catalog, "y")
    before = read(catalog, same)
    clock.now_ms += 1000

    assert catalog.edit_recordings([same], {"title": "t"}) == 0
    assert catalog.history()[0].verb == "add"
    assert catalog.edit_recordings([same, different], {"title": "t"}) == 1

    assert read(catalog, same) == before
    assert catalog.history()[0].subjects == 1


def test_an_edit_of_many_is_one_action_and_in_the_search_index_when_it_returns(catalog: Catalog) -> None:
    uids = catalog.add_recordings((NewRecording(text=f"t{n}"), []) for n in range(EDITED_AT_ONCE + 300))
    ids = [catalog.resolve_recording(uid) for uid in uids]

    assert catalog.edit_recordings(ids, {"title": "together"}) == len(ids)

    assert found(catalog, "together") == ids
    assert [(change.verb, change.subjects) for change in catalog.history(1)] == [("edit", len(ids))]
    assert catalog.undo().subjects == len(ids)
    assert found(catalog, "together") == []
    assert catalog.check() == []


def test_after_a_bulk_of_edits_the_index_is_as_fast_as_it_gets(catalog: Catalog) -> None:
    with catalog.action("import"):
        for start in range(0, SETTLED_ROWS, 2_000):
            catalog.add_recordings((NewRecording(text=f"t{start + n}"), []) for n in range(2_000))
    with catalog.database.write() as connection:
        assert not merge(connection, SETTLING_PAGES)
    catalog.database.connection().execute("INSERT INTO dirty SELECT id FROM recordings")

    catalog.reindex_dirty(pause_s=0)

    with catalog.database.write() as connection:
        assert not merge(connection, SETTLING_PAGES)


def test_no_edit_of_any_kind_leaves_the_index_behind(catalog: Catalog) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "a")
    other, _ = catalog.add_ai_identity("kokoro", "b")
    row_id = add(catalog, "text", new_file("a"), tags=("x",))
    catalog.edit_recordings([row_id], {"ai_identity_uid": voice, "rating": 2, "folder": "f"}, add_tags=["y"])
    catalog.add_file(row_id, new_file("b"))
    catalog.remove_file(row_id, "audio")
    catalog.merge_identities(voice, other)
    catalog.edit_recordings([row_id], {"notes": "remark", "metadata": {"a": 1}})
    catalog.undo()
    before = index_words(catalog)

    catalog.rebuild_index()

    assert index_words(catalog) == before
