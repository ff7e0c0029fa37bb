"""Threads of the service: they die with the process, and a system that has none to give now stops no save."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


def begun(thread: threading.Thread | None, run: Callable[[], None], name: str) -> threading.Thread | None:
    """The thread if it lives, else a new one that runs; None if there is none to be had, so ask again later."""
    if thread is not None and thread.is_alive():
        return thread
    new = threading.Thread(target=run, name=name, daemon=True)
    try:
        new.start()
    except RuntimeError as error:  # so Python tells of too many threads, and of an interpreter that ends
        _log.warning("%s waits: %s", name, error)
        return None
    return new
