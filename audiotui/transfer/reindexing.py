"""Keeping searches for "what is where" close to the truth while a long job runs."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from audiotui.core.beside import beside
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog

LAG_S = 0.5
"""How far the search index may be behind; so much, at most, is left to do when all has moved."""

_log = logging.getLogger(__name__)


@contextmanager
def reindexing(catalog: Catalog) -> Iterator[None]:
    """A context in which a thread brings the index up to date again and again; a good end does so once more."""
    with beside(partial(_follow, catalog), name="audiotui-reindexer"):
        yield
    catalog.reindex_dirty()


def _follow(catalog: Catalog, ended: threading.Event) -> None:
    while not ended.wait(LAG_S):
        try:
            catalog.reindex_dirty()
        except AudiotuiError as error:  # the marks stay, and somebody will follow them later
            _log.warning("the search index is behind: %s", error)
