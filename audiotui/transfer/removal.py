"""Removing copies so that the last good one never goes, whatever the catalog believes and whoever else removes some.

For each file, in this order: other copies are proven where they lie; one transaction checks that the catalog still
knows them and gives the copy that goes its new state, so of two processes that rely on each other's copy the second is
refused; the bytes move into the location's trash; the other copies are looked at again. If they went with it, two names
led to one place, and everything is moved back; of others that went with it, the catalog hears. Only then bytes that are
to go for good are deleted.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from audiotui.backends.base import Limits
from audiotui.core.catalog.looks import Belief, CopyToMove, Look
from audiotui.core.row_edits import chunks
from audiotui.crashpoints import crashpoint
from audiotui.errors import AccessDenied, AudiotuiError, KeyNotFound, LastCopy, TransferCancelled, TransferError
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer.askers import Askers
from audiotui.transfer.other_copies import OtherCopies, ProvenCopy, doubt_now, other_copies
from audiotui.transfer.places import Places
from audiotui.transfer.silences import Silences
from audiotui.transfer.trashkeys import trash_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.model import Copy, RecordingFile

THREADS = 8

TOGETHER = 64

NO_ROW = 0
"""The id of a copy that the catalog has no row for."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A copy that is to be removed, and the file that it is of, with all its copies."""

    recording_uid: str
    file: RecordingFile
    copy: Copy

    @property
    def name(self) -> str:
        """What people call the file."""
        return self.file.original_name or self.copy.key.rpartition("/")[2]

    @property
    def siblings(self) -> frozenset[int]:
        """The ids of all copies that do not count as others: the library's own ones at the same location.

        They do for what the catalog has no row for: it is no copy that anybody relies on, only one too many.
        """
        if self.copy.id == NO_ROW:
            return frozenset()
        here = self.copy.location
        return frozenset(copy.id for copy in self.file.copies if copy.location == here and copy.managed)


@dataclass(frozen=True, slots=True)
class Removed:
    """How one removal ended."""

    removal: Removal
    error: AudiotuiError | None = None
    """Why the copy is where it was; None if it is gone, or in the trash."""
    was_gone: bool = False
    """There were no bytes to remove."""


@dataclass(frozen=True, slots=True)
class _Going:
    """A removal that the catalog has agreed to."""

    removal: Removal
    proven: tuple[ProvenCopy, ...]
    mark: CopyToMove
    trash_key: str

    @property
    def marked(self) -> Belief:
        """What the catalog holds of the copy since then."""
        return self.mark.before._replace(key=self.mark.new_key, state=self.mark.new_state.value)

    def taken_back(self) -> CopyToMove:
        """The move that makes the copy in the catalog what it was."""
        copy = self.removal.copy
        return CopyToMove(copy.id, self.marked, copy.key, copy.state)


