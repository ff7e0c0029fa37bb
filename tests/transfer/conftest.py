"""An empty library for the tests of adding, importing and exporting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transfer.importing import ingest_of
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    folder = tmp_path / "library"
    folder.mkdir()
    with Library(folder) as library:
        yield library


@pytest.fixture
def ingest(library: Library) -> Ingest:
    """What adds single recordings to it."""
    return ingest_of(library)
