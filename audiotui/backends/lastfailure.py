"""A failure to connect that took long, shared by all who would otherwise wait for the same again, one after another."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG_S = 2.0
"""What fails sooner is tried anew by everybody: nobody waits for that, and what was restarted is found at once."""

MOST_REMEMBERED_S = 10.0

OPENING_BORNE_S = 0.2
"""So long a close waits for another thread that is connecting."""


class LastFailure:
    """Remembers that a place did not answer, for as long as it took to find that out.

    ``kind`` is the error that says so. Whoever uses it takes care that there is one try at a time.
    """

    def __init__(self, kind: type[Exception], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._kind = kind
        self._clock = clock
        self._error: Exception | None = None
        self._until_s = 0.0

    @contextmanager
    def shared(self) -> Iterator[None]:
        """The context of a try; raises at once what the last one found, if that was a short while ago."""
        began_s = self._clock()
        if self._error is not None and began_s < self._until_s:
            raise copy.copy(self._error) from self._error
        self._error = None
        try:
            yield
        except self._kind as error:
            ended_s = self._clock()
            if ended_s - began_s >= LONG_S:
                self._error, self._until_s = error, ended_s + min(ended_s - began_s, MOST_REMEMBERED_S)
            raise
