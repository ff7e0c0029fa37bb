"""Verification: whether the bytes that the catalog believes in are still there, and still right.

The copies that were never looked at come first, then those with the oldest look, so runs that are cut short by a time
limit still get around the whole library, whatever the looks showed. A location that cannot be reached says nothing
about its copies: only an answer does.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.base import Limits
from audiotui.backends.proof import prove
from audiotui.core.catalog.looks import Look
from audiotui.errors import AudiotuiError, IntegrityError, KeyNotFound, TransferCancelled
from audiotui.events import Failed, Finished, Started, ignore
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer.askers import Askers
from audiotui.transfer.copies_to_verify import CopyToVerify, copies_by_id, ids_to_verify
from audiotui.transfer.location_trouble import is_about_location
from audiotui.transfer.telling import tell

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Mapping
    from concurrent.futures import Future

    from audiotui.backends.base import Backend, Entry
    from audiotui.core.catalog import Catalog
    from audiotui.events import Listener

THREADS = 4

WRITTEN_TOGETHER = 256

TROUBLES_BORNE = 3
"""After so many troubles of a location in a row it is left alone for the rest of the run; odd files of it are none."""

_JOB_ID = "verify"

_POSITION = "verify_position"
"""What the catalog remembers the last copy of a quick run by."""


@dataclass(frozen=True, slots=True)
class BadCopy:
    """A copy that is not what the catalog believed."""

    recording_uid: str
    name: str
    location: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a look at copies found."""

    levels: Mapping[VerifyLevel, int]
    """Copies whose bytes are those that the catalog knows, by how far that was proven just now."""
    damaged: tuple[BadCopy, ...]
    missing: tuple[BadCopy, ...]
    """Without those that were known to be missing while their files are somewhere else."""
    problems: tuple[str, ...]
    """Why some copies could not be looked at, one line each."""
    left: int
    """Copies that were not looked at, because of problems, the time limit, or because the user stopped the run."""
    bytes_proven: int
    is_recorded: bool = True
    """False where the catalog cannot be written, so that nothing of this is in it."""
    known_missing: int = 0
    """Copies that are missing still, as the catalog knew; their files are somewhere else."""
    returned: int = 0
    """Copies among the right ones that were missing before."""

    @property
    def right(self) -> int:
        """Copies whose bytes are those that the catalog knows."""
        return sum(self.levels.values())

    @property
    def is_clean(self) -> bool:
        """Whether nothing bad was found; that copies are still missing whose files are elsewhere is no find."""
        return not (self.damaged or self.missing)


