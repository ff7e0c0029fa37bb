"""An empty library for the tests of adding, importing and exporting; a journal and those who share it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.transfer.journal import Journal
from audiotui.transfer.leases import Owner
from audiotui.transfer.sides.helpers import helpers
from tests.transfer.importing import ingest_of
from tests.transfer.journals import LIBRARY
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


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal of this process."""
    journal = Journal(tmp_path / "registry.jobs.db", library_id=LIBRARY)
    yield journal
    journal.close()


@pytest.fixture
def elsewhere(tmp_path: Path, journal: Journal) -> Iterator[Journal]:
    """The same journal, opened by a live process of another container."""
    owner = replace(Owner.this_process(), pid_namespace="pid:[1]")
    journal = Journal(tmp_path / "registry.jobs.db", library_id=LIBRARY, owner=owner)
    yield journal
    journal.close()


@pytest.fixture
def crashed(tmp_path: Path, journal: Journal) -> Iterator[Journal]:
    """The same journal, as a process used it that is dead now."""
    owner = replace(Owner.this_process(), started="1")
    journal = Journal(tmp_path / "registry.jobs.db", library_id=LIBRARY, owner=owner)
    yield journal
    journal.close()


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    """No process of one test serves the next."""
    yield
    while helpers._idle:
        helpers._idle.pop().end()
