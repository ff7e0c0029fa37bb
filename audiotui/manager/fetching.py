"""The manager's part for files that lie at a location and that the library does not know yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.manager.base import Library
from audiotui.model import NewRecording
from audiotui.transfer.reports import ignore_progress

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from audiotui.transfer.fetching import FetchReport
    from audiotui.transfer.reports import BulkListener


class Fetching(Library):
    """Importing from locations."""

    def import_from_location(
        self,
        location: str,
        keys: Iterable[str],
        *,
        template: NewRecording | None = None,
        listener: BulkListener = ignore_progress,
        cancel: threading.Event | None = None,
    ) -> FetchReport:
        """Add files that lie at a location, by their keys, as ``browse_location`` and ``list_unknown`` name them.

        They are fetched to ``local``; what lies at the location stays there, as a copy. One action to undo.

        Raises:
            InvalidInput, NotSupported: no such location, or no backend for its kind.
        """
        from audiotui.transfer.fetching import import_from

        return import_from(
            self._ingest(),
            self.backend(location),
            keys,
            template=template or NewRecording(),
            listener=listener,
            cancel=cancel,
        )
