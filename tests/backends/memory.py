"""What the system has of a file in memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_in_memory(path: Path, offset: int = 0) -> bool:
    """Whether a byte of a file can be had without the disk. Only Linux tells."""
    with path.open("rb") as file:
        try:
            return os.preadv(file.fileno(), [bytearray(1)], offset, os.RWF_NOWAIT) == 1
        except BlockingIOError:
            return False
