"""Whether a file has other copies that are proven now: what every removal asks before it removes anything.

The catalog alone is never believed. A copy counts if its location says now that it is there, and either it is the very
version that was proven to level 2 or further within the last 30 days, or it is proven again on the spot. Where bytes go
for good, all are proven on the spot: a disk may rot under a file, whose size and time stay as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from audiotui.backends.items import Content
from audiotui.backends.proof import prove
from audiotui.errors import AudiotuiError, IntegrityError, KeyNotFound, SourceChanged
from audiotui.model import CopyState, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Collection

    from audiotui.backends.base import Backend, Entry, Limits
    from audiotui.model import Copy, RecordingFile
    from audiotui.transfer.places import Places
    from audiotui.transfer.silences import Silences

PROOF_HOLDS = timedelta(days=30)
"""So long a proof of level 2 stands in for a new one, as long as the storage says that the file is the same."""


@dataclass(frozen=True, slots=True)
class ProvenCopy:
    """A copy that was just found to hold a file's bytes."""

    copy: Copy
    entry: Entry
    """As the location describes it; its level is NONE where an earlier proof still holds."""


@dataclass(frozen=True, slots=True)
class OtherCopies:
    """What was found out about a file's other copies."""

    proven: tuple[ProvenCopy, ...]
    doubts: tuple[str, ...]
    """Why the others do not count, one sentence each."""
    damaged: tuple[Copy, ...] = ()
    """Those that turned out to hold other bytes."""
    missing: tuple[Copy, ...] = ()


def content_of(file: RecordingFile) -> Content:
    """The bytes that every copy of a file should have."""
    return Content(file.size_bytes, file.sha256, file.part_sha256)


def other_copies(
    silences: Silences,
    file: RecordingFile,
    *,
    besides: Collection[int],
    enough: int,
    anew: bool = False,
    places: Places | None = None,
    limits: Limits | None = None,
    now: datetime | None = None,
) -> OtherCopies:
    """Look at copies of a file other than those of the ids ``besides``, until ``enough`` are proven.

    Of several copies at one location one counts. Those that were proven last are asked first: they are the cheapest to
    believe. With ``anew`` none is believed, however young its last proof. ``places`` tells which locations are one
    place under two names; their copies count as one.
    """
    now = now or datetime.now(UTC)
    content = content_of(file)
    proven: list[ProvenCopy] = []
    doubts: list[str] = []
    bad: dict[CopyState, list[Copy]] = {CopyState.DAMAGED: [], CopyState.MISSING: []}
    candidates = [copy for copy in file.copies if copy.id not in besides and copy.state is CopyState.PRESENT]
    for copy in sorted(candidates, key=_cheapest_first, reverse=True):
        if len(proven) >= enough:
            break
        if any(copy.location == other.copy.location for other in proven):
            continue
        try:
            with silences.asking(copy.location) as backend:
                entry = None if anew else _same_as_proven(backend, copy, content, now)
                if entry is None:
                    entry = prove(backend, copy.key, content, level=VerifyLevel.STORAGE_SUM, limits=limits)
            twin = _twin(places, copy, proven)
            if twin:
                doubts.append(twin)
            else:
                proven.append(ProvenCopy(copy, entry))
        except (KeyNotFound, IntegrityError) as error:
            bad[CopyState.MISSING if isinstance(error, KeyNotFound) else CopyState.DAMAGED].append(copy)
            doubts.append(error.message)
        except AudiotuiError as error:
            doubts.append(error.message)
    return OtherCopies(tuple(proven), tuple(doubts), tuple(bad[CopyState.DAMAGED]), tuple(bad[CopyState.MISSING]))


def doubt_now(silences: Silences, proven: ProvenCopy) -> AudiotuiError | None:
    """Why a copy that was proven does not count any more: KeyNotFound if it is gone; None if it is the same file."""
    copy = proven.copy
    try:
        with silences.asking(copy.location) as backend:
            entry = backend.stat(copy.key)
    except AudiotuiError as error:
        return error
    if (entry.size_bytes, entry.etag) == (proven.entry.size_bytes, proven.entry.etag):
        return None
    return SourceChanged(f"The copy {copy.key!r} at {copy.location} has changed just now.")


def _twin(places: Places | None, copy: Copy, proven: list[ProvenCopy]) -> str:
    """Why a copy adds none to those that are proven; '' if it does."""
    if places is None:
        return ""
    return next(filter(None, (places.doubt(one.copy, copy) for one in proven)), "")


def _same_as_proven(backend: Backend, copy: Copy, content: Content, now: datetime) -> Entry | None:
    """What lies there if it is the very version of a proof that still holds; None if it has to be proven again."""
    if copy.verified_at is None or copy.verify_level < VerifyLevel.STORAGE_SUM or not copy.etag:
        return None
    entry = backend.stat(copy.key)
    is_same = (entry.size_bytes, entry.etag) == (content.size_bytes, copy.etag)
    return entry if is_same and timedelta(0) <= now - copy.verified_at <= PROOF_HOLDS else None


def _cheapest_first(copy: Copy) -> tuple[bool, float]:
    proven = copy.verify_level >= VerifyLevel.STORAGE_SUM
    return proven, copy.verified_at.timestamp() if copy.verified_at else 0.0
