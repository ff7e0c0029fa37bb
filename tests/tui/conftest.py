"""What the screens' tests share: a small library on disk, and the manager that the app uses on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from tests.tui.small_library import make_small_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of twelve recordings."""
    return make_small_library(tmp_path)


@pytest.fixture
def manager(config: Path) -> Iterator[AudioManager]:
    """The library of ``config``, opened."""
    with AudioManager(config, actor="app") as manager:
        yield manager
