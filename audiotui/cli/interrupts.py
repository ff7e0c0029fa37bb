"""Ctrl-C during work that can be stopped and gone on with later."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from audiotui.cli.session import Session


@contextmanager
def stopping(session: Session) -> Iterator[threading.Event]:
    """An event that Ctrl-C (or a polite kill) sets; a second Ctrl-C ends the program at once.

    Outside the main thread, where no signal arrives, the event is never set.
    """
    wanted = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if wanted.is_set():
            raise KeyboardInterrupt
        wanted.set()
        session.say("Stopping; what arrived is kept. Press Ctrl-C again to end at once.")

    if threading.current_thread() is not threading.main_thread():
        yield wanted
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
