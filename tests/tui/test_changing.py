"""Changing recordings in the app, on a real library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput
from audiotui.tui.editor_text import as_text, changes_in, edits_of
from audiotui.tui.recording_fields import as_texts, as_values, problems
from audiotui.tui.tag_line import join_tags, split_tags
from tests.tui.driving import SIZES, driven

if TYPE_CHECKING:
    from audiotui import AudioManager


@SIZES
async def test_one_recording_is_edited_in_place_undone_and_done_again(
    manager: AudioManager, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await driver.press("e")
        await driver.until_text("Edit", "Title", "The end", "ctrl+s saves")
        await driver.press("end", *" of it")
        await driver.until_text("1 change not saved: title")
        await driver.press("ctrl+s")
        await driver.until_text("The end of it", "1 recording changed; u takes it back")
        await driver.press("u")
        await driver.until_text("undone: changed title")
        await driver.until_gone("The end of it")
        await driver.press("ctrl+r")
        await driver.until_text("done again: changed title", "The end of it")

        assert manager.get_recordings("end")[0].title == "The end of it"


async def test_several_are_given_what_was_filled_in_and_keep_the_rest(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("space", "space", "space", "e")
        await driver.until_text("3 recordings", "Language")
        await driver.press("tab", *"en-GB", "ctrl+s")
        await driver.until_text("3 recordings changed; u takes it back")

        assert sorted(one.language for one in manager.get_recordings("")) == [""] * 9 + ["en-GB"] * 3
        assert {one.tags for one in manager.get_recordings("")} == {("demo",)}


async def test_what_cannot_be_saved_is_said_below_its_field_and_esc_twice_throws_it_away(
    manager: AudioManager,
) -> None:
    async with driven(manager) as driver:
        await driver.press("e", *["tab"] * 8, *"9")
        await driver.until_text("a number of stars from 0 to 5, or nothing")
        await driver.press("ctrl+s", "escape")
        await driver.until_text("esc again throws it away")
        await driver.press("escape")
        await driver.until_gone("Edit")

        assert manager.find("end").__next__().rating is None


@SIZES
async def test_marked_recordings_are_tagged_and_untagged(manager: AudioManager, size: tuple[int, int]) -> None:
    async with driven(manager, size=size) as driver:
        await driver.press("space", "space", "t")
        await driver.until_text("Tag 2 recordings", "known tags: demo")
        await driver.press(*'"to redo" -demo', "enter")
        await driver.until_text("2 recordings tagged +to redo -demo; u takes it back")

        assert dict(manager.list_tags()) == {"demo": 10, "to redo": 2}


async def test_a_known_tag_of_several_lines_is_offered_in_one(manager: AudioManager) -> None:
    manager.edit_recordings([next(manager.find()).id], add_tags=["two\nlines\nof it"])
    async with driven(manager) as driver:
        await driver.press("t")

        await driver.until_text('known tags: demo "two␤lines␤of it"')


async def test_recordings_are_moved_to_an_identity_that_is_found_by_typing(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("a", "m")
        await driver.until_text("Move 12 recordings to", "Aria", "Maya Ortiz")
        await driver.press(*"ort")
        await driver.until_gone("Aria   AI")
        await driver.press("enter")
        await driver.until_text("12 recordings now of Maya Ortiz")

        assert manager.count('user:"Maya Ortiz" kind:human') == 12


async def test_a_title_is_renamed(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("r")
        await driver.until_text("Rename")
        await driver.press(*"!", "enter")

        await driver.until_text("The end!")


async def test_deleting_for_good_asks_with_the_safe_answer_in_front(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("P")
        await driver.until_text("Push 1 file")
        await driver.press("escape")
        await driver.press("D")
        await driver.until_text("Delete for good?", "cannot be undone")
        await driver.press("enter")
        await driver.until_gone("Delete for good?")
        assert manager.count() == 12
        await driver.press("D")
        await driver.until_text("Delete for good?")
        await driver.press("y")

        await driver.until_text("proven just now")
        assert manager.count() == 12


async def test_what_is_at_another_location_too_is_deleted_for_good(manager: AudioManager) -> None:
    manager.push_recordings("", "archive")
    async with driven(manager) as driver:
        await driver.press("space", "space", "D")
        await driver.until_text("Delete for good?")
        await driver.press("y")
        await driver.until_text("2 recordings deleted for good")

        assert manager.count() == 10


async def test_the_copy_menu_knows_ids_titles_texts_and_paths(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        for letter, expected in (("t", "The end"), ("x", "This is the end.")):
            await driver.press("y")
            await driver.until_text("its title")
            await driver.press(letter)
            await driver.until_text(f"copied {expected}")
            assert driver.app.clipboard == expected
        await driver.press("y")
        await driver.until_text("its title")
        await driver.press("p")

        await driver.until(lambda: driver.app.clipboard.endswith(".wav"), "the path")


async def test_searches_are_saved_picked_and_forgotten(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.type("wind")
        await driver.until_text("2 of 12")
        await driver.press("enter", "at")
        await driver.until_text("Nothing is saved yet.", "This query: wind")
        await driver.press("n", *"the wind", "enter")
        await driver.until_text("@the wind")
        await driver.press("escape", "escape")
        await driver.until_text("12  newest first")
        await driver.press("at")
        await driver.until_text("@the wind")
        await driver.press("enter")
        await driver.until(lambda: driver.box.value == '@"the wind"', "the query")
        await driver.until_text("2 of 12")
        await driver.press("at")
        await driver.until_text("@the wind")
        await driver.press("d")

        await driver.until_text("Nothing is saved yet.")
        assert manager.saved_searches() == {}


def test_an_edited_file_says_what_was_changed(manager: AudioManager) -> None:
    recordings = manager.get_recordings("wind")
    text = as_text(recordings).replace("take 1", "take one").replace("rating: null", "rating: 3", 1)

    changes = changes_in(text, recordings)

    assert sorted((change.field, change.before, change.after) for change in changes) == [
        ("rating", None, 3),
        ("text", "This is north wind, take 1.", "This is north wind, take one."),
        ("title", "North wind, take 1", "North wind, take one"),
    ]
    assert manager.edit_each(edits_of(changes)) == 2
    assert changes_in(as_text(manager.get_recordings("wind")), manager.get_recordings("wind")) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("title:", "titel:", "no field titel"),
        ("tags:", "tags: [", "no valid YAML in line"),
        ("rating: null", "rating: 7", "from 0 to 5"),
        ("metadata: {}", "metadata: 7", "names with values"),
        ("recording: ", "recording: x", "none of the recordings"),
    ],
)
def test_a_file_that_makes_no_sense_changes_nothing(
    manager: AudioManager, before: str, after: str, problem: str
) -> None:
    recordings = manager.get_recordings("end")

    with pytest.raises(InvalidInput, match=problem):
        changes_in(as_text(recordings).replace(before, after), recordings)


@pytest.mark.parametrize("tags", [[], ["demo"], ["to redo", "x"], ['a "b" c', "it's", "a,b"]])
def test_tags_survive_their_way_through_a_line(tags: list[str]) -> None:
    assert split_tags(join_tags(tags)) == tags


def test_fields_survive_their_way_through_a_form(manager: AudioManager) -> None:
    manager.edit_recordings("end", rating=4, tags=["a b", "c"], notes="one\ntwo")
    (recording,) = manager.get_recordings("end")

    texts = as_texts(recording)

    assert problems(texts) == {}
    manager.edit_recordings("end", **as_values(texts))
    assert as_texts(manager.get_recordings("end")[0]) == texts
    assert problems({**texts, "tags": '"open', "rating": "x"}).keys() == {"tags", "rating"}
