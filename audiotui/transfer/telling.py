"""The one place where listeners are called."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from audiotui.cleanup import caught

if TYPE_CHECKING:
    from audiotui.events import JobEvent, Listener

_log = logging.getLogger(__name__)


def tell(listener: Listener, event: JobEvent) -> None:
    """Let a listener hear an event; what it raises is logged and goes no further."""
    with caught() as trouble:
        listener(event)
    if trouble.error is not None:  # a broken listener must not break a transfer
        _log.error("the listener of job %s failed at %s", event.job_id, type(event).__name__, exc_info=trouble.error)
