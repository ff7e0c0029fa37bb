"""What the contract suite needs of a kind of location, and the fixtures that all its parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from audiotui.backends.base import Backend


class Storage(Protocol):
    """One real location that is the suite's alone, and what can happen to it."""

    secrets: tuple[str, ...]
    """Texts that must never show; empty if the kind has none."""

    def connect(self) -> Backend:
        """A new backend for the location, as another process would open it; the suite closes it."""

    def connect_without_rights(self) -> AbstractContextManager[Backend]:
        """A backend that may not store: a wrong secret, a read-only folder."""

    def gone(self) -> AbstractContextManager[None]:
        """Inside it the location cannot be reached: the server stopped, the folder is away."""

    def damage(self, key: str) -> None:
        """Change one stored byte behind everybody's back, not the size."""


class BackendSuite:
    """The fixtures; the promises are in the classes that ``backend.BackendContract`` puts together."""

    @pytest.fixture
    def storage(self) -> Storage:
        """The location under test, empty."""
        raise NotImplementedError

    @pytest.fixture
    def backend(self, storage: Storage) -> Iterator[Backend]:
        """A connection to the location."""
        with storage.connect() as backend:
            yield backend

    @pytest.fixture
    def other(self, storage: Storage) -> Iterator[Backend]:
        """A second connection, as another process has it."""
        with storage.connect() as backend:
            yield backend

    @pytest.fixture
    def near(self, tmp_path: Path) -> Iterator[Backend]:
        """The folder that files are fetched into."""
        with LocalBackend("local", LocalOptions(path=tmp_path / "near")) as backend:
            yield backend
