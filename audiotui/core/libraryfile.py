"""What lies at a library's path, told without SQLite and without writing a byte.

SQLite itself would create, recover or complete a file that it opens; a file that is not ours must not be touched, so
its header is read first. The header is described at https://www.sqlite.org/fileformat.html section 1.3.
"""

from __future__ import annotations

import os
import stat
from enum import Enum, auto
from pathlib import Path

from audiotui.errors import CatalogReadOnly, NotACatalog

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_APPLICATION_ID = slice(68, 72)

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "glusterfs", "ceph", "fuse.sshfs", "fuse.rclone", "fuse.s3fs"}
)
"""File systems without memory that several machines share, which SQLite's write-ahead log needs."""


class FileState(Enum):
    """What was found at the path."""

    MISSING = auto()
    EMPTY = auto()
    OURS = auto()


def inspect(path: Path, application_id: int) -> FileState:
    """Look at a path that shall be, or become, a library.

    Raises:
        NotACatalog: there is something else, or nothing readable.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise NotACatalog(
                f"Cannot use {path} as a library: it is {what}.",
                "Give db_path the name of a file in the configuration.",
            )
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return FileState.MISSING
    except OSError as error:
        raise NotACatalog(
            f"Cannot read the library {path}: {error.strerror}.", "Check its folder and its permissions."
        ) from error
    return _judge(path, header, application_id)


def create(path: Path) -> None:
    """Make an empty file, readable for its owner only, and the folders above it; an existing file stays as it is.

    Raises:
        CatalogReadOnly: the folder cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise CatalogReadOnly(
            f"Cannot create the library {path}: {error.strerror}.", "Check db_path and the permissions of its folder."
        ) from error


def is_writable(path: Path) -> bool:
    """True if this process may write the file and, as SQLite must, make files beside it."""
    return os.access(path, os.W_OK) and is_folder_writable(path)


def is_folder_writable(path: Path) -> bool:
    """True if this process may make files beside the file."""
    return os.access(path.parent, os.W_OK | os.X_OK)


def is_on_network(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """True if the file lies on a network file system, as far as this platform tells: ``mounts`` is Linux's list."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    best, kind = -1, ""
    for line in lines:
        _device, mount_point, file_system, *_ = line.split(" ")
        folder = mount_point.replace("\\040", " ")
        if len(folder) >= best and path.is_relative_to(folder):
            best, kind = len(folder), file_system
    return kind in _NETWORK_FILE_SYSTEMS


def _judge(path: Path, header: bytes, application_id: int) -> FileState:
    if not header:
        return FileState.EMPTY
    if not header.startswith(_MAGIC):
        raise NotACatalog(
            f"Cannot use {path} as a library: it is not an SQLite file.", "Check db_path in the configuration."
        )
    if int.from_bytes(header[_APPLICATION_ID], "big") != application_id:
        raise NotACatalog(
            f"Cannot use {path} as a library: it is another program's database.",
            "Give db_path a new name in the configuration; this file was not touched.",
        )
    return FileState.OURS
