"""Python's garbage collector during a bulk, in which it would look through everything again and again for nothing."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

SELDOM = 50_000
"""So many objects more than before are worth a look: Python's 700 are there after twenty files of a transfer."""

_lock = threading.Lock()
_pauses = 0
_was_enabled = False
_busy = 0
_usual = gc.get_threshold()


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


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Inside it the collector runs by itself, but a seventieth as often; several threads may be inside at once.

    For work that may last for hours, beside other work of the program, which may leave cycles behind.
    """
    global _busy, _usual
    with _lock:
        if _busy == 0:
            _usual = gc.get_threshold()
            if 0 < _usual[0] < SELDOM:
                gc.set_threshold(SELDOM, *_usual[1:])
        _busy += 1
    try:
        yield
    finally:
        with _lock:
            _busy -= 1
            if _busy == 0:
                gc.set_threshold(*_usual)
