"""The mark of use at a location where the library finds copies that it did not store: its own, or those of others.

Storing leaves the mark by itself. Without it, a location that has copies counts as another disk or bucket than it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import AccessDenied

if TYPE_CHECKING:
    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog


def mark_as_used(catalog: Catalog, backend: Backend) -> None:
    """Leave the mark before the catalog is told of copies there; where nothing may be stored, it does without one.

    Raises:
        LocationError: the location does not answer, or is full.
    """
    try:
        backend.claim()
    except AccessDenied:
        catalog.forgo_mark(backend.name)
    else:
        catalog.trust_mark(backend.name)
