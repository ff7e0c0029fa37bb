"""What all parts of the manager share: the configuration, the catalog, the journal and the open locations.

Everything below the manager is opened on first use and closed by ``close``; a command that only lists recordings never
loads the code that moves files.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from audiotui.config import Config, find_config, load_config
from audiotui.core.catalog import Catalog
from audiotui.errors import InvalidInput, RecordingNotFound
from audiotui.manager.lost import refuse_lost_library
from audiotui.model import LOCAL, LocationInfo
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from tempfile import TemporaryDirectory
    from types import TracebackType

    from audiotui.backends.base import Backend
    from audiotui.backends.options import Options
    from audiotui.core.search import Searcher
    from audiotui.transfer.ingest import Ingest
    from audiotui.transfer.journal import Journal

Selection = str | Sequence[str] | Sequence[int]
"""Which recordings: a query (a string; '' is all), uids or unambiguous prefixes, or row ids."""

_LARGEST_ROW_ID = 2**63 - 1
"""Of SQLite; a greater number is no id that anybody was given."""

_ID_ALONE = re.compile(r"\s*id:([0-9a-f-]{1,36})\s*", re.IGNORECASE)

FRESHENED_ROWS = 2_000
"""At most this many rows are re-indexed before a search; a bigger backlog belongs to the job that made it."""


class Library:
    """An open library. Safe to use from several threads; close it, or use it as a context manager."""

    def __init__(
        self, config_path: str | Path | None = None, *, config: Config | None = None, actor: str = "api"
    ) -> None:
        self._config = config or load_config(find_config(_as_path(config_path)))
        self._actor = actor
        self._lock = threading.RLock()
        self._catalog: Catalog | None = None
        self._journal: Journal | None = None
        self._backends: dict[str, Backend] = {}
        self._passing: TemporaryDirectory[str] | None = None

    @property
    def config(self) -> Config:
        """The configuration that this library was opened with."""
        return self._config

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but unwise in the configuration or on this machine, one line each."""
        return (*self._config.warnings, *self.catalog.database.warnings)

    @property
    def catalog(self) -> Catalog:
        """The catalog; opened, and made or migrated if need be, on first use."""
        with self._lock:
            if self._catalog is None:
                refuse_lost_library(self._config.db_path)
                self._catalog = Catalog(self._config.db_path, actor=self._actor)
            return self._catalog

    @property
    def journal(self) -> Journal:
        """The journal of transfer jobs, a file beside the catalog."""
        with self._lock:
            if self._journal is None:
                from audiotui.transfer.journal import Journal, journal_path

                path = journal_path(self._config.db_path)
                if self.catalog.database.read_only and not path.exists():
                    path = self._passing_folder() / path.name
                self._journal = Journal(path, library_id=self.catalog.library_id)
            return self._journal

    def backend(self, location: str) -> Backend:
        """The open backend of a location.

        Raises:
            InvalidInput: the configuration has no such location.
            NotSupported: this version has no backend for its kind.
        """
        with self._lock:
            if location not in self._backends:
                from audiotui.backends.base import open_backend

                options = self._options(location)
                self.catalog.ensure_location(location, options.kind, options.fingerprint)
                self._backends[location] = open_backend(location, options, library_id=self.catalog.library_id)
            backend = self._backends[location]
            # Another process may have been the first to use it: from then on it is not made anew.
            if not backend.used_before and self.catalog.was_used(location):
                backend.landmarks = self.catalog.landmarks(location)
                backend.used_before = True
            return backend

    def locations(self) -> list[LocationInfo]:
        """All configured locations in the file's order, ``local`` included."""
        from audiotui.backends.options import KINDS

        default = self._config.destination
        return [
            LocationInfo(
                name=name,
                kind=options.kind,
                address=options.address,
                ready=KINDS[options.kind].ready,
                default=name == default,
            )
            for name, options in self._config.locations.items()
        ]

    def default_destination(self) -> str:
        """Where a push goes that names no destination: ``default_destination``, else the first other location.

        Raises:
            InvalidInput: there is no location besides ``local``.
        """
        name = self._config.destination
        if name is None:
            raise InvalidInput(
                "There is nowhere to push to: the configuration has no location besides 'local'.",
                f"Add one under locations: in {self._config.path}, for example another folder with type: local.",
            )
        return name

    def data_version(self) -> int:
        """A number that moves when another process or thread has changed the catalog."""
        return self.catalog.data_version()

    def open_searcher(self, *, marked: Callable[[], Collection[int]] | None = None) -> Searcher:
        """A searcher on a connection of its own, for one reader thread; the caller closes it.

        ``marked`` gives the row ids that ``is:marked`` means.
        """
        from audiotui.core.search import open_searcher

        self._freshen_index()
        return open_searcher(self._config.db_path, marked=marked)

    def close(self) -> None:
        """Close everything that was opened; a second call does nothing, and a later use opens what it needs again."""
        with self._lock:
            for backend in self._backends.values():
                backend.close()
            self._backends.clear()
            if self._journal is not None:
                self._journal.close()
                self._journal = None
            if self._passing is not None:
                self._passing.cleanup()
                self._passing = None
            if self._catalog is not None:
                self._catalog.close()
                self._catalog = None

    def _passing_folder(self) -> Path:
        """For a journal that has no jobs, as those of a library on a read-only disk that never had any."""
        from tempfile import TemporaryDirectory

        self._passing = TemporaryDirectory(prefix="audiotui-")
        return Path(self._passing.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _searching(self) -> Iterator[Searcher]:
        searcher = self.open_searcher()
        try:
            yield searcher
        finally:
            searcher.close()

    def _freshen_index(self) -> None:
        # What this process or a job wrote a moment ago should be found; a long backlog would only make the user wait.
        self.catalog.reindex_dirty(limit=FRESHENED_ROWS)

    def _ingest(self) -> Ingest:
        from audiotui.transfer.ingest import Ingest

        return Ingest(
            self.catalog,
            self.journal,
            self.backend(LOCAL),
            key_layout=self._config.key_layout,
            other_folders=self._config.other_folders,
        )

    def _recording_ids(self, selection: Selection, *, trashed: bool = False) -> list[int]:
        """Row ids of a selection, in its order, each once.

        ``trashed`` lets uids name recordings in the trash too, also one that stands alone as ``id:1f0a``: no other
        query finds what is there.
        """
        if isinstance(selection, str):
            with self._searching() as searcher:
                found = list(searcher.ids(selection))
            if trashed and not found and (alone := _ID_ALONE.fullmatch(selection)):
                with suppress(RecordingNotFound):
                    found = [self._recording_id(alone[1], trashed=True)]
            return found
        if not isinstance(selection, Iterable):
            raise InvalidInput(
                f"Cannot take {briefly(selection)} as recordings: it is neither a query nor a list of ids.",
                "Give a query as text, or a list of ids.",
            )
        ids = (self._recording_id(one, trashed=trashed) for one in selection)
        return list(dict.fromkeys(ids))

    def _recording_id(self, one: str | int, *, trashed: bool) -> int:
        if not isinstance(one, int):
            return self.catalog.resolve_recording(one, trashed=trashed)
        if abs(one) > _LARGEST_ROW_ID:
            raise InvalidInput(f"Cannot take the id {briefly(one)}: it is too big.", "Give a UUID.")
        return one

    def _options(self, location: str) -> Options:
        options = self._config.locations.get(location)
        if options is None:
            known = ", ".join(self._config.locations)
            raise InvalidInput(
                f"There is no location named {location!r} in {self._config.path}.", f"It names: {known}."
            )
        return options


def _as_path(given: Any) -> Path | None:
    if given is None:
        return None
    try:
        return Path(given)
    except TypeError as error:
        raise InvalidInput(
            f"Cannot take {briefly(given)} for the configuration: it is no path.", "Give the path of a YAML file."
        ) from error
