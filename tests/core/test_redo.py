"""Redo does again exactly what an undo took back, or says why it does not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiotui.core.catalog import Catalog
from audiotui.errors import CatalogError, InvalidInput, UndoConflict
from tests.core.actions import ACTIONS, several_at_once, snapshot, stock
from tests.core.samples import add, new_file, read

if TYPE_CHECKING:
    from tests.core.conftest import Clock


@pytest.fixture
def stocked(catalog: Catalog) -> Catalog:
    return stock(catalog)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_undone_action_is_done_again_whole_and_can_be_undone_again(
    stocked: Catalog, clock: Clock, name: str
) -> None:
    before = snapshot(stocked)
    ACTIONS[name](stocked)
    after = snapshot(stocked)

    for _ in range(2):
        clock.now_ms += 1000
        undone = stocked.undo()
        assert snapshot(stocked) == before
        clock.now_ms += 1000
        redone = stocked.redo()
        assert snapshot(stocked) == after
        assert (redone.group_id, redone.undone_at) == (undone.group_id, None)


def test_an_addition_comes_back_from_the_trash(stocked: Catalog) -> None:
    several_at_once(stocked)
    stocked.undo()
    stocked.redo()

    recording = read(stocked, 4)
    assert recording.deleted_at is None
    assert recording.user_identity is not None
    assert read(stocked, 1).title == "one"


def test_what_was_in_the_trash_before_an_addition_was_undone_stays_there(catalog: Catalog, clock: Clock) -> None:
    add(catalog, "one", new_file("a"))
    catalog.trash_recordings([1])
    clock.now_ms += 1000
    catalog.undo(group_id=1)
    catalog.redo()

    assert read(catalog, 1).deleted_at is not None


def test_there_is_nothing_to_redo_before_an_undo_and_after_another_action(catalog: Catalog, clock: Clock) -> None:
    add(catalog, "one")
    with pytest.raises(InvalidInput, match="nothing to redo"):
        catalog.redo()
    catalog.edit_recordings([1], {"title": "a"})
    catalog.undo()
    clock.now_ms += 1000
    catalog.edit_recordings([1], {"notes": "b"})

    with pytest.raises(InvalidInput, match="nothing to redo"):
        catalog.redo()


def test_redo_refuses_to_lose_a_later_change(catalog: Catalog) -> None:
    add(catalog, "one")
    catalog.edit_recordings([1], {"title": "a"})
    catalog.undo()
    catalog.database.connection().execute("UPDATE recordings SET title = 'z'")

    with pytest.raises(UndoConflict, match=r"Cannot redo .* title of recording .* changed since"):
        catalog.redo()
    assert read(catalog, 1).title == "z"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(ACTIONS)), min_size=1, max_size=6))
def test_any_actions_are_done_again_in_their_order(tmp_path: Path, names: list[str]) -> None:
    with TemporaryDirectory(dir=tmp_path) as folder, Catalog(Path(folder) / "library.db") as catalog:
        stock(catalog)
        states = []
        for name in names:
            groups = len(catalog.history(None))
            with suppress(CatalogError, StopIteration):  # some actions are not possible after others
                ACTIONS[name](catalog)
            if len(catalog.history(None)) > groups:
                states.append(snapshot(catalog))
        for _ in states:
            catalog.undo()

        for state in states:
            catalog.redo()
            assert snapshot(catalog) == state