def verify(
    catalog: Catalog,
    backends: Callable[[str], Backend],
    *,
    locations: Collection[str],
    recording_ids: Collection[int] | None = None,
    level: VerifyLevel = VerifyLevel.READ_BACK,
    max_time_s: float | None = None,
    listener: Listener = ignore,
    cancel: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> VerifyReport:
    """Look at the copies at some locations, of all recordings or of some, and tell the catalog what was found.

    ``level`` is how far each copy is proven at least. Copies that are known to be missing are looked at too, since they
    may be back. After ``max_time_s`` no further copy is begun. Where the level is lower
    than what copies were proven to before, a look renews no proof; so that such runs get around too, the next one goes
    on behind the copy that the last one ended with. A catalog that cannot be written only hears nothing of it.
    """
    limits = Limits(cancel=cancel)
    until_s = None if max_time_s is None else clock() + max_time_s

    def is_over() -> bool:
        return limits.cancelled or (until_s is not None and clock() >= until_s)

    run = _Run(catalog, listener, level, left=0)
    goes_around = level < VerifyLevel.READ_BACK and max_time_s is not None
    after = int(catalog.remembered(_POSITION) or 0) if goes_around else None
    ids = ids_to_verify(catalog, locations, recording_ids, after=after)
    run.left = len(ids)
    with Askers(THREADS, "audiotui-verify", limits.cancel) as askers:
        under_way: deque[tuple[CopyToVerify, Future[_Seen]]] = deque()
        for copy in copies_by_id(catalog, ids):
            if is_over():
                break
            if run.is_given_up(copy.location):
                continue
            if len(under_way) >= 4 * THREADS:
                run.handle(*_finish(askers, under_way))
            run.begin(copy)
            after = copy.copy_id
            under_way.append((copy, askers.ask(partial(_look, backends, copy, level, limits))))
        while under_way:
            run.handle(*_finish(askers, under_way))
    run.write()
    if goes_around and run.records:
        catalog.remember(_POSITION, str(after))
    catalog.reindex_dirty()
    return run.report()


class _Seen(NamedTuple):
    """What a look at a copy showed: an entry with the proof, or the error."""

    entry: Entry | None
    error: AudiotuiError | None


def _look(backends: Callable[[str], Backend], copy: CopyToVerify, level: VerifyLevel, limits: Limits) -> _Seen:
    try:
        return _Seen(prove(backends(copy.location), copy.key, copy.content(), level=level, limits=limits), None)
    except AudiotuiError as error:
        return _Seen(None, error)


def _finish(askers: Askers, under_way: deque[tuple[CopyToVerify, Future[_Seen]]]) -> tuple[CopyToVerify, _Seen]:
    copy, seen = under_way.popleft()
    try:
        return copy, askers.wait_for(seen)
    except TransferCancelled as error:
        return copy, _Seen(None, error)


@dataclass
class _Run:
    """What was found so far, written to the catalog in groups by the thread that asked."""

    catalog: Catalog
    listener: Listener
    level: VerifyLevel
    left: int
    levels: Counter[VerifyLevel] = field(default_factory=Counter)
    bytes_proven: int = 0
    known_missing: int = 0
    returned: int = 0
    damaged: list[BadCopy] = field(default_factory=list)
    missing: list[BadCopy] = field(default_factory=list)
    problems: dict[str, None] = field(default_factory=dict)
    _right: list[tuple[CopyToVerify, Look]] = field(default_factory=list)
    _troubles: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> bool:
        """Whether the catalog hears of it."""
        return not self.catalog.database.read_only

    def is_given_up(self, location: str) -> bool:
        """Whether a location failed too often for further looks."""
        return self._troubles[location] >= TROUBLES_BORNE

    def begin(self, copy: CopyToVerify) -> None:
        """Tell the listener of a copy whose turn has come."""
        tell(self.listener, Started(_JOB_ID, copy.copy_id, copy.name, copy.size_bytes))

    def handle(self, copy: CopyToVerify, look: _Seen) -> None:
        """Note what a look at one copy found."""
        error = look.error
        if isinstance(error, TransferCancelled):
            return
        if error is not None and not isinstance(error, (KeyNotFound, IntegrityError)):
            self._note_trouble(copy, error)
            return
        self._troubles[copy.location] = 0
        self.left -= 1
        if look.entry is not None:
            self._note_right(copy, look.entry)
        elif error is not None:
            self._note_bad(copy, error)

    def write(self) -> None:
        """Tell the catalog which copies are right; those that were stored anew or removed meanwhile count as left."""
        pending, self._right = self._right, []
        for (copy, look), held in zip(pending, self._noted([look for _, look in pending]), strict=True):
            if held and look.level is not None:
                self.levels[look.level] += 1
                self.returned += copy.before.state == CopyState.MISSING
                self.bytes_proven += copy.size_bytes if look.level >= VerifyLevel.STORAGE_SUM else 0
            else:
                self.left += 1

    def report(self) -> VerifyReport:
        """What was found."""
        return VerifyReport(
            levels=dict(self.levels),
            damaged=tuple(self.damaged),
            missing=tuple(self.missing),
            problems=tuple(self.problems),
            left=self.left,
            bytes_proven=self.bytes_proven,
            is_recorded=self.records,
            known_missing=self.known_missing,
            returned=self.returned,
        )

    def _noted(self, looks: list[Look]) -> list[bool]:
        """Tell the catalog of looks; for each, whether it still held."""
        return self.catalog.note_looks(looks) if self.records else [True] * len(looks)

    def _look(self, copy: CopyToVerify, state: CopyState) -> Look:
        return Look(copy.copy_id, copy.before, state, tried=self.level)

    def _note_right(self, copy: CopyToVerify, entry: Entry) -> None:
        look = self._look(copy, CopyState.PRESENT)._replace(
            level=entry.level, etag=entry.etag, version_id=entry.version_id
        )
        if look.is_outweighed:
            self._note_bad(copy, _damaged_before(copy))
            return
        self._right.append((copy, look))
        if len(self._right) >= WRITTEN_TOGETHER:
            self.write()
        tell(self.listener, Finished(_JOB_ID, copy.copy_id, copy.name, copy.size_bytes, entry.level))

    def _note_trouble(self, copy: CopyToVerify, error: AudiotuiError) -> None:
        if is_about_location(error):
            self._troubles[copy.location] += 1
        else:
            self._troubles[copy.location] = 0
            self._noted([self._look(copy, CopyState(copy.before.state))])
        self.problems[str(error)] = None
        tell(self.listener, Failed(_JOB_ID, copy.copy_id, copy.name, error))

    def _note_bad(self, copy: CopyToVerify, error: AudiotuiError) -> None:
        is_missing = isinstance(error, KeyNotFound)
        state = CopyState.MISSING if is_missing else CopyState.DAMAGED
        if not all(self._noted([self._look(copy, state)])):
            self.left += 1  # a pull stored it anew meanwhile, or a drop or a purge took it
            return
        bad = BadCopy(copy.recording_uid, copy.name, copy.location, copy.key, error.message)
        if is_missing and copy.known_missing:
            self.known_missing += 1
        else:
            (self.missing if is_missing else self.damaged).append(bad)
        tell(self.listener, Failed(_JOB_ID, copy.copy_id, copy.name, error))


def _damaged_before(copy: CopyToVerify) -> IntegrityError:
    return IntegrityError(
        f"The copy {copy.key!r} at {copy.location} was found damaged before; a look that reads less cannot clear it.",
        "`audiotui verify --level 3` reads it; `audiotui repair` makes it good from another copy.",
    )
