"""Locations whose last listing was not to be believed: nothing is removed there until another one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import LastCopy

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog


def refuse_doubtful(catalog: Catalog, location: str) -> None:
    """Raise LastCopy if the last scan of a location was in doubt: it may not be the place that the catalog means."""
    known = catalog.location(location)
    doubt = "" if known is None else known.probe.get("scan", {}).get("doubt", "")
    if doubt:
        raise LastCopy(
            f"Nothing is removed from {location}, because its last scan is in doubt. {doubt}",
            f"Look whether it is the right place, then run `audiotui locations scan {location}` again.",
        )
