"""Repairs: damaged and missing copies made good again from copies that are.

Nothing is believed and nothing is lost on the way. The bad copy is looked at again, since it may be right by now. A
good one is proven; its bytes are stored beside the bad ones, hashed on the way and proven there. Only then the bad ones
move into the location's trash and the good ones take their key. A crash at any point leaves both; a repair goes on.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
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
from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound, TransferCancelled
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer.other_copies import content_of, other_copies
from audiotui.transfer.trashkeys import trash_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from audiotui.backends.base import Backend, Entry, Outcome
    from audiotui.backends.items import Source
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.other_copies import OtherCopies
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
    source: str
    """The location that the bytes come from, or what an original is called."""
    open_source: Callable[[], Source]
    source_key: str = ""
    """'' for an original."""

    @property
    def is_staged(self) -> bool:
        """Whether bad bytes have the copy's own key."""
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
    ) -> None:
        self._catalog = catalog
        self._backends = backends
        self._originals = originals or {}
        self._limits = limits or Limits()
        self._now = now

    def repair(self, targets: Iterable[Removal]) -> Iterator[Repaired]:
        """Repair copies, in groups; one outcome for each, as their group ends."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="audiotui-repair") as threads:
            for group in chunks(targets, TOGETHER):
                works: list[_Work] = []
                for found in threads.map(self._prepare, group):
                    if isinstance(found, _Work):
                        works.append(found)
                    else:
                        yield found
                moved = list(self._move(works))
                crashpoint("repair.after_store")
                yield from threads.map(self._finish, moved)

    def _prepare(self, target: Removal) -> Repaired | _Work:
        """Look at the bad copy, and find a good one unless there is an original."""
        copy = target.copy
        try:
            self._limits.check()
            backend = self._backends(copy.location)
            entry = prove(backend, copy.key, content_of(target.file), level=VerifyLevel.READ_BACK, limits=self._limits)
        except KeyNotFound:
            key = copy.key
        except IntegrityError as error:
            if not copy.managed:
                return Repaired(target, error=_own_file(target, error))
            key = trash_key(copy.key, self._catalog.library_id, self._now())
        except AudiotuiError as error:
            return Repaired(target, error=error)
        else:
            return self._good(target, entry)
        if original := self._originals.get(copy.id):
            return _Work(target, key, original.name, original.open_source)
        good = other_copies(
            self._backends, target.file, besides={copy.id}, enough=1, limits=self._limits, now=self._now()
        )
        if not good.proven:
            return Repaired(target, error=_no_source(target, good))
        source = good.proven[0].copy
        return _Work(
            target, key, source.location, partial(self._backends(source.location).open_source, source.key), source.key
        )

    def _move(self, works: list[_Work]) -> Iterator[tuple[_Work, AudiotuiError | None]]:
        """Store the good bytes, those between the same two locations together."""
        pairs: dict[tuple[str, str], list[_Work]] = defaultdict(list)
        for work in works:
            pairs[work.source if work.source_key else "", work.target.copy.location].append(work)
        for (source, destination), several in pairs.items():
            try:
                outcomes = self._outcomes(source, self._backends(destination), several)
                done = {outcome.item.id: outcome.error for outcome in outcomes}
            except AudiotuiError as error:
                done = dict.fromkeys(range(len(several)), error)
            for number, work in enumerate(several):
                yield work, done[number] if number in done else _stopped()

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

    def _finish(self, moved: tuple[_Work, AudiotuiError | None]) -> Repaired:
        """Prove the good bytes where they are, give them the copy's key, and prove them there."""
        work, error = moved
        target, copy = work.target, work.target.copy
        if error is not None:
            return Repaired(target, work.source, error=error)
        content = content_of(target.file)
        try:
            backend = self._backends(copy.location)
            if work.is_staged:
                prove(backend, work.key, content, level=VerifyLevel.STORAGE_SUM)
                self._exchange(backend, work)
            entry = prove(backend, copy.key, content, level=VerifyLevel.STORAGE_SUM)
        except AudiotuiError as failure:
            return Repaired(target, work.source, error=failure)
        return replace(self._good(target, entry, is_stored_anew=True), source=work.source)

    def _exchange(self, backend: Backend, work: _Work) -> None:
        copy = work.target.copy
        with suppress(KeyNotFound):  # somebody has taken the bad bytes away meanwhile
            backend.move(copy.key, trash_key(copy.key, self._catalog.library_id, self._now()))
        crashpoint("repair.after_setting_aside")
        with suppress(AlreadyExists):  # another repair was quicker; the proof that follows tells whether it was good
            backend.move(work.key, copy.key)

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


def _no_source(target: Removal, others: OtherCopies) -> AudiotuiError:
    """The error for a file without a proven copy: damage if some copy of it is damaged, else that there is none."""
    why = f" {others.doubts[0]}" if others.doubts else ""
    message = (
        f"{target.name} at {target.copy.location} cannot be repaired: no other copy could be proven just now.{why}"
    )
    hint = "Connect the location that has a good one, or give the file back with `audiotui add-file`."
    if others.damaged or any(copy.state is CopyState.DAMAGED for copy in target.file.copies):
        return IntegrityError(message, hint)
    return KeyNotFound(message, hint, location=target.copy.location, key=target.copy.key)


def _own_file(target: Removal, cause: IntegrityError) -> IntegrityError:
    error = IntegrityError(
        f"{target.copy.key!r} at {target.copy.location} is your own file, and not what it was when it was registered.",
        "If the change was meant, add it as a new version: `audiotui add-file`. If not, move it away and repair again.",
    )
    error.__cause__ = cause
    return error


def _stopped() -> TransferCancelled:
    return TransferCancelled("The repair was stopped.", "Run it again: it goes on where it stopped.")
