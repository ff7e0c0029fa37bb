"""What SQLite's result codes mean to a person who uses a library.

The codes are those of https://www.sqlite.org/rescode.html; the low byte is the primary code.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.errors import (
    CatalogBusy,
    CatalogDamaged,
    CatalogError,
    CatalogNotDurable,
    CatalogReadOnly,
    InvalidInput,
    NotACatalog,
)

if TYPE_CHECKING:
    from pathlib import Path

SQLITE_BUSY = 5
SQLITE_LOCKED = 6
SQLITE_PROTOCOL = 15

BUSY_CODES = frozenset({SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL})
"""Codes that say: another connection is at it, the same call may succeed in a moment."""

SQLITE_INTERRUPT = 9
SQLITE_CORRUPT = 11
_SQLITE_IOERR = 10
_SQLITE_IOERR_READ = _SQLITE_IOERR | 1 << 8
_SQLITE_FULL = 13
_SQLITE_MISMATCH = 20

_BUSY = (
    CatalogBusy,
    "another process kept it locked for too long",
    "Try again; if it stays so, look for a hanging audiotui process.",
)
_DAMAGED = (
    CatalogDamaged,
    "the file is damaged",
    "Run 'audiotui doctor', or put the last backup in its place.",
)
_READ_ONLY = (
    CatalogReadOnly,
    "the file or its folder cannot be written",
    "Check the owner and the permissions of both, and that the disk is not mounted read-only.",
)

_MEANINGS: dict[int, tuple[type[CatalogError], str, str]] = {
    SQLITE_BUSY: _BUSY,
    SQLITE_LOCKED: _BUSY,
    SQLITE_PROTOCOL: _BUSY,
    3: _READ_ONLY,  # SQLITE_PERM
    8: _READ_ONLY,  # SQLITE_READONLY
    14: _READ_ONLY,  # SQLITE_CANTOPEN
    _SQLITE_IOERR: (CatalogError, "the disk reported an error", "Check the disk; then run 'audiotui doctor'."),
    SQLITE_CORRUPT: _DAMAGED,
    _SQLITE_FULL: (CatalogError, "the disk is full", "Free some space; nothing was changed."),
    26: (NotACatalog, "it is not an SQLite file", "Check db_path in the configuration."),  # SQLITE_NOTADB
}

_SHARED_MEMORY_BYTES = 32 * 1024
"""What SQLite adds at a time to the file beside a library by which processes share its log."""


def primary_code(error: BaseException) -> int | None:
    """The SQLite result code of an error of the SQLite module, without its extension; None if it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def beyond_limits() -> InvalidInput:
    """The error for a number that Python can hold and SQLite cannot; the caller raises it from the OverflowError."""
    return InvalidInput(
        "A number is beyond all reason: a library holds those of up to 18 digits.", "Give a smaller one."
    )


def not_durable(error: OSError, path: Path) -> CatalogNotDurable:
    """The error for a log that the system did not make durable; the caller raises it from ``error``."""
    return CatalogNotDurable(
        f"Cannot make the library {path} safe against a power cut: {error.strerror}.",
        "Check the disk and how many files this process has open, then try again.",
    )


def catalog_error(error: BaseException, path: Path) -> CatalogError | InvalidInput:
    """The error that a user of the library at ``path`` gets to see; the caller raises it from ``error``."""
    code = primary_code(error)
    if code == _SQLITE_MISMATCH:  # only in LIMIT and OFFSET: what tables hold was checked before
        return InvalidInput("Cannot list so many: it is no whole number.", "Give whole numbers as limit and offset.")
    # SQLite's message quotes the damaged name of a table; a damaged index says that it needs two gigabytes.
    if isinstance(error, UnicodeDecodeError | MemoryError):
        code = SQLITE_CORRUPT
    if code == _SQLITE_IOERR and _lacks_room(error, path):
        code = _SQLITE_FULL
    if code in _MEANINGS:
        kind, reason, hint = _MEANINGS[code]
        return kind(f"Cannot use the library {path}: {reason}.", hint)
    return CatalogError(f"The library {path} refused an operation: {error}.", "Run 'audiotui doctor'.")


def _lacks_room(error: BaseException, path: Path) -> bool:
    """Whether there was no room for what lies beside a library, which SQLite calls an error of the disk."""
    if getattr(error, "sqlite_errorcode", None) == _SQLITE_IOERR_READ:
        return False
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _SHARED_MEMORY_BYTES
