"""When a failed item is tried again, and after how long: by the class of its error, never by its text.

Full jitter after AWS, "Exponential backoff and jitter" (2015): a random wait up to a limit that doubles, so that items
that failed together do not come back together.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError, IntegrityError, LocationFull, SourceChanged, Throttled, UploadExpired

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RETRY_AFTER_S = 300.0
"""A location may ask for a longer pause than ours, up to this."""

_BASE_S = 0.2
_LONGEST_S = 30.0


class Remedy(Enum):
    """What may heal a failed item."""

    WAITING = auto()
    """No answer, "slow down", a busy catalog: it may pass by itself."""
    FRESH_READ = auto()
    """Wrong bytes arrived: read the source again."""
    RESTART = auto()
    """The source changed while it was read: begin again, once."""
    NEW_UPLOAD = auto()
    """The far side forgot the unfinished upload."""
    ROOM = auto()
    """No room: a file that was too big may have taken it all, and given it back by now. Once more."""
    NONE = auto()
    """A person has to do something."""


MOST_RETRIES = {
    Remedy.WAITING: 7,
    Remedy.FRESH_READ: 2,
    Remedy.RESTART: 1,
    Remedy.NEW_UPLOAD: 2,
    Remedy.ROOM: 1,
    Remedy.NONE: 0,
}
"""How often one item is repeated for each reason in one run."""


def remedy_for(error: AudiotuiError) -> Remedy:
    """What may heal this error; nothing heals a class that does not say so."""
    if isinstance(error, IntegrityError):
        return Remedy.FRESH_READ
    if isinstance(error, SourceChanged):
        return Remedy.RESTART
    if isinstance(error, UploadExpired):
        return Remedy.NEW_UPLOAD
    if isinstance(error, LocationFull):
        return Remedy.ROOM
    return Remedy.WAITING if error.retryable else Remedy.NONE


@dataclass(slots=True)
class RetryCount:
    """The failures of one item in one run."""

    failures: dict[Remedy, int] = field(default_factory=dict)
    random_unit: Callable[[], float] = random.random

    @property
    def attempt(self) -> int:
        """The number of the next try, from 1."""
        return sum(self.failures.values()) + 1

    def next_wait_s(self, error: AudiotuiError) -> float | None:
        """Count a failure; the seconds to wait before the next try, None if there must be none."""
        remedy = remedy_for(error)
        self.failures[remedy] = self.failures.get(remedy, 0) + 1
        if self.failures[remedy] > MOST_RETRIES[remedy]:
            return None
        if remedy in (Remedy.RESTART, Remedy.NEW_UPLOAD):
            return 0.0
        wait_s = self.random_unit() * min(_LONGEST_S, _BASE_S * 2.0 ** sum(self.failures.values()))
        if isinstance(error, Throttled) and error.retry_after is not None:
            return max(wait_s, min(MAX_RETRY_AFTER_S, error.retry_after))
        return wait_s
