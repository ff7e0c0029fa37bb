"""Keeping searches for "what is where" close to the truth while a long job runs."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from types import TracebackType

    from audiotui.core.catalog import Catalog

LAG_S = 2.0
"""How far the search index may be behind."""

_log = logging.getLogger(__name__)


class Reindexing:
    """A context in which a thread brings the index up to date again and again; whoever leaves it does so once more."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._work, name="audiotui-reindexer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if error is None:
            self._catalog.reindex_dirty()

    def _work(self) -> None:
        while not self._done.wait(LAG_S):
            try:
                self._catalog.reindex_dirty()
            except AudiotuiError as error:  # the marks stay, and somebody will follow them later
                _log.warning("the search index is behind: %s", error)
