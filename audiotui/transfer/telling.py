"""The one place where listeners are called."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotui.events import JobEvent, Listener

_log = logging.getLogger(__name__)


def tell(listener: Listener, event: JobEvent) -> None:
    """Let a listener hear an event; what it raises is logged and goes no further."""
    try:
        listener(event)
    except Exception:  # noqa: BLE001 - a broken listener must not break a transfer; the log has its error
        _log.exception("the listener of job %s failed at %s", event.job_id, type(event).__name__)
