"""The manager's part for upkeep: backups and the check-up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.manager.base import Library

if TYPE_CHECKING:
    from os import PathLike

    from audiotui.manager.doctor import Finding


class Upkeep(Library):
    """Keeping the library in good order."""

    def backup(self, path: str | PathLike[str]) -> Path:
        """Copy the catalog to a file, whole and consistent, while it is in use; returns the file.

        A folder gets a file named after the catalog and the time. An older backup of the same name is replaced only by
        a complete new one. Audio files are not part of it: push them somewhere.
        """
        from datetime import UTC, datetime

        target = Path(path)
        if target.is_dir():
            target /= f"{self.config.db_path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        return self.catalog.backup(target)

    def doctor(self) -> list[Finding]:
        """Look at the catalog, the journal and every location; changes nothing."""
        from audiotui.manager.doctor import examine_library

        return list(examine_library(self.config))
