"""Which file system of Linux a folder lies on: some promises hold only where they are known to be kept."""

from __future__ import annotations

import ctypes
import sys
from enum import IntEnum


class FileSystem(IntEnum):
    """The magic numbers, from Linux' ``include/uapi/linux/magic.h``."""

    UNKNOWN = 0
    EXT4 = 0xEF53
    XFS = 0x58465342
    BTRFS = 0x9123683E


def file_system_of(descriptor: int) -> FileSystem:
    """On which one an open file or folder lies; UNKNOWN for all that have no name here, and on other systems."""
    if sys.platform != "linux":
        return FileSystem.UNKNOWN
    about = (ctypes.c_long * 64)()  # struct statfs, whose first member is the magic number
    if ctypes.CDLL(None).fstatfs(descriptor, about) != 0 or about[0] not in set(FileSystem):
        return FileSystem.UNKNOWN
    return FileSystem(about[0])
