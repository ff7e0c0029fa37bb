"""Reading and changing several recordings at once, each in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from audiotui import AudioManager


def test_each_recording_is_changed_in_its_own_way_and_one_undo_takes_all_back(manager: AudioManager) -> None:
    first, second, third = (manager.register_recording(text) for text in ("one", "two", "three"))

    changed = manager.edit_each({first: {"title": "I"}, second[:13]: {"rating": 2, "tags": ["x"]}, third: {}})

    assert changed == 2
    one, two, _ = manager.get_recordings([first, second, third])
    assert (one.title, two.rating, two.tags) == ("I", 2, ("x",))
    manager.undo()
    assert [(one.title, one.rating, one.tags) for one in manager.get_recordings("")] == [("", None, ())] * 3


def test_what_was_done_before_a_mistake_can_be_undone(manager: AudioManager) -> None:
    first, second = manager.register_recording("one"), manager.register_recording("two")

    with pytest.raises(InvalidInput):
        manager.edit_each({first: {"title": "I"}, second: {"rating": 9}})
    assert manager.get_recording(first).title == "I"
    manager.undo()
    assert manager.get_recording(first).title == ""


def test_an_undone_edit_is_done_again(manager: AudioManager) -> None:
    uid = manager.register_recording("one")
    manager.edit_recording(uid, title="I")
    manager.undo()

    manager.redo()

    assert manager.get_recording(uid).title == "I"
