"""Whether a bucket that is in use is still the one that has the library's mark: others may remove and make it anew."""

from __future__ import annotations

import threading
import time
from math import inf
from typing import TYPE_CHECKING

from audiotui.backends.lastfailure import LastFailure
from audiotui.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.objectstore.sdk_answers import Answer

TRUSTED_S = 10.0
"""So long after it was seen, nobody looks for the mark again."""


class MarkWatch:
    """Looks for a mark that was seen before, one thread at a time; ``look`` gives the store's answer if it is gone."""

    def __init__(self, look: Callable[[], Answer | None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._seen_s: float | None = None  # what was never seen is never missed
        self._looking = threading.Lock()
        self._failure = LastFailure(Unreachable)

    def note(self) -> None:
        """The mark was seen, or left, just now."""
        self._seen_s = self._clock()

    def doubt(self) -> None:
        """It may be gone: a mark that was seen is looked for by the next who asks."""
        self._seen_s = None if self._seen_s is None else -inf

    def missed(self) -> Answer | None:
        """The store's answer that the mark is gone; None if it is there, or was seen a moment ago or never.

        Raises:
            Unreachable: the store does not answer.
        """
        if self._is_trusted():
            return None
        with self._looking, self._failure.shared():
            answer = None if self._is_trusted() else self._look()
            if answer is None:
                self.note()
            return answer

    def _is_trusted(self) -> bool:
        return self._seen_s is None or self._clock() - self._seen_s < TRUSTED_S
