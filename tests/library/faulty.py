"""A service whose documents and storage fail as ordered, and orders for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from audiotui.documents.base import Change, Documents
from audiotui.documents.grouped import GroupedWrites
from audiotui.errors import DatabaseFailed
from audiotui.library import AudioLibraryService
from audiotui.library.opening import open_parts
from tests.faults import Fail, FaultyBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from audiotui.documents.asset import Asset
    from audiotui.documents.unreadable import Unreadable
    from audiotui.library.parts import Parts
    from audiotui.manager import AudioManager
    from tests.faults import Fault

STEPS = {
    "claim": lambda change: change.before is None,
    "intent": lambda change: change.after is not None and change.after.pending and change.after.pending.file,
    "document": lambda change: change.after is not None and change.after.versions,
}
"""Which write of a save is which."""


def unforeseen(is_hit: Callable[[Change], object]) -> Callable[[Change], object]:
    """What raises an error that is none of ours at some writes."""
    return lambda change: is_hit(change) and 1 / 0


class FaultyDocuments(Documents):
    """Documents in front of others, whose writes fail as ordered.

    A write fails if ``fails`` says yes to one of its changes; with ``loses_answers`` it is made all the same.
    ``after_reading`` is called with each document that somebody has got, before it is handed out.
    """

    name = "faulty"

    def __init__(self, inner: Documents) -> None:
        self.inner = inner
        self.fails: Callable[[Change], object] = lambda change: False
        self.loses_answers = False
        self.after_reading: Callable[[Asset], object] = lambda asset: None

    def get(self, customer_id: str, asset_id: str) -> Asset | None:
        """One of the others, after ``after_reading``."""
        asset = self.inner.get(customer_id, asset_id)
        if asset is not None:
            self.after_reading(asset)
        return asset

    def get_many(self, ids: Any) -> Any:
        """Those of the others, without ``after_reading``."""
        return self.inner.get_many(ids)

    def write(self, changes: Sequence[Change]) -> list[bool]:
        """Write to the others, or fail, or both."""
        is_hit = any(self.fails(change) for change in changes)
        made = self.inner.write(changes) if not is_hit or self.loses_answers else []
        if is_hit:
            raise DatabaseFailed("The database is down.", service="faulty", retryable=True)
        return made

    def find(self, wanted: Any, *, limit: int, offset: int = 0) -> Any:
        """Those of the others, without ``after_reading``."""
        return self.inner.find(wanted, limit=limit, offset=offset)

    def totals(self, wanted: Any) -> Any:
        """Those of the others."""
        return self.inner.totals(wanted)

    def unfinished(self) -> Iterator[Asset]:
        """Those of the others, each after ``after_reading``."""
        for asset in self.inner.unfinished():
            self.after_reading(asset)
            yield asset

    def everything(self, unreadable: Unreadable | None = None) -> Iterator[Asset]:
        """Those of the others, without ``after_reading``."""
        return self.inner.everything(unreadable)

    def identity(self) -> str:
        """That of the others."""
        return self.inner.identity()

    def ping(self) -> None:
        """Ask the others."""
        self.inner.ping()


class Faulty:
    """A service whose documents and storage fail as ordered, and that waits for nobody between its tries."""

    def __init__(self, config: Path) -> None:
        self.service = AudioLibraryService(config, opener=self._open)
        self.service.check_health()

    def _open(self, manager: AudioManager) -> Parts:
        parts = open_parts(manager)
        self.documents = FaultyDocuments(parts.documents)
        self.storage = FaultyBackend(parts.shelf.backend)
        parts.shelf.backend = self.storage
        parts.shelf._sleep = parts.speech._sleep = lambda _: None
        return replace(parts, documents=self.documents, writes=GroupedWrites(self.documents))

    def storage_fails(self, *faults: Fault) -> None:
        """More faults of the storage; its calls are counted from the opening of the service."""
        for fault in faults:
            self.storage.add(fault)

    def heal(self) -> None:
        """From now on all writes and the storage work; ``after_reading`` stays as it is."""
        self.documents.fails = lambda change: False
        self.storage.clear()


@dataclass(frozen=True, kw_only=True)
class Hang(Fail):
    """The call is answered by silence, for a minute of the clock ``seconds``, and then given up."""

    seconds: list[float] = field(default_factory=lambda: [0.0])

    def before(self) -> None:
        """Let the minute pass, and raise."""
        self.seconds[0] += 60.0
        super().before()
