"""Locations that keep silent: after two waits in vain, others are spared the same one for a while."""

from __future__ import annotations

import copy
import threading
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiotui.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Backend

LONG_S = 1.0
"""What fails sooner costs nobody much: it is asked anew, and what was restarted is found at once."""

SHORTEST_S = 10.0

LONGEST_S = 60.0


@dataclass(slots=True)
class _Heard:
    """What is known of how one location answers."""

    is_suspect: bool = False
    """Somebody waited in vain: perhaps a connection broke, perhaps all of it is away."""
    error: Unreachable | None = None
    until_s: float = 0.0
    """Until then it is refused with that error."""
    finding_out: threading.Lock = field(default_factory=threading.Lock)


class Silences:
    """The backends of one run by name, and which of them did not answer lately. Any thread may use it.

    After a long wait in vain one question alone finds out whether the location is away, and the others wait for that.
    If it is, it is left alone for as long as it kept that one waiting, ten seconds at least and a minute at most.
    """

    def __init__(self, backends: Callable[[str], Backend], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._backends = backends
        self._clock = clock
        self._heard: dict[str, _Heard] = {}

    def refusal(self, location: str) -> Unreachable | None:
        """Why a location is not asked now; None if it is."""
        heard = self._heard.get(location)
        return heard.error if heard is not None and self._clock() < heard.until_s else None

    @contextmanager
    def asking(self, location: str) -> Iterator[Backend]:
        """The backend of a location, for a question to it.

        Raises:
            Unreachable: at once, if others waited in vain a short while ago.
        """
        heard = self._heard.setdefault(location, _Heard())
        with heard.finding_out if heard.is_suspect else nullcontext():
            if (refusal := self.refusal(location)) is not None:
                raise copy.copy(refusal) from refusal
            was_suspect, began_s = heard.is_suspect, self._clock()
            heard_nothing = False
            try:
                yield self._backends(location)
            except Unreachable as error:
                ended_s = self._clock()
                heard_nothing = ended_s - began_s >= LONG_S
                if heard_nothing and was_suspect:
                    left_alone_s = min(max(ended_s - began_s, SHORTEST_S), LONGEST_S)
                    heard.error, heard.until_s = error, ended_s + left_alone_s
                raise
            finally:
                heard.is_suspect = heard_nothing
