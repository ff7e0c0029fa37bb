"""The manager's part for copies: where files lie and how sure that is, repairing copies, and removing them safely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from audiotui.core.row_edits import chunks
from audiotui.errors import AudiotuiError, InvalidInput, LocationError, TransferCancelled
from audiotui.events import Failed, Finished, Listener, ignore
from audiotui.manager.base import Library, Selection
from audiotui.manager.locations import NOBODYS_KEY
from audiotui.model import CopyState, VerifyLevel, copy_at

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Sequence

    from audiotui.backends.base import Limits
    from audiotui.model import Copy
    from audiotui.transfer.removal import Removal

READ_TOGETHER = 200

BULK_FILES = 20
"""A drop of more files than this needs the user's word."""

BULK_SHARE = 0.1
"""And so does one of more than this part of what a location has, if it has more than a handful."""

TROUBLES_BORNE = 20
"""So often may a location fail before a drop gives up on it."""

_JOB_ID = "copies"


@dataclass(frozen=True, slots=True)
class FileCopies:
    """One line of the copies matrix: the current file of a kind of a recording, and all its copies."""

    recording_uid: str
    label: str
    """What lists show of the recording: its title, else its text."""
    kind: str
    name: str
    size_bytes: int
    copies: tuple[Copy, ...]

    def at(self, location: str) -> Copy | None:
        """The copy at a location, the present one if there are several; None if the catalog has none."""
        return copy_at(self.copies, location)


