"""The catalog: everything a library knows of its recordings, behind one door.

Each part of ``Catalog`` lies in a file of its own. Methods take and return the frozen values of ``model.py``; inside
the program recordings go by row id, outside by uid. A user's edit changes rows, history and search index in one
transaction, takes its write lock before it reads, and waits for other processes: nothing is lost and nothing is half
done. All errors are those of ``errors.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from audiotui.cleanup import on_failure
from audiotui.core.catalog.adding import AddingPart
from audiotui.core.catalog.identities import IdentitiesPart
from audiotui.core.catalog.locations import KnownLocation
from audiotui.core.catalog.looks import LooksPart
from audiotui.core.catalog.recordings import RecordingsPart
from audiotui.core.catalog.strays import StraysPart
from audiotui.core.catalog.tags import TagsPart
from audiotui.core.catalog.trash import TrashPart
from audiotui.core.catalog.upkeep import UpkeepPart
from audiotui.core.database import Database
from audiotui.core.encoding import now_ms
from audiotui.core.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from types import TracebackType

__all__ = ["Catalog", "KnownLocation"]


class Catalog(RecordingsPart, AddingPart, TrashPart, IdentitiesPart, TagsPart, LooksPart, StraysPart, UpkeepPart):
    """An open library; made, or brought to this version, if need be. Any number of threads may use it at once.

    ``actor`` is who the history says did it; ``clock`` gives milliseconds since 1970. A library that cannot be written
    can be read: ``database.read_only`` says so, and edits raise ``CatalogReadOnly``.

    Raises:
        NotACatalog, SchemaTooNew, CatalogDamaged: the file cannot be used, and was not touched.
        CatalogReadOnly: it is missing, or must be upgraded, and cannot be written.
        CatalogBusy: another process kept it locked for too long.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        actor: str = "",
        clock: Callable[[], int] = now_ms,
        read_only: bool = False,
    ) -> None:
        database = Database(Path(path), read_only=read_only)
        with on_failure(database.close):
            migrate(database)
        super().__init__(database, actor, clock)

    def close(self) -> None:
        """Close all connections; a second call does nothing. No thread may be inside a call."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
