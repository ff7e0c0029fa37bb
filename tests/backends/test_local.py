"""Folders as locations: the contract of all backends, on real folders."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.local import LocalBackend
from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.options import LocalOptions
from tests.contracts.backend import BackendContract
from tests.faults import flip_byte, read_only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FolderStorage:
    """A folder that can be read-only, away, or damaged."""

    secrets = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        self._away = path.with_name("away")
        path.mkdir()

    def connect(self) -> LocalBackend:
        """A backend for the folder, as of a library that knows whether it has files there."""
        used = any(root.exists() for root in (self.path / MARKER_NAME, self._away / MARKER_NAME))
        return LocalBackend("archive", LocalOptions(path=self.path), library_id="library-1", used_before=used)

    @contextmanager
    def connect_without_rights(self) -> Iterator[LocalBackend]:
        """The folder cannot be written to."""
        with read_only(self.path), self.connect() as backend:
            yield backend

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The folder has another name."""
        self.path.rename(self._away)
        try:
            yield
        finally:
            self._away.rename(self.path)

    def damage(self, key: str) -> None:
        """Flip one bit in the file."""
        path = self.path / key
        flip_byte(path, at=path.stat().st_size // 2)


class TestFolder(BackendContract):
    """Every promise of the contract, kept by a folder."""

    @pytest.fixture
    def storage(self, tmp_path: Path) -> FolderStorage:
        """An empty folder."""
        return FolderStorage(tmp_path / "archive")
