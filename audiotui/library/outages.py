"""Which servers do not work now, as found out by many works that need the same ones: no work waits in vain again."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError, ServiceError
from audiotui.transfer.retry import Remedy, remedy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(slots=True)
class _Standing:
    """What is known of one server."""

    worked_s: float = float("-inf")
    in_a_row: int = 0
    """Failures since it worked."""
    outage: AudiotuiError | None = None

    def note(self, error: AudiotuiError, in_a_row: int) -> None:
        """One more failure; the server does not work after so many in a row."""
        self.in_a_row += 1
        if self.in_a_row >= in_a_row:
            self.outage = self.outage or error


class Outages:
    """What is found out in the course of one upkeep; any thread may ask."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._servers: dict[str, _Standing] = {}

    @contextmanager
    def using(
        self, server: str, kinds: type[AudiotuiError] | tuple[type[AudiotuiError], ...], *, in_a_row: int = 1
    ) -> Iterator[None]:
        """Inside it a server is used; errors of some kinds are its own.

        It does not work once so many failures in a row could have passed with time. One that another work was served
        during is no sign of that: it may lie in what was asked for.

        Raises:
            ServiceError: it does not work, so nothing was tried.
        """
        with self._lock:
            standing = self._servers.setdefault(server, _Standing())
            if standing.outage is not None:
                raise _not_tried(server, standing.outage)
        begun_s = self._clock()
        try:
            yield
        except kinds as error:
            with self._lock:
                if _may_be_down(error) and standing.worked_s < begun_s:
                    standing.note(error, in_a_row)
            raise
        with self._lock:
            standing.worked_s, standing.in_a_row = self._clock(), 0


def _may_be_down(error: AudiotuiError) -> bool:
    """Whether the server may not work; one that found other bytes than were sent, for example, is there."""
    cause = error.__cause__
    return error.retryable and (not isinstance(cause, AudiotuiError) or remedy_for(cause) is Remedy.WAITING)


def _not_tried(server: str, outage: AudiotuiError) -> ServiceError:
    return ServiceError(
        f"Not tried, because {server} failed just before: {outage.message}",
        outage.hint,
        service=server,
        retryable=True,
    )
