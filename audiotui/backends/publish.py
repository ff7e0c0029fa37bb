"""Giving a file its final name, only if that name is free: what every file system can do of it."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from audiotui.crashpoints import crashpoint

if TYPE_CHECKING:
    from collections.abc import Callable

_RENAME_NOREPLACE = 1
"""From Linux' ``include/uapi/linux/fs.h``."""

_CANNOT_LINK = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}
"""What file systems without hard links answer: FAT and exFAT, and some network mounts."""


def publish(name: str, folder: int, new_name: str, new_folder: int) -> None:
    """Rename a file from one folder (by descriptor) to another; FileExistsError if the new name is taken.

    A link and an unlink are two steps: a crash between them leaves the file under both names, which the next attempt
    and the sweep know how to end.
    """
    try:
        os.link(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        rename_exclusive(name, folder, new_name, new_folder)
        return
    crashpoint("local.after_link")
    with suppress(FileNotFoundError):  # a sweep of another process may have ended it, just now
        os.unlink(name, dir_fd=folder)


def rename_exclusive(name: str, folder: int, new_name: str, new_folder: int) -> None:
    """``publish`` in one step, by ``renameat2``; OSError with ENOTSUP where there is none."""
    rename = _renameat2()
    if rename is None:
        raise OSError(errno.ENOTSUP, "neither hard links nor renameat2", new_name)
    if rename(folder, os.fsencode(name), new_folder, os.fsencode(new_name), _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new_name)


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function
