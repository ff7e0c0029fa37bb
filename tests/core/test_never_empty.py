"""No edit leaves a recording with neither a text nor a file, whichever way it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog.base import EDITED_AT_ONCE
from audiotui.errors import InvalidInput, UndoConflict
from audiotui.model import NewRecording
from tests.core.samples import add, new_file, read

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog


@pytest.mark.parametrize("blank", ["", " \n\u2003"])
def test_the_text_of_a_recording_without_a_file_cannot_be_cleared(catalog: Catalog, blank: str) -> None:
    row_id = add(catalog, "hello")

    with pytest.raises(InvalidInput, match=f"{read(catalog, row_id).uid}.*neither"):
        catalog.edit_recordings([row_id], {"text": blank, "title": "t"})

    assert (read(catalog, row_id).text, read(catalog, row_id).title) == ("hello", "")


def test_the_text_of_a_recording_with_a_file_can_be_cleared(catalog: Catalog) -> None:
    row_id = add(catalog, "hello", new_file("a"))

    assert catalog.edit_recordings([row_id], {"text": ""}) == 1


def test_clearing_the_texts_of_many_changes_none_if_one_has_no_file(catalog: Catalog) -> None:
    items = [(NewRecording(text=f"text {number}"), [new_file(str(number))]) for number in range(EDITED_AT_ONCE)]
    catalog.add_recordings(items)
    without = add(catalog, "no file")

    with pytest.raises(InvalidInput):
        catalog.edit_recordings(range(1, without + 1), {"text": ""})

    assert read(catalog, 1).text == "text 0"


def test_the_last_file_of_a_recording_without_text_cannot_be_removed(catalog: Catalog) -> None:
    row_id = add(catalog, "", new_file("a"))
    catalog.add_file(row_id, new_file("b", kind="notes"))
    catalog.remove_file(row_id, "audio")

    with pytest.raises(InvalidInput, match="neither"):
        catalog.remove_file(row_id, "notes")

    assert [file.kind for file in read(catalog, row_id).current_files] == ["notes"]


def test_a_former_version_is_a_file_too(catalog: Catalog) -> None:
    row_id = add(catalog, "", new_file("a"))
    catalog.add_file(row_id, new_file("b"))

    assert catalog.remove_file(row_id, "audio").version == 2


def test_undo_refuses_to_leave_a_recording_empty(catalog: Catalog) -> None:
    row_id = add(catalog, "hello")
    catalog.add_file(row_id, new_file("a"))
    added = catalog.history()[0].group_id
    catalog.edit_recordings([row_id], {"text": ""})

    with pytest.raises(UndoConflict, match="neither a text nor a file"):
        catalog.undo(group_id=added)

    assert len(read(catalog, row_id).current_files) == 1


def test_undo_of_a_text_refuses_where_the_file_was_removed_since(catalog: Catalog) -> None:
    row_id = add(catalog, "", new_file("a"))
    catalog.edit_recordings([row_id], {"text": "hello"})
    edited = catalog.history()[0].group_id
    catalog.remove_file(row_id, "audio")

    with pytest.raises(UndoConflict, match="neither a text nor a file"):
        catalog.undo(group_id=edited)


def test_one_action_may_swap_text_and_file_and_be_undone_and_redone(catalog: Catalog) -> None:
    row_id = add(catalog, "hello")
    with catalog.action("swap"):
        catalog.add_file(row_id, new_file("a"))
        catalog.edit_recordings([row_id], {"text": ""})

    catalog.undo()
    undone = read(catalog, row_id)
    catalog.redo()

    assert (undone.text, undone.current_files) == ("hello", ())
    assert (read(catalog, row_id).text, len(read(catalog, row_id).current_files)) == ("", 1)


def test_other_fields_of_a_recording_that_is_empty_already_can_be_edited(catalog: Catalog) -> None:
    row_id = add(catalog, "hello")
    with catalog.database.write() as connection:  # as an older version may have left it
        connection.execute("UPDATE recordings SET text = '', text_hash = NULL WHERE id = ?", (row_id,))

    assert catalog.edit_recordings([row_id], {"title": "a name"}) == 1
