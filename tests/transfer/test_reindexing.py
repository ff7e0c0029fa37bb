"""Searches by place follow a transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.search import open_searcher
from audiotui.transfer.reindexing import reindexing
from tests.transfer.library import Library
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def found(library: Library, query: str) -> int:
    searcher = open_searcher(library.folder / "registry.db")
    try:
        return searcher.count(query)
    finally:
        searcher.close()


def test_what_a_job_copied_is_found_by_its_place_when_the_job_is_done(library: Library) -> None:
    ids = library.add_many(5)
    library.push(ids[:3])

    assert found(library, "where:archive") == 3


def test_the_index_follows_while_a_job_still_runs(library: Library) -> None:
    ids = library.add_many(2)
    library.push(ids)
    (copy, *_) = (copy for copy in library.files(ids)[0].copies if copy.location == "archive")
    with reindexing(library.catalog):
        library.catalog.delete_copies([copy.id])
        eventually(lambda: found(library, "where:archive") == 1)
