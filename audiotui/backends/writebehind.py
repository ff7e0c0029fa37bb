"""Files that nobody syncs, on their way to the disk: the system is asked to begin, and to let go of what has arrived.

Left to itself it keeps all of them in memory for half a minute. That is the quickest as long as it has memory at hand;
where it has to fetch more from somewhere else, as a virtual machine does from its host, that takes as long as all else
that is done for a file. So it is asked only while writing turns out to be dear.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress

FILES = 96
"""So many later a file has arrived, on a disk that keeps up."""

PATIENCE_S = 0.05
"""A disk that lets a file wait for so long, only to begin, has enough to do: it is asked for nothing more."""

DEAR_S_PER_MIB = 0.0012
"""Of the processor, for a write: memory that is at hand takes 0.3 to 0.6 ms, other memory 2 to 3 (measured)."""

FEWEST_BYTES = 64 * 1024
"""What less takes is mostly the call itself."""

DEAR_WRITES = 4
"""So many in a row are no chance."""

FILES_BEHIND = 512
"""For so many files it is asked then: with what they have given back, writing is cheap, and says nothing."""

_advise = getattr(os, "posix_fadvise", None)


def let_go(descriptor: int, offset: int = 0, length: int = 0) -> None:
    """Let the system begin to write bytes of a file (0: all from there on), and forget those that the disk has."""
    if _advise is not None:
        with suppress(OSError):
            _advise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)


class WriteBehind:
    """For the files below one folder; any thread may use it. ``clear`` has to follow, or descriptors stay open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: deque[int] = deque()
        self._keeps_up = True
        self._dear_writes = 0
        self._files_left = 0

    def wrote(self, byte_count: int, computed_s: float) -> None:
        """So much of the processor took a write; threads that tell at the same time may be counted as one."""
        if byte_count < FEWEST_BYTES:
            return
        is_dear = computed_s > byte_count * (DEAR_S_PER_MIB / 1024**2)
        self._dear_writes = self._dear_writes + 1 if is_dear else 0
        if self._dear_writes >= DEAR_WRITES:
            self._files_left = FILES_BEHIND

    def add(self, descriptor: int) -> None:
        """A file has all its bytes; its descriptor stays the caller's."""
        if _advise is None or not self._keeps_up or not self._files_left:
            return
        self._files_left -= 1
        begun_s = time.monotonic()
        with suppress(OSError):  # too many open files, for instance: then the system does as it likes
            _advise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            own = os.dup(descriptor)
            with self._lock:
                self._begun.append(own)
            self._keeps_up = time.monotonic() - begun_s < PATIENCE_S
        self._let_go(FILES)

    def clear(self) -> None:
        """Nothing more comes for now."""
        self._let_go(0)
        self._keeps_up = True
        self._dear_writes = self._files_left = 0

    def _let_go(self, most: int) -> None:
        while True:
            with self._lock:
                if len(self._begun) <= most:
                    return
                descriptor = self._begun.popleft()
            let_go(descriptor)
            with suppress(OSError):
                os.close(descriptor)
