"""What the system keeps in memory of files that were written: whether that is dear, and how it lets go of it.

Left to itself it keeps all of them for half a minute, if nobody syncs them. That is the quickest as long as it has
memory at hand; where it has to fetch more from somewhere else, as a virtual machine does from its host, that takes as
long as all else that is done for a file. Then it pays to let the disk have the files at once, and to use their memory
again for the next ones.
"""

from __future__ import annotations

import os
from contextlib import suppress

DEAR_S_PER_MIB = 0.001
"""Of the processor, for writes on average: memory at hand takes 0.3 to 0.6 ms, other memory 2 to 3 (measured)."""

FEWEST_BYTES = 64 * 1024
"""What less takes is mostly the call itself."""

AVERAGED_WRITES = 8
"""About so many of the last ones count."""

DEAR_FOR_WRITES = 4096
"""So long it counts as dear then: in memory that is used again writing is cheap, and says nothing."""

_advise = getattr(os, "posix_fadvise", None)


def let_go(descriptor: int, offset: int = 0, length: int = 0) -> None:
    """Let the system begin to write bytes of a file (0: all from there on), and forget those that the disk has."""
    if _advise is not None:
        with suppress(OSError):
            _advise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)


class MemoryCost:
    """Of what is written below one folder; any thread may use it."""

    def __init__(self) -> None:
        self._s_per_mib = 0.0
        self._writes_left = 0

    @property
    def is_dear(self) -> bool:
        """Whether memory for files is dear just now."""
        return self._writes_left > 0

    def wrote(self, byte_count: int, computed_s: float) -> None:
        """So much of the processor took a write; threads that tell at the same time may be counted as one."""
        if byte_count < FEWEST_BYTES:
            return
        cost = min(computed_s / byte_count * 1024**2, 4 * DEAR_S_PER_MIB)  # one that was disturbed is one of many
        self._s_per_mib += (cost - self._s_per_mib) / AVERAGED_WRITES
        self._writes_left = DEAR_FOR_WRITES if self._s_per_mib > DEAR_S_PER_MIB else max(0, self._writes_left - 1)

    def forget(self) -> None:
        """Nothing more is written for now, and may be cheap the next time."""
        self._s_per_mib, self._writes_left = 0.0, 0
