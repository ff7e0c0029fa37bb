"""The trash and the purge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.core.search import open_searcher
from audiotui.errors import InvalidInput
from audiotui.model import CopyUpdate, NewRecording, VerifyLevel
from tests.core.samples import add, found, new_file, read

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from tests.core.conftest import Clock


def test_an_empty_trash_lists_nothing(catalog: Catalog) -> None:
    add(catalog)

    assert catalog.trashed() == []


def test_the_trash_takes_a_recording_out_of_every_search_and_gives_it_back(catalog: Catalog) -> None:
    row_id = add(catalog, "word", new_file("a"), tags=("t",))
    before = read(catalog, row_id)

    assert catalog.trash_recordings([row_id, row_id]) == 1
    assert (found(catalog, "word"), catalog.find_exact_text("word"), catalog.tags()) == ([], None, [])
    assert read(catalog, row_id).files == before.files
    assert catalog.restore_recordings([row_id]) == 1

    assert (found(catalog, "word"), catalog.find_exact_text("word"), catalog.tags()) == ([row_id], row_id, [("t", 1)])
    assert read(catalog, row_id) == before


def test_all_that_a_recording_has_comes_back_from_the_trash_by_undo(catalog: Catalog, clock: Clock) -> None:
    for location in ("local", "archive"):
        catalog.ensure_location(location, "local", "")
    voice, _ = catalog.add_ai_identity("kokoro", "one")
    person, _ = catalog.add_user_identity("Ada", "Lovelace")
    values: dict[str, Any] = {
        "title": "a title", "folder": "a/b", "verdict": "keep", "language": "en", "model": "kokoro",
        "ai_generated": True, "ai_identity_uid": voice, "user_identity_uid": person, "session": "one", "rating": 4,
        "notes": "a note", "generation": {"seed": 7}, "metadata": {"k": [1]}, "tags": ("t", "u"),
    }  # fmt: skip
    row_id = add(catalog, "word", new_file("a"), new_file("t", "transcript"), **values)
    [file, _] = read(catalog, row_id).files
    catalog.put_copies(
        [CopyUpdate(file.id, "archive", "elsewhere", file.size_bytes, verify_level=VerifyLevel.READ_BACK)]
    )
    before = read(catalog, row_id)
    clock.now_ms += 1000
    catalog.trash_recordings([row_id])

    catalog.undo()

    after = read(catalog, row_id)
    assert after == replace(before, updated_at=after.updated_at)
    assert len(after.files[0].copies) == 2
    assert catalog.tags() == [("t", 1), ("u", 1)]
    assert found(catalog, "word") == [row_id]


def test_a_searcher_tells_what_is_in_the_trash_and_what_lives(catalog: Catalog) -> None:
    kept, trashed, purged = (add(catalog, text) for text in ("kept", "trashed", "purged"))
    catalog.trash_recordings([trashed, purged])
    catalog.purge_recordings([purged])

    with open_searcher(catalog.database.path) as searcher:
        assert searcher.trash() == [trashed]
        assert searcher.living([purged, trashed, kept]) == [kept]


def test_what_is_in_the_trash_already_or_not_in_it_stays(catalog: Catalog, clock: Clock) -> None:
    row_id = add(catalog, "x")
    assert catalog.restore_recordings([row_id, 999]) == 0
    catalog.trash_recordings([row_id])
    trashed = read(catalog, row_id)
    clock.now_ms += 1000

    assert catalog.trash_recordings([row_id]) == 0

    assert read(catalog, row_id) == trashed
    assert [change.verb for change in catalog.history()] == ["trash", "add"]


def test_the_trash_is_listed_last_trashed_first(catalog: Catalog, clock: Clock) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "af_heart")
    person, _ = catalog.add_user_identity("Ada", "Lovelace", middle_name="King")
    ids = [
        add(catalog, "a" * 300, new_file("a"), title="first", ai_identity_uid=voice, rating=2, ai_generated=True),
        add(catalog, "second", user_identity_uid=person),
        add(catalog, "third \udce9"),
    ]
    for row_id in reversed(ids):
        catalog.trash_recordings([row_id])
        clock.now_ms += 1000

    rows = catalog.trashed()

    assert [row.id for row in rows] == ids
    assert [row.identity for row in rows] == ["af_heart", "Ada King Lovelace", ""]
    assert [row.label for row in rows] == ["first", "second", "third \udce9"]
    assert (rows[0].text, rows[0].format, rows[0].rating, rows[0].ai_generated) == ("a" * 200, "wav", 2, True)
    assert rows[0].deleted_at_ms == clock.now_ms - 1000
    assert [row.id for row in catalog.trashed(limit=1, offset=1)] == [ids[1]]


def test_a_big_trash_is_out_of_the_search_index_when_it_returns(catalog: Catalog) -> None:
    uids = catalog.add_recordings((NewRecording(text=f"many {n}"), []) for n in range(1_500))
    ids = [catalog.resolve_recording(uid) for uid in uids]

    assert catalog.trash_recordings(ids) == 1_500
    assert found(catalog, "many") == []
    assert catalog.restore_recordings(ids) == 1_500

    assert found(catalog, "many") == ids


def test_a_purge_leaves_nothing_of_a_recording(catalog: Catalog) -> None:
    row_id = add(catalog, "secret", new_file("a"), tags=("t",), title="secret")
    other = add(catalog, "other", new_file("b"))
    catalog.edit_recordings([row_id, other], {"notes": "secret"})
    catalog.edit_recordings([other], {"notes": ""})
    catalog.put_copies([])
    catalog.add_file(row_id, new_file("c"))
    catalog.trash_recordings([row_id])

    assert catalog.purge_recordings([row_id, 999]) == 1

    connection = catalog.database.connection()
    tables = ("recordings", "recording_tags", "recording_files", "changes")
    dump = [row for table in tables for row in connection.execute(f"SELECT * FROM {table}")]
    assert catalog.recordings_by_ids([row_id]) == []
    assert [str(row) for row in dump if f"'{row_id}'" in str(row)] == []
    assert "secret" not in str([row for row in dump if "notes" not in str(row)])
    assert catalog.copies_of([1, 3]) == {}
    assert (found(catalog, "secret"), catalog.check()) == ([], [])


def test_a_purge_cannot_be_undone_and_is_not_in_the_history(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    catalog.edit_recordings([row_id], {"title": "t"})
    catalog.trash_recordings([row_id])
    catalog.purge_recordings([row_id])

    assert catalog.history() == []
    with pytest.raises(InvalidInput, match="nothing to undo"):
        catalog.undo()


def test_a_purge_of_some_leaves_the_rest_of_an_addition_to_be_undone(catalog: Catalog) -> None:
    uids = catalog.add_recordings((NewRecording(text=f"t{n}"), []) for n in range(5))
    ids = [catalog.resolve_recording(uid) for uid in uids]
    catalog.trash_recordings(ids[1:4])
    catalog.purge_recordings(ids[1:4])

    assert catalog.undo().verb == "add"

    assert [row.id for row in catalog.trashed()] == [ids[4], ids[0]]


def test_a_recording_that_is_not_in_the_trash_is_not_purged(catalog: Catalog) -> None:
    row_id = add(catalog, "word")

    assert catalog.purge_recordings([row_id]) == 0

    assert found(catalog, "word") == [row_id]
    assert catalog.history() != []
