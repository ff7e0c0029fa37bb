"""Writes of many threads go together, and none of them waits for one that is gone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from audiotui.documents.base import Change
from audiotui.documents.catalog import CatalogDocuments
from audiotui.documents.grouped import GroupedWrites, _Slot
from tests.contracts.documents import asset
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class InterruptedDocuments(CatalogDocuments):
    """Documents of which the first write waits, and is interrupted then; it counts the changes of each write."""

    reached: threading.Event
    release: threading.Event
    sizes: list[int]

    def write(self, changes: Sequence[Change]) -> list[bool]:
        self.sizes.append(len(changes))
        if len(self.sizes) == 1:
            self.reached.set()
            assert self.release.wait(PATIENCE_S)
            raise KeyboardInterrupt
        return super().write(changes)


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[InterruptedDocuments]:
    with Catalog(tmp_path / "library.db") as catalog:
        made = InterruptedDocuments(catalog.database, catalog.library_id)
        made.reached, made.release, made.sizes = threading.Event(), threading.Event(), []
        yield made


def test_one_that_is_interrupted_takes_no_other_with_it(documents: InterruptedDocuments) -> None:
    writes = GroupedWrites(documents)

    def add(number: int) -> bool:
        with writes.one_of_many():
            return writes.write(Change(None, asset(asset_id=f"a{number}")))

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(add, 0)
        assert documents.reached.wait(PATIENCE_S)
        others = [pool.submit(add, number) for number in range(1, 9)]
        documents.release.set()
        made = [one.result(PATIENCE_S) for one in others]

    assert isinstance(first.exception(), KeyboardInterrupt)
    assert made == [True] * 8
    assert documents.get("anna", "a0") is None
    assert writes.write(Change(None, asset(asset_id="a0")))


def test_a_lone_writer_is_alone(documents: InterruptedDocuments) -> None:
    documents.release.set()
    writes = GroupedWrites(documents)

    with pytest.raises(KeyboardInterrupt):
        writes.write(Change(None, asset(asset_id="a1")))

    assert writes.write(Change(None, asset(asset_id="a1")))
    assert documents.sizes == [1, 1]


class BrokenDocuments(CatalogDocuments):
    """Documents whose first write waits until others wait, too, and that cannot take one asset at all."""

    reached: threading.Event
    release: threading.Event

    def write(self, changes: Sequence[Change]) -> list[bool]:
        if not self.reached.is_set():
            self.reached.set()
            assert self.release.wait(PATIENCE_S)
        if any(change.id[1] == "a3" for change in changes):
            raise ZeroDivisionError
        return super().write(changes)


def test_an_error_that_nobody_foresaw_is_that_of_its_change_alone(tmp_path: Path) -> None:
    with Catalog(tmp_path / "library.db") as catalog, ThreadPoolExecutor(8) as pool:
        documents = BrokenDocuments(catalog.database, catalog.library_id)
        documents.reached, documents.release = threading.Event(), threading.Event()
        writes = GroupedWrites(documents)
        adding = [pool.submit(writes.write, Change(None, asset(asset_id=f"a{number}"))) for number in range(8)]
        assert documents.reached.wait(PATIENCE_S)
        eventually(lambda: len(writes._queue) == 8)
        documents.release.set()
        failed = [number for number, one in enumerate(adding) if one.exception(PATIENCE_S) is not None]

    assert failed == [3]


@pytest.mark.parametrize("interrupted", range(1, 9))
def test_one_that_is_interrupted_while_it_wakes_the_others_leaves_none_asleep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: int
) -> None:
    wakes, wake = count(1), _Slot.wake

    def wake_or_end(slot: _Slot) -> None:
        if next(wakes) % 20 == interrupted:
            raise KeyboardInterrupt
        wake(slot)

    monkeypatch.setattr(_Slot, "wake", wake_or_end)
    with Catalog(tmp_path / "library.db") as catalog:
        writes = GroupedWrites(CatalogDocuments(catalog.database, catalog.library_id))
        ends: list[bool | None] = []

        def add(thread: int) -> None:
            for number in range(20):
                try:
                    with writes.one_of_many():
                        ends.append(writes.write(Change(None, asset(asset_id=f"a{thread}-{number}"))))
                except KeyboardInterrupt:
                    ends.append(None)

        threads = [threading.Thread(target=add, args=[number], daemon=True) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)

    assert len(ends) == 80
    assert False not in ends
    assert None in ends
