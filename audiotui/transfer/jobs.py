"""Jobs and their items as values: what the journal holds and what lists, bars and screens show.

A job is one requested push, pull, verify or import; an item is one file of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that is misread
_ID_LENGTH = 8
_ID_EPOCH_S = 1_704_067_200  # 2024-01-01 UTC
_ID_RANDOM_BITS = 10


class JobKind(StrEnum):
    """What a job does."""

    PUSH = "push"
    PULL = "pull"
    VERIFY = "verify"
    IMPORT = "import"


class JobState(StrEnum):
    """Where a job stands. ``running``: a process works on it, or died while it did (see ``JobInfo.is_live``)."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    """Every item is done or was there before."""
    FAILED = "failed"
    """Nothing is left to do by itself, and some items failed."""
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether only a person can set the job going again."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class ItemState(StrEnum):
    """Where one file of a job stands."""

    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    SKIPPED = "skipped"
    """The same bytes were there before."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobItem(NamedTuple):
    """One file to move: all that the engine needs to know of it."""

    file_id: int
    recording_uid: str
    name: str
    """What people know the file by; text from outside."""
    source: str
    """The location that it comes from."""
    source_key: str
    key: str
    """Where the bytes shall lie at the destination."""
    size_bytes: int
    sha256: str
    part_sha256: tuple[str, ...] = ()
    managed: bool = True
    """Whether the key is one that only the library makes, so that other bytes under it are damage."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be written to the journal."""

    kind: JobKind
    title: str
    source: str = ""
    """Where all its items come from; '' if they come from several locations."""
    destination: str = ""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """What the names of its locations point at now; a job never runs against another target than it was made for."""
    parallel: int | None = None
    """Items at once; None lets the backend choose."""
    bytes_per_s: int | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job as it stands; rates and times are those of the process that works on it, or None."""

    id: str
    kind: JobKind
    title: str
    source: str
    """'' if its items come from several locations."""
    destination: str
    state: JobState
    wish: JobState | None
    """What a person asked of a running job and the process has not done yet: ``held`` or ``cancelled``."""
    total_items: int
    done_items: int
    """Copied in this job; those that were there before are ``skipped_items``."""
    failed_items: int
    skipped_items: int
    cancelled_items: int
    total_bytes: int
    done_bytes: int
    """Of all items, those that failed and those under way included as far as they got."""
    rate_bytes_s: float | None
    eta_s: float | None
    parallel: int | None
    bytes_per_s: int | None
    error: str
    """Why the job as a whole stopped, '' if it did not."""
    hint: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    owner: str
    is_live: bool
    """Whether a process holds the job now."""
    params: dict[str, Any]
    waits_for: str = ""
    """The location that does not answer and that the process waits for, '' if it waits for none."""

    @property
    def location(self) -> str:
        """The location that people name the job by: where a push goes, where anything else comes from."""
        return self.destination if self.kind is JobKind.PUSH else self.source

    @property
    def standing(self) -> str:
        """The state as lists show it: a job whose process died is ``interrupted``, not running."""
        return "interrupted" if self.state is JobState.RUNNING and not self.is_live else str(self.state)

    @property
    def open_items(self) -> int:
        """Items that wait or are under way."""
        return self.total_items - self.done_items - self.skipped_items - self.failed_items - self.cancelled_items


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """One file of a job as it stands; ``id`` counts from 1 within the job."""

    id: int
    job_id: str
    recording_uid: str
    name: str
    key: str
    size_bytes: int
    done_bytes: int
    state: ItemState
    attempt: int
    error: str
    """What went wrong last, '' if nothing did."""
    hint: str


@dataclass(frozen=True, slots=True)
class UnfinishedUploads:
    """Which unfinished files at locations belong to jobs that may go on (open), and which to jobs that ended."""

    open_tags: frozenset[int]
    """Tags in the names of temps."""
    open_tokens: frozenset[str]
    closed_tokens: frozenset[str]


def new_job_id(now_ms: int, previous: str | None) -> str:
    """Eight letters and digits that sort by time; always after ``previous``, also when the clock went back."""
    number = max(0, now_ms // 1000 - _ID_EPOCH_S) << _ID_RANDOM_BITS | random.getrandbits(_ID_RANDOM_BITS)
    if previous is not None:
        number = max(number, _decode(previous) + 1)
    digits = [_ID_ALPHABET[number >> shift & 31] for shift in range(5 * (_ID_LENGTH - 1), -1, -5)]
    return "".join(digits)


def _decode(job_id: str) -> int:
    number = 0
    for digit in job_id:
        number = number * 32 + _ID_ALPHABET.index(digit)
    return number
