"""A library whose file has vanished: it is said aloud, instead of making a new one in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import CatalogDamaged

if TYPE_CHECKING:
    from pathlib import Path


def refuse_lost_library(db_path: Path) -> None:
    """Raise CatalogDamaged if a library was used here and its file is gone or empty.

    Its journal of transfers lies beside it from the first file that is added on. An empty library in its place would
    call all recordings unknown, and hide that a backup, or a disk, is needed.
    """
    try:
        if db_path.stat().st_size:
            return
        what = "is empty"
    except FileNotFoundError:
        what = "is gone"
    except OSError:
        return  # opening it says why
    from audiotui.transfer.journal import journal_path

    journal = journal_path(db_path)
    if journal.exists():
        raise CatalogDamaged(
            f"The library {db_path} {what}, but {journal.name} beside it shows that there was one.",
            f"Connect its disk, or put a backup in its place. To begin a new library there, move {journal} away first.",
        )
