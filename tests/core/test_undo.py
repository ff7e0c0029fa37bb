"""Undo takes back exactly what an action did, or says why it does not; the history tells what was done."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiotui.core.catalog import Catalog
from audiotui.errors import CatalogError, InvalidInput, UndoConflict
from audiotui.model import CopyState, CopyUpdate
from tests.core.actions import ACTIONS, merge_voices, several_at_once, snapshot, stock, uid_of
from tests.core.samples import FLAC, add, digest, found, new_file, read

if TYPE_CHECKING:
    from tests.core.conftest import Clock


@pytest.fixture
def stocked(catalog: Catalog) -> Catalog:
    return stock(catalog)


@pytest.mark.parametrize("name", ACTIONS)
def test_undo_takes_an_action_back_whole(stocked: Catalog, clock: Clock, name: str) -> None:
    before = snapshot(stocked)
    clock.now_ms += 1000
    ACTIONS[name](stocked)
    assert snapshot(stocked) != before
    clock.now_ms -= 100_000  # the clock may jump

    change = stocked.undo()

    assert snapshot(stocked) == before
    assert change.undone_at is not None
    assert stocked.history()[0] == change
    assert stocked.check() == []


def test_undo_of_an_addition_moves_it_to_the_trash(stocked: Catalog) -> None:
    row_id = add(stocked, "added", new_file("added"))

    change = stocked.undo()

    assert (change.verb, change.summary) == ("add", 'added "added"')
    assert read(stocked, row_id).deleted_at is not None
    assert found(stocked, "added") == []
    assert len(read(stocked, row_id).files) == 1


def test_undo_of_several_edits_under_one_name_takes_all_of_them_back(stocked: Catalog) -> None:
    before = read(stocked, 1)
    several_at_once(stocked)
    assert (stocked.history()[0].verb, stocked.history()[0].subjects) == ("import", 6)

    stocked.undo()

    after = read(stocked, 1)
    imported = stocked.trashed()[0]
    assert (imported.text, imported.identity) == ("imported", "New")  # a restore needs the identity
    assert (after.title, after.rating) == (before.title, before.rating)
    assert len(after.files) == len(before.files) + 1
    assert found(stocked, "imported") == []


def test_actions_are_undone_one_after_the_other_newest_first(stocked: Catalog) -> None:
    states = [snapshot(stocked)]
    for name in ("tags", "edit", "merge-people", "trash", "remove-file", "delete-search"):
        ACTIONS[name](stocked)
        states.append(snapshot(stocked))

    for state in reversed(states[:-1]):
        stocked.undo()
        assert snapshot(stocked) == state


def test_nothing_is_undone_twice(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    catalog.edit_recordings([row_id], {"title": "t"})
    group = catalog.undo().group_id

    with pytest.raises(InvalidInput, match="undone before"):
        catalog.undo(group_id=group)
    catalog.undo()
    with pytest.raises(InvalidInput, match="nothing to undo"):
        catalog.undo()
    with pytest.raises(InvalidInput, match="there is none"):
        catalog.undo(group_id=999)


def test_a_recording_that_came_back_from_an_undone_addition_can_be_taken_back_again(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    catalog.undo()
    catalog.restore_recordings([row_id])
    assert found(catalog, "x") == [row_id]

    assert catalog.undo().verb == "restore"

    assert read(catalog, row_id).deleted_at is not None


def test_undo_can_be_limited_to_one_actor(catalog: Catalog, tmp_path: Path) -> None:
    row_id = add(catalog, "x")
    with Catalog(catalog.database.path, actor="other \udce9") as other:
        other.edit_recordings([row_id], {"title": "theirs"})
        catalog.edit_recordings([row_id], {"notes": "mine"})

        change = other.undo("other \udce9")

    assert (change.verb, change.actor) == ("edit", "other \udce9")
    assert (read(catalog, row_id).title, read(catalog, row_id).notes) == ("", "mine")


def test_undo_refuses_to_lose_a_later_change_of_the_same_field(catalog: Catalog) -> None:
    one, two = add(catalog, "1"), add(catalog, "2")
    catalog.edit_recordings([one, two], {"title": "first", "rating": 1})
    group = catalog.history()[0].group_id
    catalog.edit_recordings([two], {"title": "later"})

    with pytest.raises(UndoConflict, match=f"title of recording {read(catalog, two).uid} changed since") as caught:
        catalog.undo(group_id=group)

    assert "history" in caught.value.hint
    assert (read(catalog, one).title, read(catalog, two).title) == ("first", "later")
    assert catalog.history()[1].undone_at is None


def test_undo_refuses_to_lose_tags_that_were_added_since(catalog: Catalog) -> None:
    row_id = add(catalog, "1")
    catalog.edit_recordings([row_id], {}, add_tags=["a"])
    group = catalog.history()[0].group_id
    catalog.edit_recordings([row_id], {}, add_tags=["b"])

    with pytest.raises(UndoConflict, match="tags"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_trash_a_recording_that_was_changed_since(catalog: Catalog) -> None:
    row_id = add(catalog, "1")
    group = catalog.history()[0].group_id
    catalog.edit_recordings([row_id], {"title": "worked on"})
    with pytest.raises(UndoConflict, match="was changed since"):
        catalog.undo(group_id=group)
    catalog.undo()
    catalog.add_file(row_id, new_file("a"))

    with pytest.raises(UndoConflict, match="was changed since"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_remove_an_identity_that_is_used_now(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    group = catalog.history()[0].group_id
    row_id = add(catalog, "x", user_identity_uid=uid)

    with pytest.raises(UndoConflict, match="recordings use the identity"):
        catalog.undo(group_id=group)

    assert read(catalog, row_id).user_identity is not None


def test_undo_refuses_to_bring_back_an_identity_that_was_registered_again(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    catalog.delete_identity(uid)
    group = catalog.history()[0].group_id
    catalog.add_user_identity("Ada")

    with pytest.raises(UndoConflict, match="another identity is called so"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_rename_an_identity_back_onto_another_or_over_a_later_name(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    catalog.edit_identity(uid, {"first_name": "Augusta"})
    group = catalog.history()[0].group_id
    catalog.add_user_identity("Ada")
    with pytest.raises(UndoConflict, match="another identity is called so"):
        catalog.undo(group_id=group)
    catalog.edit_identity(uid, {"first_name": "Byron"})

    with pytest.raises(UndoConflict, match="first_name"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_give_a_recording_an_identity_that_is_gone(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    row_id = add(catalog, "x", user_identity_uid=uid)
    catalog.edit_recordings([row_id], {"user_identity_uid": None})
    group = catalog.history()[0].group_id
    catalog.delete_identity(uid)

    with pytest.raises(UndoConflict, match="deleted since"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_change_an_identity_that_is_gone(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    catalog.edit_identity(uid, {"notes": "n"})
    group = catalog.history()[0].group_id
    catalog.delete_identity(uid)

    with pytest.raises(UndoConflict, match="the identity was deleted since"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_take_a_merge_back_from_recordings_with_another_identity(stocked: Catalog) -> None:
    merge_voices(stocked)
    group = stocked.history()[0].group_id
    before = snapshot(stocked)
    stocked.edit_recordings([1], {"ai_identity_uid": None})

    with pytest.raises(UndoConflict, match=f"recording {read(stocked, 1).uid} was given another identity"):
        stocked.undo(group_id=group)

    stocked.undo()
    assert snapshot(stocked) == before


def test_undo_refuses_to_bring_back_a_file_that_was_dealt_with_since(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"))
    catalog.add_file(row_id, new_file("b"))
    group = catalog.history()[0].group_id
    catalog.remove_file(row_id, "audio")

    with pytest.raises(UndoConflict, match="removed or restored"):
        catalog.undo(group_id=group)


def test_undo_refuses_to_lose_a_search_that_was_saved_since(catalog: Catalog) -> None:
    catalog.save_search("mine", "a")
    group = catalog.history()[0].group_id
    catalog.save_search("mine", "b")

    with pytest.raises(UndoConflict, match="saved or forgotten"):
        catalog.undo(group_id=group)


def test_undo_of_a_merge_leaves_out_what_was_purged(stocked: Catalog) -> None:
    source = uid_of(stocked, "one")
    merge_voices(stocked)
    stocked.trash_recordings([3])
    stocked.purge_recordings([3])

    stocked.undo()

    identity = read(stocked, 1).ai_identity
    assert identity is not None
    assert identity.uid == source


def test_undo_leaves_the_work_of_transfers_alone(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"))
    catalog.edit_recordings([row_id], {"title": "t"})
    file = read(catalog, row_id).files[0]
    catalog.put_copies([CopyUpdate(file.id, "archive", "k", 5)])
    catalog.set_copy_state(file.copies[0].id, CopyState.MISSING)

    catalog.undo()

    assert [copy.state for copy in catalog.copies_of([file.id])[file.id]] == [CopyState.MISSING, CopyState.PRESENT]


def test_undo_of_a_removed_version_brings_back_its_facts(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"), new_file("b", media=FLAC))
    catalog.remove_file(row_id, "audio")

    catalog.undo()

    assert (read(catalog, row_id).format, read(catalog, row_id).files[0].sha256) == ("flac", digest("b"))


def test_an_addition_that_went_on_after_it_was_undone_can_be_undone_again(catalog: Catalog) -> None:
    with catalog.action("import"):
        first = add(catalog, "one")
        with Catalog(catalog.database.path) as other:
            other.undo()
        second = add(catalog, "two")
    assert catalog.history()[0].undone_at is None

    catalog.undo()

    assert {row.id for row in catalog.trashed()} == {first, second}


def test_an_action_inside_another_is_a_part_of_it(catalog: Catalog) -> None:
    with catalog.action("import"), catalog.action("edit"):
        add(catalog, "one")

    assert [change.verb for change in catalog.history()] == ["import"]


def test_an_action_that_fails_keeps_what_it_did_and_ends(catalog: Catalog) -> None:
    def import_two() -> None:
        with catalog.action("import"):
            add(catalog, "one")
            add(catalog, "")

    with pytest.raises(InvalidInput):
        import_two()
    add(catalog, "two")

    assert [(change.verb, change.subjects) for change in catalog.history()] == [("add", 1), ("import", 1)]


def test_the_history_is_in_the_order_of_events_whatever_the_clock_says(catalog: Catalog, clock: Clock) -> None:
    row_id = add(catalog, "x")
    for title in ("one", "two", "three"):
        clock.now_ms -= 86_400_000
        catalog.edit_recordings([row_id], {"title": title})

    history = catalog.history()

    assert [change.verb for change in history] == ["edit", "edit", "edit", "add"]
    assert history[0].at == datetime(2025, 12, 29, tzinfo=UTC)
    assert catalog.history(limit=1, offset=3)[0].verb == "add"
    catalog.undo()
    assert read(catalog, row_id).title == "two"


def test_the_history_says_what_was_done_in_one_line(stocked: Catalog) -> None:
    summaries = []
    for name in ("tags", "edit", "restore", "add-file", "remove-file", "merge-voices", "edit-user", "add-identity"):
        ACTIONS[name](stocked)
        summaries.append(stocked.history(1)[0].summary)
        assert stocked.history(1)[0].actor == "tester"

    assert summaries == [
        "changed tags of 2 recordings",
        "changed text, title, folder, verdict, language, model, session, rating, notes, generation, metadata, "
        "AI generated, AI identity, tags of 3 recordings",
        'took "t" out of the trash',
        'added the audio file of "t"',
        'removed the audio file of "t"',
        'merged an identity with 0 recordings into "two"',
        'changed username of the identity "Ada Lovelace"',
        'registered the identity "New One"',
    ]


def test_a_line_of_history_is_short_whatever_the_text(catalog: Catalog) -> None:
    row_id = add(catalog, "line\nline\t" * 1000 + "\udce9")
    catalog.edit_recordings([row_id], {"rating": 1})
    empty = add(catalog, "", new_file("a"))
    catalog.trash_recordings([empty])

    summaries = [change.summary for change in catalog.history()]

    assert summaries[0] == f"moved {read(catalog, empty).uid[:8]} to the trash"
    assert all(len(summary) < 100 and "\n" not in summary for summary in summaries)


def test_the_history_of_what_is_gone_still_has_its_name(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada", "Lovelace")
    catalog.delete_identity(uid)
    catalog.save_search("mine", "q")
    catalog.delete_search("mine")
    catalog.delete_search("mine")

    assert [change.summary for change in catalog.history()] == [
        'forgot the search "mine"',
        'saved the search "mine"',
        'deleted the identity "Ada Lovelace"',
        'registered the identity "Ada Lovelace"',
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(ACTIONS)), min_size=1, max_size=8))
def test_any_actions_are_undone_to_the_states_before_them(tmp_path: Path, names: list[str]) -> None:
    with TemporaryDirectory(dir=tmp_path) as folder, Catalog(Path(folder) / "library.db") as catalog:
        states = [snapshot(stock(catalog))]
        for name in names:
            groups = len(catalog.history(None))
            with suppress(CatalogError, StopIteration):  # some actions are not possible after others
                ACTIONS[name](catalog)
            if len(catalog.history(None)) > groups:
                states.append(snapshot(catalog))

        for state in reversed(states[:-1]):
            catalog.undo()
            assert snapshot(catalog) == state
