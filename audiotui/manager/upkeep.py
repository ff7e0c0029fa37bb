"""The manager's part for upkeep: proving copies, cleaning up, backups and the check-up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.events import Listener, ignore
from audiotui.manager.base import Library, Selection
from audiotui.model import LOCAL, VerifyLevel

if TYPE_CHECKING:
    import threading
    from os import PathLike

    from audiotui.manager.doctor import Finding
    from audiotui.transfer.sweep import SweepReport
    from audiotui.transfer.verify import VerifyReport


DAY_S = 86_400.0

TRASH_S = 14 * DAY_S
"""So long what was dropped can be given back."""


class Upkeep(Library):
    """Keeping the library in good order."""

    def verify(
        self,
        selection: Selection = "",
        *,
        location: str | None = None,
        level: int = VerifyLevel.READ_BACK,
        max_time_s: float | None = None,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> VerifyReport:
        """Look at the copies of recordings and note in the catalog which are right, damaged or missing.

        Copies that were looked at longest ago come first, so that runs cut short by ``max_time_s`` get around all.
        Without a ``location``, those at all locations that this version can reach; one that does not answer is
        reported, and nothing is said of its copies. ``level`` is a ``VerifyLevel``. A library that can only be read is
        verified, too; the report then says that nothing of it was noted.
        """
        from audiotui.transfer.verify import verify

        return verify(
            self.catalog,
            self.backend,
            locations=self._ready_locations(location),
            recording_ids=None if selection == "" else self._recording_ids(selection),
            level=_level(level),
            max_time_s=max_time_s,
            listener=listener,
            cancel=cancel,
        )

    def sweep(self, age_s: float = DAY_S, *, trash_age_s: float = TRASH_S) -> SweepReport:
        """Remove what died programs left: our unfinished files older than ``age_s``, by name and journal only.

        What drops and repairs put into the trash of locations longer than ``trash_age_s`` ago goes for good, if other
        copies are proven just then.
        """
        from datetime import timedelta

        from audiotui.transfer.sweep import sweep

        return sweep(
            self.catalog,
            self.journal,
            self.backend,
            locations=self._used_locations(),
            age_s=age_s,
            trash_kept=timedelta(seconds=trash_age_s),
            least_copies=self.config.mincopies,
        )

    def backup(self, path: str | PathLike[str]) -> Path:
        """Copy the catalog to a file, whole and consistent, while it is in use; returns the file.

        A folder gets a file named after the catalog and the time. An older backup of the same name is replaced only by
        a complete new one. Audio files are not part of it: push them somewhere.
        """
        from datetime import UTC, datetime

        target = Path(path)
        if os.path.isdir(target):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
            target /= f"{self.config.db_path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        return self.catalog.backup(target)

    def rebuild_index(self) -> int:
        """Write the search index anew, for when it is damaged or misses recordings; returns their number."""
        return self.catalog.rebuild_index()

    def doctor(self) -> list[Finding]:
        """Look at the catalog, the journal and every location; changes nothing."""
        from audiotui.manager.doctor import examine_library

        return list(examine_library(self.config))

    def _used_locations(self) -> list[str]:
        """Locations where something of ours may lie; one that was only configured need not even answer."""
        destinations = {job.destination for job in self.journal.jobs()}
        return [
            name
            for name in self._ready_locations(None)
            if name == LOCAL or name in destinations or self.catalog.has_copies_at(name)
        ]

    def _ready_locations(self, only: str | None) -> list[str]:
        if only is not None:
            self._options(only)
            return [only]
        return [location.name for location in self.locations() if location.ready]


def _level(number: int) -> VerifyLevel:
    try:
        return VerifyLevel(number)
    except ValueError as error:
        raise InvalidInput(
            f"There is no verification level {number!r}.", "1 compares sizes, 2 asks the storage, 3 reads everything."
        ) from error
