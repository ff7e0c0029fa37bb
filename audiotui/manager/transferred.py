"""What came of a push or a pull, and the errors on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.errors import AudiotuiError
    from audiotui.events import JobEvent, Listener
    from audiotui.transfer.jobs import JobInfo
    from audiotui.transfer.transfer_plan import TransferPlan

MOST_ERRORS = 1_000
"""So many errors are kept; a location that went away may have a hundred thousand, which the job lists."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What came of a push or pull: its plan, its job, and all that went wrong."""

    plan: TransferPlan
    job: JobInfo | None
    """None if there was nothing to send."""
    resumed: tuple[JobInfo, ...]
    """Earlier jobs of the same files that had been interrupted and were finished first."""
    errors: tuple[AudiotuiError, ...]
    """Why files are not where they should be: failed, damaged at the destination, or without a source; the first
    thousand."""

    def check(self) -> None:
        """Raise the first error, if there is any."""
        if self.errors:
            raise self.errors[0]


class ErrorTally:
    """Collects the errors of one transfer, first those that its plan knows of."""

    def __init__(self, known: Iterator[AudiotuiError]) -> None:
        self._errors = list(islice(known, MOST_ERRORS))

    def collecting(self, listener: Listener) -> Listener:
        """A listener that passes everything on and keeps the errors."""
        from audiotui.events import Failed

        def listen(event: JobEvent) -> None:
            if isinstance(event, Failed) and len(self._errors) < MOST_ERRORS:
                self._errors.append(event.error)
            listener(event)

        return listen

    def transferred(self, plan: TransferPlan, job: JobInfo | None, resumed: tuple[JobInfo, ...]) -> Transferred:
        """What came of it."""
        return Transferred(plan, job, resumed, tuple(self._errors))
