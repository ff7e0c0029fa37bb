"""During a bulk garbage is collected seldom; afterwards as before."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog.batches import ADDED_AT_ONCE
from audiotui.core.garbage import SeldomCollected, collected_seldom
from audiotui.errors import InvalidInput
from audiotui.model import NewRecording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from audiotui.core.catalog import Catalog


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was_enabled else gc.disable)()


def test_the_collector_is_as_it_was_after_the_last_of_several_bulks() -> None:
    with SeldomCollected():
        with SeldomCollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_somebody_switched_off_stays_off() -> None:
    gc.disable()
    with SeldomCollected():
        pass

    assert not gc.isenabled()


def test_cycles_that_were_left_behind_go_when_it_is_time() -> None:
    class Knot:
        def __init__(self) -> None:
            self.itself = self

    with SeldomCollected() as seldom:
        left = weakref.ref(Knot())
        seldom.collect()

        assert left() is None


def test_a_bulk_that_is_refused_switches_the_collector_on_again(catalog: Catalog) -> None:
    items: list[tuple[NewRecording, list[Any]]] = [(NewRecording(text=f"t{n}"), []) for n in range(ADDED_AT_ONCE)]
    items.append((NewRecording(text="bad", rating=9), []))

    with pytest.raises(InvalidInput, match="rating"):
        catalog.add_recordings(items)

    assert gc.isenabled()


def test_work_that_lasts_leaves_the_collector_on_and_as_it_was() -> None:
    usual = gc.get_threshold()
    with collected_seldom():
        with collected_seldom():
            assert gc.isenabled()
            assert gc.get_threshold()[0] > usual[0]
        assert gc.get_threshold()[0] > usual[0]
    assert gc.get_threshold() == usual


def test_whoever_collects_still_more_seldom_is_left_alone() -> None:
    usual = gc.get_threshold()
    try:
        for first in (0, 1_000_000):
            gc.set_threshold(first, 5, 5)
            with collected_seldom():
                assert gc.get_threshold() == (first, 5, 5)
            assert gc.get_threshold() == (first, 5, 5)
    finally:
        gc.set_threshold(*usual)