@dataclass(frozen=True, slots=True)
class DropPlan:
    """What a drop would try to remove from a location, before any proof."""

    location: str
    files: int
    size_bytes: int
    present_files: int
    """All that the catalog has there."""
    left_alone: int
    """Files of the user's own, which were registered where they are."""

    @property
    def needs_consent(self) -> bool:
        """Whether it is so much that the user must have said so."""
        return is_bulk(self.files, self.present_files)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a drop did."""

    files: int
    """Now in the location's trash."""
    size_bytes: int
    was_gone: int
    """Copies of which no bytes were there any more; the catalog has forgotten them."""
    left_alone: int
    errors: tuple[AudiotuiError, ...]
    """Why other copies stayed, one each: mostly ``LastCopy``."""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class RestoredCopies:
    """What giving dropped copies back did."""

    files: int
    errors: tuple[AudiotuiError, ...]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did."""

    repaired: int
    size_bytes: int
    """Of the repaired copies."""
    right_again: int
    """Copies that were found to be right, so that nothing had to be done."""
    levels: dict[VerifyLevel, int]
    """How far the good ones were proven."""
    errors: tuple[AudiotuiError, ...]
    """Why other copies are as bad as before, one each."""
    cancelled: bool = False


class Copies(Library):
    """Copies of files at locations."""

    def copies_of(self, selection: Selection | Iterator[int] = "") -> Iterator[FileCopies]:
        """The copies matrix of recordings, in the selection's order: a line for each of their current files.

        Row ids may also come as an iterator, which is read as the lines are.
        """
        ids = selection if isinstance(selection, Iterator) else self._recording_ids(selection, trashed=True)
        for batch in chunks(ids, READ_TOGETHER):
            for recording in self.catalog.recordings_by_ids(batch):
                for file in recording.current_files:
                    yield FileCopies(
                        recording_uid=recording.uid,
                        label=recording.label,
                        kind=file.kind,
                        name=file.original_name,
                        size_bytes=file.size_bytes,
                        copies=file.copies,
                    )

    def plan_drop(self, selection: Selection, location: str, *, kinds: Collection[str] | None = None) -> DropPlan:
        """How much ``drop_copies`` would try to remove; changes nothing, and asks no location.

        Raises:
            InvalidInput: the configuration has no such location.
        """
        self._options(location)
        files = size_bytes = left_alone = 0
        for removal in self._droppable(self._recording_ids(selection), location, kinds):
            files += removal.copy.managed
            size_bytes += removal.file.size_bytes if removal.copy.managed else 0
            left_alone += not removal.copy.managed
        counts = self.catalog.copy_counts().get(location)
        return DropPlan(location, files, size_bytes, 0 if counts is None else counts.present, left_alone)

    def drop_copies(
        self,
        selection: Selection,
        location: str,
        *,
        kinds: Collection[str] | None = None,
        agreed: bool = False,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> Dropped:
        """Remove the copies of recordings' current files from a location, as long as others are proven just now.

        At least ``mincopies`` others must be, each by a live look and a verification of level 2 or further. What is
        removed lies in the location's trash for two weeks: ``restore_copies`` gives it back. Files that were registered
        in place are the user's own and stay. More than 20 files, or a tenth of what is there, need ``agreed``.

        Raises:
            InvalidInput: no such location, or too many files for a drop that nobody agreed to.
            LastCopy: the last scan of the location was not to be believed.
            Unreachable, AccessDenied: the location cannot be used now; nothing was removed.
        """
        from audiotui.backends.base import Limits
        from audiotui.transfer.doubt import refuse_doubtful
        from audiotui.transfer.removal import Remover

        plan = self.plan_drop(selection, location, kinds=kinds)
        if plan.needs_consent and not agreed:
            raise InvalidInput(
                f"This drops {plan.files} of the {plan.present_files} files at {location}.", "Say that you mean it."
            )
        refuse_doubtful(self.catalog, location)
        limits = Limits(cancel=cancel)
        if not self._answers(location, limits):
            return Dropped(0, 0, 0, plan.left_alone, (), cancelled=True)
        remover = Remover(self.catalog, self.backend, least_copies=self.config.mincopies, limits=limits)
        droppable = self._droppable(self._recording_ids(selection), location, kinds)
        removals = takewhile(lambda _removal: not limits.cancelled, (one for one in droppable if one.copy.managed))
        files = size_bytes = was_gone = troubles = 0
        errors: list[AudiotuiError] = []
        for removed in remover.remove(removals):
            _tell(listener, removed.removal, VerifyLevel.NONE, removed.error)
            if removed.error is not None:
                errors += [] if isinstance(removed.error, TransferCancelled) else [removed.error]
                troubles += isinstance(removed.error, LocationError)
                if troubles >= TROUBLES_BORNE:
                    break  # the location is away: the others would fail too
            elif removed.was_gone:
                was_gone += 1
            else:
                files += 1
                size_bytes += removed.removal.file.size_bytes
        self.catalog.reindex_dirty()
        return Dropped(files, size_bytes, was_gone, plan.left_alone, tuple(errors), limits.cancelled)

    def restore_copies(
        self, selection: Selection, location: str, *, cancel: threading.Event | None = None
    ) -> RestoredCopies:
        """Give back what drops put into a location's trash, and prove it; the others go on where one fails.

        Former versions come back, too, and files of recordings in the trash that are named by their ids. So do good
        copies there of which the catalog does not know, where nothing has their keys.

        Raises:
            InvalidInput: the configuration has no such location.
            Unreachable, AccessDenied: the location cannot be used now.
        """
        from audiotui.backends.base import Limits
        from audiotui.transfer.dropped import dropped_copies, restore

        limits = Limits(cancel=cancel)
        backend = self.backend(location)
        batches = chunks(self._recording_ids(selection, trashed=True), READ_TOGETHER)
        recordings = (one for batch in batches for one in self.catalog.recordings_by_ids(batch))
        errors: list[AudiotuiError] = []
        files = 0
        dropped = dropped_copies(self.catalog, backend, recordings, cancel=limits.cancel)
        going = takewhile(lambda _dropped: not limits.cancelled, dropped)
        try:
            for one in restore(self.catalog, backend, going, limits=limits):
                files += one.error is None
                errors += [] if one.error is None or isinstance(one.error, TransferCancelled) else [one.error]
        except TransferCancelled:
            pass  # before its trash was listed
        self.catalog.reindex_dirty()
        return RestoredCopies(files, tuple(errors), limits.cancelled)

    def repair(
        self,
        selection: Selection = "",
        location: str | None = None,
        *,
        listener: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> RepairReport:
        """Make damaged and missing copies good again from others, at a location or at all of them.

        Those that the catalog calls damaged or missing are looked at; ``verify`` finds them. Former versions count, and
        where nothing is selected the recordings in the trash, too. The good copy is proven before, the repaired one
        after. Damaged bytes go to the location's trash once the good ones are there. A file that was registered in
        place and has changed is the user's own, and stays.

        Raises:
            InvalidInput, NotSupported: no such location, or no backend for its kind.
        """
        from audiotui.backends.base import Limits
        from audiotui.transfer.repair import Repairer

        limits = Limits(cancel=cancel)
        names = [location] if location is not None else [info.name for info in self.locations() if info.ready]
        for name in names:
            self.backend(name)
        bad = (CopyState.DAMAGED, CopyState.MISSING)
        is_all = isinstance(selection, str) and not selection.strip()
        ids = self.catalog.recordings_with_bad_copies() if is_all else self._recording_ids(selection, trashed=True)
        targets = self._copies_at(ids, names, None, bad, former=True)
        going = takewhile(lambda _target: not limits.cancelled, targets)
        repaired = size_bytes = right_again = 0
        levels: Counter[VerifyLevel] = Counter()
        errors: list[AudiotuiError] = []
        for one in Repairer(self.catalog, self.backend, limits=limits).repair(going):
            _tell(listener, one.target, one.level, one.error)
            if one.error is not None:
                errors += [] if isinstance(one.error, TransferCancelled) else [one.error]
                continue
            levels[one.level] += 1
            repaired += bool(one.source)
            right_again += not one.source
            size_bytes += one.target.file.size_bytes if one.source else 0
        self.catalog.reindex_dirty()
        return RepairReport(repaired, size_bytes, right_again, dict(levels), tuple(errors), limits.cancelled)

    def _answers(self, location: str, limits: Limits) -> bool:
        """Ask a location for anything; False if that was stopped. A folder that was open may be unmounted by now."""
        from audiotui.transfer.askers import Askers

        with Askers(1, "audiotui-drop", limits.cancel) as askers:
            asked = askers.ask(partial(self.backend(location).exists, NOBODYS_KEY))
            try:
                askers.wait_for(asked)
            except TransferCancelled:
                return False
        return True

    def _droppable(
        self, recording_ids: Sequence[int], location: str, kinds: Collection[str] | None
    ) -> Iterator[Removal]:
        there = (CopyState.PRESENT, CopyState.DAMAGED, CopyState.MISSING)
        return self._copies_at(recording_ids, [location], kinds, there)

    def _copies_at(
        self,
        recording_ids: Sequence[int],
        locations: Collection[str],
        kinds: Collection[str] | None,
        states: Collection[CopyState],
        *,
        former: bool = False,
    ) -> Iterator[Removal]:
        """The copies of recordings' current files, or also of ``former`` ones, that locations have in some states."""
        from audiotui.transfer.removal import Removal

        for batch in chunks(recording_ids, READ_TOGETHER):
            for recording in self.catalog.recordings_by_ids(batch):
                for file in recording.files if former else recording.current_files:
                    for copy in file.copies:
                        is_wanted = kinds is None or file.kind in kinds
                        if is_wanted and copy.location in locations and copy.state in states:
                            yield Removal(recording.uid, file, copy)


def is_bulk(files: int, present_files: int) -> bool:
    """Whether removing so many of the files that a place has needs the user's word."""
    return files > BULK_FILES or (files > 1 and files > BULK_SHARE * present_files)


def _tell(listener: Listener, removal: Removal, level: VerifyLevel, error: AudiotuiError | None) -> None:
    from audiotui.transfer.telling import tell

    number, size_bytes = removal.copy.id, removal.file.size_bytes
    if error is not None:
        tell(listener, Failed(_JOB_ID, number, removal.name, error))
    else:
        tell(listener, Finished(_JOB_ID, number, removal.name, size_bytes, level))