class Remover:
    """Removes copies while at least ``least_copies`` others of the file are proven.

    ``for_good`` leaves nothing in the trash, and the copies in the catalog as missing; then the others are proven by
    looking at their bytes. Else they are in the trash, and the catalog says under which key.
    """

    def __init__(
        self,
        catalog: Catalog,
        backends: Callable[[str], Backend],
        *,
        least_copies: int = 1,
        for_good: bool = False,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._silences = Silences(backends, clock=clock)
        self._least = max(1, least_copies)
        self._for_good = for_good
        self._limits = limits or Limits()
        self._now = now
        self._places = Places(self._silences, catalog.library_id)

    def remove(self, removals: Iterable[Removal]) -> Iterator[Removed]:
        """Remove copies, in groups; one outcome for each, as their group ends. What is not taken on stays."""
        with Askers(THREADS, "audiotui-remove", self._limits.cancel) as askers:
            for group in chunks(removals, TOGETHER):
                asked = [askers.ask(partial(self._prove, removal)) for removal in group]
                found = [_found(askers, answer) for answer in asked]
                going: list[_Going] = []
                for removal, others in zip(group, self._noted(found), strict=True):
                    if len(others.proven) < self._least or self._limits.cancelled:
                        yield Removed(removal, self._refusal(removal, others))
                    elif (silence := self._silences.refusal(removal.copy.location)) is not None:
                        yield Removed(removal, silence)
                    else:
                        going.append(self._going(removal, others))
                agreed = self._catalog.move_copies([one.mark for one in going])
                crashpoint("removal.after_mark")
                begun = [
                    (one, askers.ask(partial(self._carry_out, one)))
                    for one, yes in zip(going, agreed, strict=True)
                    if yes
                ]
                # Of all of them before any is told: who hears the outcomes may stop in the middle.
                done = [self._carried_out(askers, one, answer) for one, answer in begun]
                yield from (
                    Removed(one.removal, _overtaken(one)) for one, yes in zip(going, agreed, strict=True) if not yes
                )
                yield from done

    def prove(self, removal: Removal) -> OtherCopies:
        """Look at the other copies of one file, and tell the catalog; for those who only want to know.

        Raises:
            LastCopy: too few could be proven.
            TransferCancelled: the limits were cancelled.
        """
        (others,) = self._noted([self._prove(removal)])
        if len(others.proven) < self._least:
            raise self._refusal(removal, others)
        return others

    def _prove(self, removal: Removal) -> OtherCopies:
        return other_copies(
            self._silences,
            removal.file,
            besides=removal.siblings | {removal.copy.id},
            enough=self._least,
            anew=self._for_good,
            places=self._places,
            limits=self._limits,
            now=self._now(),
        )

    def _noted(self, found: list[OtherCopies]) -> list[OtherCopies]:
        """The catalog hears what the looks showed; proofs that it no longer has a place for do not count."""
        looks = [look for others in found for look in _looks(others)]
        self._catalog.note_looks(looks)
        copies = self._catalog.copies_by_ids({one.copy.id for others in found for one in others.proven})
        return [
            OtherCopies(
                proven=tuple(
                    ProvenCopy(copies[one.copy.id], one.entry)
                    for one in others.proven
                    if one.copy.id in copies and _is_same(copies[one.copy.id], one.copy)
                ),
                doubts=others.doubts,
            )
            for others in found
        ]

    def _going(self, removal: Removal, others: OtherCopies) -> _Going:
        copy = removal.copy
        key = trash_key(copy.key, self._catalog.library_id, self._now())
        mark = CopyToMove(
            copy_id=copy.id,
            before=Belief.of(copy),
            new_key=copy.key if self._for_good else key,
            new_state=CopyState.MISSING if self._for_good else CopyState.TRASHED,
            kept=tuple((one.copy.id, Belief.of(one.copy)) for one in others.proven),
            least_kept=self._least,
        )
        return _Going(removal, others.proven, mark, key)

    def _carry_out(self, going: _Going) -> Removed:
        copy = going.removal.copy
        if (silence := self._silences.refusal(copy.location)) is not None:  # since the catalog agreed
            return self._taken_back(going, silence)
        try:
            with self._silences.asking(copy.location) as backend:
                backend.move(copy.key, going.trash_key)
        except AudiotuiError as error:
            return self._broken_off(going, error)
        crashpoint("removal.after_move")
        doubts = {one.copy.location: doubt_now(self._silences, one) for one in going.proven}
        if any(doubts.values()):
            return self._back(going, {location: doubt for location, doubt in doubts.items() if doubt is not None})
        self._note_vanished(going)
        if self._for_good:
            try:
                with self._silences.asking(copy.location) as backend:
                    backend.delete(going.trash_key)
            except AudiotuiError as error:
                return self._broken_off(going, error)
        return Removed(going.removal)

    def _note_vanished(self, going: _Going) -> None:
        """Note which copies under the same key went with this one, since their location is the same place.

        Those that are proven were looked at; enough of them are left.
        """
        gone, seen = going.removal.copy, {one.copy.id for one in going.proven}
        for copy in going.removal.file.copies:
            is_twin = copy.key == gone.key and copy.location != gone.location and copy.state is CopyState.PRESENT
            if not is_twin or copy.id in seen:
                continue
            is_there = True
            with suppress(AudiotuiError), self._silences.asking(copy.location) as backend:
                is_there = backend.exists(copy.key)  # where it does not say, nothing is known of it
            if not is_there:
                self._catalog.note_looks([Look(copy.id, Belief.of(copy), CopyState.MISSING)])

    def _carried_out(self, askers: Askers, going: _Going, answer: Future[Removed]) -> Removed:
        try:
            return askers.wait_for(answer)
        except TransferCancelled as error:
            if answer.cancelled():  # else it was begun: the catalog calls it trashed, which a restore looks into
                self._catalog.move_copies([going.taken_back()])
            return Removed(going.removal, error)

    def _broken_off(self, going: _Going, error: AudiotuiError) -> Removed:
        """A move or a deletion failed, perhaps after it was done: believe what is there now, else the error."""
        copy = going.removal.copy
        try:
            with self._silences.asking(copy.location) as backend:
                if not backend.exists(copy.key):
                    if backend.exists(going.trash_key):
                        backend.move(going.trash_key, copy.key)
                    else:
                        if isinstance(error, KeyNotFound) and not self._for_good:
                            self._catalog.forget_copy(copy.id, going.marked)
                        return Removed(going.removal, was_gone=True)
        except AudiotuiError:
            if not isinstance(error, AccessDenied):  # what was not allowed was not done, though nobody may look
                return Removed(going.removal, error)  # the catalog calls it trashed or missing: a restore looks into it
        return self._taken_back(going, error)

    def _back(self, going: _Going, doubts: dict[str, AudiotuiError]) -> Removed:
        """Undo a move after which other copies do not count any more, for one reason or another."""
        copy = going.removal.copy
        gone = sorted(location for location, doubt in doubts.items() if isinstance(doubt, KeyNotFound))
        if gone:
            error: AudiotuiError = LastCopy(
                f"{going.removal.name}: with its copy at {copy.location} the one at {' and '.join(gone)} went too; it "
                "was moved back.",
                "Two names may lead to one place. Look where the locations' folders or buckets really are.",
            )
        else:
            why = " ".join(doubt.message for doubt in doubts.values())
            error = LastCopy(
                f"{going.removal.name} at {copy.location} stays: its other copies were proven, but not any more. {why}",
                "Look at those locations, then run this again.",
            )
        try:
            with self._silences.asking(copy.location) as backend:
                backend.move(going.trash_key, copy.key)
        except AudiotuiError as cause:
            error.__cause__ = cause
            return Removed(going.removal, error)
        return self._taken_back(going, error)

    def _taken_back(self, going: _Going, error: AudiotuiError) -> Removed:
        """The bytes have the key that they had: so they do in the catalog."""
        self._catalog.move_copies([going.taken_back()])
        return Removed(going.removal, error)

    def _refusal(self, removal: Removal, others: OtherCopies) -> TransferError:
        if self._limits.cancelled:
            return TransferCancelled("The removal was stopped.", "What was removed so far can be given back.")
        have = len(others.proven)
        why = "".join(f" {doubt}" for doubt in dict.fromkeys(others.doubts))
        wanted = "no other copy" if self._least == 1 else f"{have} of the {self._least} other copies that must stay"
        return LastCopy(
            f"{removal.name} at {removal.copy.location} stays: {wanted} could be proven just now.{why}",
            "Push it somewhere first, or `audiotui repair` its other copies.",
        )


def _found(askers: Askers, answer: Future[OtherCopies]) -> OtherCopies:
    try:
        return askers.wait_for(answer)
    except TransferCancelled:
        return OtherCopies((), ())


def _looks(others: OtherCopies) -> Iterator[Look]:
    for one in others.proven:
        if one.entry.level >= VerifyLevel.STORAGE_SUM:  # proven anew
            yield Look(
                one.copy.id,
                Belief.of(one.copy),
                CopyState.PRESENT,
                one.entry.level,
                one.entry.etag,
                one.entry.version_id,
            )
    for state, copies in ((CopyState.DAMAGED, others.damaged), (CopyState.MISSING, others.missing)):
        for copy in copies:
            yield Look(copy.id, Belief.of(copy), state)


def _is_same(now: Copy, before: Copy) -> bool:
    return (now.file_id, now.key, now.state) == (before.file_id, before.key, before.state)


def _overtaken(going: _Going) -> LastCopy:
    copy = going.removal.copy
    return LastCopy(
        f"{going.removal.name} at {copy.location} stays: another process changed its copies meanwhile.",
        "Look at them with `audiotui status`, then run this again.",
    )
