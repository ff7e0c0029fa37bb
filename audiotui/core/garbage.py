"""Python's garbage collector during a bulk, in which it would look through everything again and again for nothing."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_lock = threading.Lock()
_pauses = 0
_was_enabled = False


class SeldomCollected:
    """Inside it the collector runs only when ``collect`` is called; several threads may be inside at once.

    Rows are no cycles, so they go without it; a tenth of the time of adding a million is looking for what is not there.
    """

    def __enter__(self) -> Self:
        global _pauses, _was_enabled
        with _lock:
            if _pauses == 0:
                _was_enabled = gc.isenabled()
                gc.disable()
            _pauses += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _pauses
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                gc.enable()

    def collect(self) -> None:
        """Free the cycles that were made and left since the last time, such as those of who makes the rows."""
        gc.collect(0)
