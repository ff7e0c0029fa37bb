"""What happens to the items of a transfer job, as frozen values; progress bars, JSON lines and screens draw from these.

For every item: Queued, then any number of Started, Progressed, Retrying and Verifying, then exactly one of
Finished, Failed, Cancelled. Between them, for the job as a whole: LocationAway, and LocationBack if it is waited for
with success.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotui.errors import AudiotuiError
    from audiotui.model import VerifyLevel


@dataclass(frozen=True, slots=True)
class JobEvent:
    """What all events carry."""

    job_id: str


@dataclass(frozen=True, slots=True)
class LocationAway(JobEvent):
    """A location that answered before does not any more, for ``reason``; the job waits for it.

    It is tried again after ``wait_s`` seconds, then less and less often, and given up after ``patience_s``.
    """

    location: str
    reason: str
    wait_s: float
    patience_s: float


@dataclass(frozen=True, slots=True)
class LocationBack(JobEvent):
    """The location answers again, and the job goes on."""

    location: str


@dataclass(frozen=True, slots=True)
class ItemEvent(JobEvent):
    """What the events of one item carry: its number in the job, and the name that people know the file by."""

    item_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Queued(ItemEvent):
    """The item is in the journal."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class Started(ItemEvent):
    """The first byte is about to move; ``resumed_bytes`` of it are there already."""

    size_bytes: int
    resumed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Progressed(ItemEvent):
    """``done_bytes`` of ``size_bytes`` went out; the destination has taken them, or all but the last of them."""

    done_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Retrying(ItemEvent):
    """Attempt number ``attempt`` (from 2) starts in ``wait_s`` seconds because of ``reason``."""

    attempt: int
    wait_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Verifying(ItemEvent):
    """The bytes are there and are now being proven."""


@dataclass(frozen=True, slots=True)
class Finished(ItemEvent):
    """The copy is there and proven to ``level``; ``skipped`` if it was there before with the same bytes."""

    size_bytes: int
    level: VerifyLevel
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Failed(ItemEvent):
    """The item will not be tried again in this run."""

    error: AudiotuiError


@dataclass(frozen=True, slots=True)
class Cancelled(ItemEvent):
    """The user stopped the job before this item was done."""


Listener = Callable[[JobEvent], None]
"""Called from the thread that runs the job; must be quick and must not raise (what it raises is logged and dropped)."""


def ignore(event: JobEvent) -> None:
    """The listener of those who do not listen."""
