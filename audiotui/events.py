"""What happens to the items of a transfer job, as frozen values; progress bars, JSON lines and screens draw from these.

For every item: Queued, then any number of Started, Progressed, Retrying and Verifying, then exactly one of
Finished, Failed, Cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotui.errors import AudiotuiError
    from audiotui.model import VerifyLevel


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """What all events carry: the job, the item's number in it, and the name that people know the file by."""

    job_id: str
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
    """``done_bytes`` of ``size_bytes`` have been taken by the destination."""

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


Listener = Callable[[ItemEvent], None]
"""Called from the thread that runs the job; must be quick and must not raise (what it raises is logged and dropped)."""


def ignore(event: ItemEvent) -> None:
    """The listener of those who do not listen."""
