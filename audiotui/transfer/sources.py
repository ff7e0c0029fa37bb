"""Removing the sources of files that were moved into the library, and only those that are surely what was added."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.transfer.userfile import Fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.transfer.batch import Library
    from audiotui.transfer.staging import StagedFile


def refuse_to_move(library: Library, path: Path) -> None:
    """Raise InvalidInput if removing this path would not remove a file of the user, or one that a recording needs."""
    if os.path.islink(path):  # noqa: PTH114 - Path.is_symlink raises for a name that is too long
        raise InvalidInput(f"Cannot move {path}: it is a symbolic link.", "Give the file itself, or copy it.")
    for location, root in ((library.local.name, library.local.path), *library.other_folders):
        try:
            key = path.resolve().relative_to(root.resolve()).as_posix()
        except (ValueError, OSError, RuntimeError):
            continue  # outside, or not there: then opening it says why
        if library.catalog.copy_at(location, key) is not None:
            raise InvalidInput(f"Cannot move {path}: it is a file of the library already.", "Copy it instead.")


def remove_source(staged: StagedFile) -> str:
    """Remove the file that was added; returns why it is still there, '' if it is gone."""
    path = staged.path
    try:
        if Fingerprint.of(path.lstat()) != staged.fingerprint:
            return f"{path} was added, but not removed: it changed meanwhile."
        path.unlink()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path} was added, but could not be removed: {error.strerror}."
    return ""
