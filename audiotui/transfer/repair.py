"""Repairs: damaged and missing copies made good again from copies that are.

Nothing is believed and nothing is lost on the way. The bad copy is looked at again, since it may be right by now. A
good one is proven; its bytes are stored beside the bad ones, hashed on the way and proven there. Only then the bad ones
move into the location's trash and the good ones take their key. A crash at any point leaves both; a repair goes on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from audiotui.backends.base import Capability, GetItem, Limits, PutItem
from audiotui.backends.items import FixedFeed
from audiotui.backends.proof import prove
from audiotui.core.catalog.looks import Belief, Look
from audiotui.core.row_edits import chunks
from audiotui.crashpoints import crashpoint
from audiotui.errors import (
    AlreadyExists,
    AudiotuiError,
    IntegrityError,
    KeyNotFound,
    LocationError,
    SourceChanged,
    SourceDamaged,
    TransferCancelled,
)
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer.askers import Askers
from audiotui.transfer.other_copies import content_of, other_copies
from audiotui.transfer.silences import Silences
from audiotui.transfer.trashkeys import trash_key
from audiotui.transfer.unrepaired import no_source, own_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from audiotui.backends.base import Backend, Entry, Outcome
    from audiotui.backends.items import Source
    from audiotui.core.catalog import Catalog
    from audiotui.model import Copy
    from audiotui.transfer.removal import Removal

THREADS = 4

TOGETHER = 128


@dataclass(frozen=True, slots=True)
class Repaired:
    """How the repair of one copy ended."""

    target: Removal
    """The copy, with its file."""
    source: str = ""
    """The location or the original that the good bytes came from; '' if the copy was right again without any."""
    level: VerifyLevel = VerifyLevel.NONE
    """How far the repaired copy was proven."""
    error: AudiotuiError | None = None
    """Why it is as bad as before; None if it is good."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file of the user with the bytes of one in the library; they are proven as they are read."""

    name: str
    """What messages call it."""
    open_source: Callable[[], Source]


@dataclass(frozen=True, slots=True)
class _Work:
    """A copy that needs bytes: where they come from, and the key that they are stored under first."""

    target: Removal
    key: str
    is_bad: bool
    """Whether bad bytes have the copy's own key; else nothing has."""
    source: str
    """The location that the bytes come from, or what an original is called."""
    open_source: Callable[[], Source]
    copy: Copy | None = None
    """The good copy; None for an original."""
    doubts: tuple[str, ...] = ()
    """Why the copies that were tried before do not count, one sentence each."""
    tried: frozenset[int] = frozenset()
    """Their ids."""

    @property
    def source_key(self) -> str:
        """The key of the good copy; '' for an original."""
        return "" if self.copy is None else self.copy.key

    @property
    def is_staged(self) -> bool:
        """Whether the bytes are stored under another key first."""
        return self.key != self.target.copy.key


