"""What of a file the system has in its memory."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_in_memory(path: Path, offset: int = 0) -> bool:
    """Whether the page that begins at an offset can be had without the disk. Only Linux tells.

    It is asked for, and not read: even a read that does not wait lets the system fetch it, and a quick disk is there
    before the answer.
    """
    with path.open("r+b") as file:
        length = min(mmap.PAGESIZE, os.fstat(file.fileno()).st_size - offset)
        with mmap.mmap(file.fileno(), length, offset=offset) as page:
            first = ctypes.c_char.from_buffer(page)
            resident = ctypes.c_ubyte()
            libc = ctypes.CDLL(None, use_errno=True)
            done = libc.mincore(
                ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(length), ctypes.byref(resident)
            )
            del first  # else the page could not be closed
            if done != 0:
                raise OSError(ctypes.get_errno(), "mincore")
            return bool(resident.value & 1)
