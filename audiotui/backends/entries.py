"""What the file system says of a file, as an ``Entry``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audiotui.backends.items import Entry
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    import os


def entry_of(key: str, status: os.stat_result, *, level: VerifyLevel = VerifyLevel.NONE) -> Entry:
    """The entry of a file; its etag moves with every write and with every exchange of the file."""
    return Entry(key, status.st_size, etag=etag_of(status), modified_at=modified_at(status), level=level)


def etag_of(status: os.stat_result) -> str:
    """Inode, size and time of the last write, as one opaque text."""
    return f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"


def modified_at(status: os.stat_result) -> datetime | None:
    """When the file was last written to; None if its time is outside all calendars."""
    try:
        return datetime.fromtimestamp(status.st_mtime, UTC)
    except (OverflowError, ValueError, OSError):
        return None