class Repairer:
    """Makes copies good. ``limits`` can cancel it: what is not done yet stays as it is.

    ``originals`` are files of the user to take instead of other copies, by the id of the bad copy.
    """

    def __init__(
        self,
        catalog: Catalog,
        backends: Callable[[str], Backend],
        *,
        originals: Mapping[int, Original] | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._backends = backends
        self._silences = Silences(backends, clock=clock)
        self._originals = originals or {}
        self._limits = limits or Limits()
        self._now = now

    def repair(self, targets: Iterable[Removal]) -> Iterator[Repaired]:
        """Repair copies, in groups; one outcome for each, as their group ends."""
        with Askers(THREADS, "audiotui-repair", self._limits.cancel) as askers:
            for group in chunks(targets, TOGETHER):
                asked = [(target, askers.ask(partial(self._prepare, target))) for target in group]
                while asked:
                    works: list[_Work] = []
                    for target, answer in asked:
                        found = _found(askers, target, answer)
                        if isinstance(found, _Work):
                            works.append(found)
                        else:
                            yield found
                    moved = self._move(askers, works)
                    if works:
                        crashpoint("repair.after_store")
                    asked = [(work.target, askers.ask(partial(self._finish, work, error))) for work, error in moved]

    def _prepare(self, target: Removal) -> Repaired | _Work:
        """Look at the bad copy, and find a good one unless there is an original."""
        copy = target.copy
        try:
            self._limits.check()
            content = content_of(target.file)
            with self._silences.asking(copy.location) as backend:
                entry = prove(backend, copy.key, content, level=VerifyLevel.READ_BACK, limits=self._limits)
        except KeyNotFound:
            # Beside the user's own files nothing is begun: what breaks off there could never be told from theirs.
            key, is_bad = (copy.key if copy.managed else self._new_trash_key(copy.key)), False
        except IntegrityError as error:
            if not copy.managed:
                return Repaired(target, error=own_file(target, error))
            key, is_bad = self._new_trash_key(copy.key), True
        except AudiotuiError as error:
            return Repaired(target, error=error)
        else:
            return self._good(target, entry)
        if original := self._originals.get(copy.id):
            return _Work(target, key, is_bad, original.name, original.open_source)
        return self._with_source(target, key, is_bad)

    def _with_source(
        self,
        target: Removal,
        key: str,
        is_bad: bool,
        doubts: tuple[str, ...] = (),
        tried: frozenset[int] = frozenset(),
    ) -> Repaired | _Work:
        """Find a good copy that was not tried yet, and tell the catalog of those that turned out bad on the way."""
        good = other_copies(
            self._silences,
            target.file,
            besides=tried | {target.copy.id},
            enough=1,
            limits=self._limits,
            now=self._now(),
        )
        for state, copies in ((CopyState.DAMAGED, good.damaged), (CopyState.MISSING, good.missing)):
            self._catalog.note_looks([Look(copy.id, Belief.of(copy), state) for copy in copies])
        if self._limits.cancelled:
            return Repaired(target, error=_stopped())
        if not good.proven:
            is_damaged = bool(good.damaged or tried)
            return Repaired(target, error=no_source(target, (*doubts, *good.doubts), is_damaged=is_damaged))
        source = good.proven[0].copy
        open_source = partial(self._backends(source.location).open_source, source.key)
        return _Work(target, key, is_bad, source.location, open_source, source, doubts, tried)

    def _move(self, askers: Askers, works: list[_Work]) -> list[tuple[_Work, AudiotuiError | None]]:
        """Store the good bytes, those between the same two locations together; how that ended for each."""
        pairs: dict[tuple[str, str], list[_Work]] = defaultdict(list)
        for work in works:
            pairs[work.source if work.source_key else "", work.target.copy.location].append(work)
        moved: list[tuple[_Work, AudiotuiError | None]] = []
        for (source, destination), several in pairs.items():
            try:
                done = askers.wait_for(askers.ask(partial(self._store, source, destination, several)))
            except AudiotuiError as error:
                done = dict.fromkeys(range(len(several)), error)
            moved += [(work, done[number] if number in done else _stopped()) for number, work in enumerate(several)]
        return moved

    def _store(self, source: str, destination: str, works: list[_Work]) -> dict[int, AudiotuiError | None]:
        """How storing ended, by the number of the work; those that are not in it were not begun."""
        outcomes = self._outcomes(source, self._backends(destination), works)
        return {outcome.item.id: outcome.error for outcome in outcomes}

    def _outcomes(
        self, source: str, destination: Backend, works: list[_Work]
    ) -> Iterator[Outcome[PutItem]] | Iterator[Outcome[GetItem]]:
        """Start moving; ``source`` is '' for originals."""
        is_direct = not source or Capability.DIRECT in self._backends(source).capabilities
        if Capability.DIRECT in destination.capabilities and not is_direct:
            gets = (
                GetItem(work.source_key, content_of(work.target.file), destination, work.key, id=number)
                for number, work in enumerate(works)
            )
            return self._backends(source).get_many(FixedFeed(gets), self._limits)
        puts = (
            PutItem(
                work.key,
                content_of(work.target.file),
                work.open_source,
                id=number,
                attributes={"sha256": work.target.file.sha256, "recording": work.target.recording_uid},
            )
            for number, work in enumerate(works)
        )
        return destination.put_many(FixedFeed(puts), self._limits)

    def _finish(self, work: _Work, error: AudiotuiError | None) -> Repaired | _Work:
        """Prove the good bytes where they are, give them the copy's key, and prove them there."""
        target, copy = work.target, work.target.copy
        if error is not None:
            return self._without(work.copy, work, error) if work.copy else Repaired(target, work.source, error=error)
        content = content_of(target.file)
        try:
            with self._silences.asking(copy.location) as backend:
                if work.is_staged:
                    prove(backend, work.key, content, level=VerifyLevel.STORAGE_SUM)
                    self._exchange(backend, work)
                entry = prove(backend, copy.key, content, level=VerifyLevel.STORAGE_SUM)
        except AudiotuiError as failure:
            return Repaired(target, work.source, error=failure)
        return replace(self._good(target, entry, is_stored_anew=True), source=work.source)

    def _without(self, source: Copy, work: _Work, error: AudiotuiError) -> Repaired | _Work:
        """The same work with another source, if the error is that of this one."""
        here = work.target.copy.location == source.location
        if isinstance(error, SourceDamaged):
            doubt = f"The copy {source.key!r} at {source.location} is damaged, though it was proven before."
            self._catalog.note_looks([Look(source.id, Belief.of(source), CopyState.DAMAGED)])
        elif isinstance(error, SourceChanged) or (
            isinstance(error, LocationError) and error.location == source.location and not here
        ):
            doubt = error.message
        else:
            return Repaired(work.target, work.source, error=error)
        return self._with_source(work.target, work.key, work.is_bad, (*work.doubts, doubt), work.tried | {source.id})

    def _exchange(self, backend: Backend, work: _Work) -> None:
        copy = work.target.copy
        if work.is_bad:  # else what is there by now is somebody's, and stays
            with suppress(KeyNotFound):  # somebody has taken the bad bytes away meanwhile
                backend.move(copy.key, self._new_trash_key(copy.key))
        crashpoint("repair.after_setting_aside")
        with suppress(AlreadyExists):  # another repair was quicker; the proof that follows tells whether it was good
            backend.move(work.key, copy.key)

    def _new_trash_key(self, key: str) -> str:
        return trash_key(key, self._catalog.library_id, self._now())

    def _good(self, target: Removal, entry: Entry, *, is_stored_anew: bool = False) -> Repaired:
        copy = target.copy
        look = Look(
            copy.id,
            Belief.of(copy),
            CopyState.PRESENT,
            entry.level,
            entry.etag,
            entry.version_id,
            is_stored_anew=is_stored_anew,
        )
        self._catalog.note_looks([look])
        return Repaired(target, level=entry.level)


def _found(askers: Askers, target: Removal, answer: Future[Repaired | _Work]) -> Repaired | _Work:
    try:
        return askers.wait_for(answer)
    except TransferCancelled:
        return Repaired(target, error=_stopped())


def _stopped() -> TransferCancelled:
    return TransferCancelled("The repair was stopped.", "Run it again: it goes on where it stopped.")
