"""Locations that keep silent: after one question that got no answer, others are spared the same wait for a while."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiotui.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Backend

LONG_S = 1.0
"""What fails sooner costs nobody much: it is asked anew, and what was restarted is found at once."""

SHORTEST_S = 10.0

LONGEST_S = 60.0


class Silences:
    """The backends of one run by name, and which of them did not answer lately. Any thread may use it.

    A location is left alone for as long as it kept somebody waiting, ten seconds at least and a minute at most.
    """

    def __init__(self, backends: Callable[[str], Backend], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._backends = backends
        self._clock = clock
        self._heard: dict[str, tuple[Unreachable, float]] = {}

    def refusal(self, location: str) -> Unreachable | None:
        """Why a location is not asked now; None if it is."""
        error, until_s = self._heard.get(location, (None, 0.0))
        return error if self._clock() < until_s else None

    @contextmanager
    def asking(self, location: str) -> Iterator[Backend]:
        """The backend of a location, for a question to it.

        Raises:
            Unreachable: at once, if another question waited in vain a short while ago.
        """
        if (refusal := self.refusal(location)) is not None:
            raise copy.copy(refusal) from refusal
        began_s = self._clock()
        try:
            yield self._backends(location)
        except Unreachable as error:
            ended_s = self._clock()
            waited_s = ended_s - began_s
            if waited_s >= LONG_S:
                self._heard[location] = error, ended_s + min(max(waited_s, SHORTEST_S), LONGEST_S)
            raise
