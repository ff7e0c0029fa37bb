"""What the catalog's tests share: an open library with a clock that a test can set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from audiotui.core.database import Database
from audiotui.core.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Clock:
    """A clock that stands until a test sets it."""

    def __init__(self) -> None:
        self.now_ms = 1_767_225_600_000  # 2026-01-01

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty library, without the catalog over it."""
    with Database(tmp_path / "library.db") as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def catalog(tmp_path: Path, clock: Clock) -> Iterator[Catalog]:
    with Catalog(tmp_path / "library.db", actor="tester", clock=clock) as opened:
        opened.ensure_location("local", "local", "device 1")
        opened.ensure_location("archive", "local", "device 2")
        yield opened
