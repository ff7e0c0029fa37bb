"""Copying a library while it is in use."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from audiotui.core.database import open_reader, sqlite3
from audiotui.core.failures import catalog_error
from audiotui.core.libraryfile import FileState, inspect
from audiotui.errors import CatalogError, InvalidInput, NotACatalog

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.core.database import Database


def copy_library(database: Database, target: Path) -> Path:
    """Copy the library as it is at this instant to a file, whole or not at all; returns its absolute path.

    Others may go on reading and writing. The copy is readable for its owner only. An older copy at the target is
    replaced at the very end; anything else there is never overwritten.

    Raises:
        InvalidInput: the target is the library itself, or another one.
        NotACatalog: the target holds something that is no library.
        CatalogError: the copy could not be written.
    """
    target = target.absolute()
    _check_target(database, target)
    part = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with database.translated():
            _copy_pages(database, part)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        for leftover in (part, *(part.with_name(f"{part.name}{end}") for end in ("-journal", "-wal", "-shm"))):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
    return target


def _check_target(database: Database, target: Path) -> None:
    """Raise unless the target is free, or an older copy of this library."""
    try:
        state = inspect(target, database.application_id)
    except NotACatalog as error:
        if isinstance(error.__cause__, OSError):
            raise _unwritable(target, error.__cause__) from error
        raise NotACatalog(
            f"Cannot write the backup {target}: something else is there.",
            "Name another file; this one was not touched.",
        ) from error
    if state is not FileState.OURS:
        return
    if target.samefile(database.path):
        raise InvalidInput(f"Cannot back up the library {target} to itself.", "Name another file.")
    if _library_id(target) != _library_id(database.path):
        raise InvalidInput(
            f"Cannot write the backup {target}: another library, or its backup, is there.",
            "Name another file; this one was not touched.",
        )


def _unwritable(target: Path, error: OSError) -> CatalogError:
    return CatalogError(
        f"Cannot write the backup {target}: {error.strerror}.", "Choose a folder with enough space that you own."
    )


def _library_id(path: Path) -> str | None:
    try:
        with contextlib.closing(open_reader(path)) as connection:
            row = connection.execute("SELECT value FROM library WHERE key = 'uuid'").fetchone()
    except sqlite3.Error as error:
        raise catalog_error(error, path) from error
    return row[0] if row else None


def _copy_pages(database: Database, part: Path) -> None:
    with contextlib.closing(database.new_reader()) as source, contextlib.closing(sqlite3.connect(part)) as copy:
        source.backup(copy)  # all pages in one step: one snapshot, however much others write
        copy.execute("PRAGMA journal_mode = DELETE")  # so that the copy is one file, wherever it is put


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
