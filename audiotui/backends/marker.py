"""The mark of use in the root of a folder location: it tells an empty folder from a disk that is not mounted.

``.audiotui-location`` lists, one a line, the ids of the libraries that keep files there. It is written before the
first file and never changed except by adding a line, so several libraries may share a folder.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from audiotui.backends.tree import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.backends.tree import Tree

MARKER_NAME = ".audiotui-location"

MAX_MARKER_BYTES = 1024 * 1024
INTRODUCTION = "# The audiotui libraries that keep files here. Without this file they take the folder for unmounted.\n"


def is_marked(tree: Tree, library_id: str) -> bool:
    """Whether the library has kept files here."""
    with tree.root() as root:
        return library_id in _libraries(root)


def mark(tree: Tree, library_id: str) -> None:
    """Note, durably, that the library keeps files here; does nothing if that is noted."""
    with tree.root() as root:
        if library_id in _libraries(root):
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        marker = os.open(MARKER_NAME, flags, 0o644, dir_fd=root)
        try:
            introduction = "" if os.fstat(marker).st_size else INTRODUCTION
            # One write, between line ends: an append that a power cut tore earlier cannot swallow it.
            line = f"{introduction}\n{library_id}\n".encode()
            if os.write(marker, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), MARKER_NAME)
            os.fsync(marker)
        finally:
            os.close(marker)
        sync_folder(root)


def names_others(marker: Iterable[bytes], library_id: str) -> bool:
    """Whether what a marker says, in pieces, names libraries besides this one."""
    lines = b"".join(marker).decode(errors="replace").splitlines()
    return any(line.strip() not in {"", library_id} and not line.startswith("#") for line in lines)


def _libraries(root: int) -> frozenset[str]:
    try:
        marker = os.open(MARKER_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=root)
    except FileNotFoundError:
        return frozenset()
    try:
        return frozenset(os.read(marker, MAX_MARKER_BYTES).decode(errors="replace").split())
    finally:
        os.close(marker)
