"""Memory for whole parts that is used again: to get 16 MiB anew costs the system as much as to hash them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiotui.model import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator


class PartBuffers:
    """As many as are in use at once; their number follows from what may be in flight."""

    def __init__(self) -> None:
        self._free: list[bytearray] = []
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[memoryview]:
        """The room of one part, with whatever was in it before."""
        with self._lock:
            buffer = self._free.pop() if self._free else bytearray(PART_BYTES)
        try:
            with memoryview(buffer) as view:
                yield view
        finally:
            with self._lock:
                self._free.append(buffer)
