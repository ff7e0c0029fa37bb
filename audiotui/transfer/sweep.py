"""Removing what broken-off work left: unfinished files, bytes that never reached the catalog, and old trash.

Only what is ours goes: unfinished files by the library in their names or by the journal, keys by the journal alone. The
unfinished files of jobs that may go on stay, however old, and so does whatever a living process works on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from audiotui.backends.keys import TEMP_NAME, library_tag
from audiotui.errors import AudiotuiError, KeyNotFound
from audiotui.text import format_count
from audiotui.transfer import trashkeys
from audiotui.transfer.digest import FileDigest
from audiotui.transfer.location_trouble import OF_THE_WHOLE
from audiotui.transfer.trash import TRASH_KEPT, empty

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from audiotui.backends.base import Backend, Unfinished
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.intents import IntendedFile
    from audiotui.transfer.journal import Journal

DAY_S = 86_400

JOBS_KEPT_S = 30 * DAY_S
"""So long a finished job stays in the lists."""

NAMELESS_KEPT_S = 30 * DAY_S
"""So long an unfinished file that names no library stays where several libraries store: it may be another one's."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep removed."""

    removed_temps: int
    removed_bytes: int
    undone_files: int
    """Files that were being added when their process died; nobody was ever told that they are in the library."""
    forgotten_jobs: int
    emptied_files: int
    """Files that had been in the trash of their locations for long enough."""
    emptied_bytes: int
    problems: tuple[str, ...]
    """What could not be swept, one line each."""
    notes: tuple[str, ...] = ()
    """What was left alone on purpose, one line each."""


def sweep(
    catalog: Catalog,
    journal: Journal,
    backends: Callable[[str], Backend],
    *,
    locations: Collection[str],
    age_s: float = DAY_S,
    trash_kept: timedelta = TRASH_KEPT,
    least_copies: int = 1,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SweepReport:
    """Clean up at some locations; unfinished files younger than ``age_s`` stay (0: none is too young).

    What was dropped lies in the trash for ``trash_kept``, and longer if fewer than ``least_copies`` other copies of it
    can be proven then.
    """
    run = _Sweep(catalog, journal, backends, age_s=age_s, now=now())
    run.undo_abandoned_additions()
    for location in locations:
        run.remove_temps(location)
        run.empty_trash(location, trash_kept, least_copies)
    return SweepReport(
        removed_temps=run.removed_temps,
        removed_bytes=run.removed_bytes,
        undone_files=run.undone_files,
        emptied_files=run.emptied_files,
        emptied_bytes=run.emptied_bytes,
        forgotten_jobs=journal.forget_finished(older_than_s=JOBS_KEPT_S),
        problems=tuple(run.problems),
        notes=tuple(run.notes),
    )


@dataclass
class _Sweep:
    """One sweep on its way, and what it has removed."""

    catalog: Catalog
    journal: Journal
    backends: Callable[[str], Backend]
    age_s: float
    now: datetime
    removed_temps: int = 0
    removed_bytes: int = 0
    undone_files: int = 0
    emptied_files: int = 0
    emptied_bytes: int = 0
    problems: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def undo_abandoned_additions(self) -> None:
        """End what dead processes were adding: what the catalog has stays, the rest goes."""
        for batch, files in self.journal.intents.abandoned():
            try:
                undone = [self._undo(file) for file in files]
                if all(undone):
                    self.journal.intents.settled(batch)
            except AudiotuiError as error:  # the batch stays in the journal, for the next sweep
                self.problems[str(error)] = None

    def remove_temps(self, location: str) -> None:
        """Remove the unfinished files at one location that nobody will finish."""
        try:
            backend = self.backends(location)
            found = list(backend.list_unfinished())
            kept = self.journal.unfinished_uploads()  # after the listing, to know the jobs of all that was found
            doomed = {
                one.token: one
                for one in found
                if one.token not in kept.open_tokens
                and (one.token in kept.closed_tokens or self._is_ours(one, backend, kept.open_tags))
                and _is_old(one, self.now, self.age_s)
            }
            for one in doomed.values():
                self._discard(backend, one)
        except AudiotuiError as error:
            self.problems[str(error)] = None

    def empty_trash(self, location: str, kept: timedelta, least_copies: int) -> None:
        """Delete what drops and repairs put into the trash of a location long ago, last copies excepted."""
        try:
            emptied = empty(self.catalog, self.backends, location, now=self.now, kept=kept, least_copies=least_copies)
        except AudiotuiError as error:
            self.problems[str(error)] = None
            return
        self.emptied_files += emptied.files
        self.emptied_bytes += emptied.size_bytes
        self.problems.update(dict.fromkeys(emptied.kept))
        if emptied.unknown:
            self.notes.append(
                f"Unknown files in the trash of {location}: {format_count(emptied.unknown)}. They stay, since the "
                "catalog has no recording that they are of. If those were purged, delete them by hand in "
                f"{trashkeys.FOLDER} there."
            )

    def _discard(self, backend: Backend, one: Unfinished) -> None:
        try:
            # What another process works on is left alone; what it ended meanwhile is not ours to count.
            if backend.discard(one.token, key=one.key):
                self.removed_temps += 1
                self.removed_bytes += one.size_bytes or 0
        except OF_THE_WHOLE:
            raise
        except AudiotuiError as error:  # it keeps no other
            self.problems[str(error)] = None

    def _undo(self, file: IntendedFile) -> bool:
        """Undo one file; False if that has to wait, because somebody is adding the same bytes under the same key."""
        backend = self.backends(file.location)
        if file.temp:
            backend.discard(file.temp)
        if not file.sha256 or self._is_known(file) or not _has_bytes(backend, file):
            return True
        with self.journal.intents.nobody_adds(file.location, file.key) as is_free:
            if is_free and not self._is_known(file):
                backend.delete(file.key)
                self.undone_files += 1
        return is_free

    def _is_known(self, file: IntendedFile) -> bool:
        return self.catalog.copy_at(file.location, file.key) is not None

    def _is_ours(self, one: Unfinished, backend: Backend, open_tags: Collection[int]) -> bool:
        known = self.catalog.copy_at(backend.name, one.key) if one.key else None
        if known is not None and known.managed:  # its key is ours and taken: nobody can finish it
            return True
        trashed = trashkeys.parse(one.key)  # where a repair stores before it exchanges
        if trashed is not None and trashed.is_of(self.catalog.library_id):
            return True
        name = TEMP_NAME.fullmatch(one.token.rpartition("/")[2])
        if name is None or int(name["job"], 16) in open_tags:
            return False
        if name["library"]:
            return name["library"] == library_tag(self.catalog.library_id)
        return not backend.is_shared() or _is_old(one, self.now, NAMELESS_KEPT_S)


def _is_old(one: Unfinished, now: datetime, age_s: float) -> bool:
    if age_s <= 0:
        return True
    return one.modified_at is not None and (now - one.modified_at).total_seconds() >= age_s


def _has_bytes(backend: Backend, file: IntendedFile) -> bool:
    """Whether the bytes that were to be added, and no others, lie under the key."""
    digest = FileDigest()
    try:
        for block in backend.read(file.key):
            digest.update(block)
    except KeyNotFound:
        return False
    return digest.sha256 == file.sha256
