"""The folder of an export: whether it is ours to write to, and its manifest, which gets its name last."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.transfer.manifest import MANIFEST_NAME
from audiotui.transfer.manifest_reader import is_manifest
from audiotui.transfer.userfile import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.local import LocalBackend

UNFINISHED_NAME = f"{MANIFEST_NAME}.part"
"""The manifest of an export that is not finished; it also marks the folder as ours."""


@contextmanager
def claimed(directory: Path) -> Iterator[IO[bytes]]:
    """The unfinished manifest, empty and locked, in a folder that is made if need be.

    Raises:
        InvalidInput: the folder cannot be written, holds other things, or another export is at it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _require_ours(directory)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(directory / UNFINISHED_NAME, flags, 0o666)
    except OSError as error:
        raise InvalidInput(
            f"Cannot export into {directory}: {error.strerror}.", "Give another folder, or check its rights."
        ) from error
    with os.fdopen(descriptor, "r+b") as unfinished:
        if not _is_ours_alone(unfinished, directory):
            raise InvalidInput(f"Another export is writing to {directory}.", "Wait until it has ended.")
        unfinished.truncate()
        yield unfinished


def _is_ours_alone(unfinished: IO[bytes], directory: Path) -> bool:
    """Lock the file; False if another export has it, or has just made the finished manifest of it."""
    try:
        fcntl.flock(unfinished, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(unfinished.fileno()), (directory / UNFINISHED_NAME).lstat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _require_ours(directory: Path) -> None:
    names = {path.name for path in directory.iterdir()}
    if not names or UNFINISHED_NAME in names:
        return
    manifest = directory / MANIFEST_NAME
    if MANIFEST_NAME in names and not manifest.is_symlink() and manifest.is_file():
        with manifest.open("rb") as file:
            head = file.read(BLOCK_BYTES)
        if not head or is_manifest(head):
            return
    raise InvalidInput(
        f"Cannot export into {directory}: it is not empty, and what is in it is no export.",
        "Give a new folder, or an empty one.",
    )


def finish(unfinished: IO[bytes], target: LocalBackend) -> None:
    """Make all files durable, and then give the manifest its name."""
    with target.boundary(MANIFEST_NAME):
        target.sync_names([MANIFEST_NAME])
        unfinished.flush()
        os.fsync(unfinished.fileno())
        (target.path / UNFINISHED_NAME).replace(target.path / MANIFEST_NAME)
        target.sync_names([MANIFEST_NAME])
