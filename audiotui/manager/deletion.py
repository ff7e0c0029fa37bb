"""The manager's part for deleting: the trash, which takes nothing away, and the purge, which does.

A purge never takes the last proven copy of a file unless it is forced, and it decides that by looking at the storage
now, not at what the catalog remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.cleanup import on_failure
from audiotui.core.row_edits import chunks
from audiotui.errors import AudiotuiError, LastCopy
from audiotui.manager.base import Library, Selection
from audiotui.model import LOCAL, CopyState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audiotui.model import Copy, Recording, RecordingFile
    from audiotui.transfer.removal import Removal, Remover

PURGED_TOGETHER = 100
"""So many recordings at most lose their files before the catalog forgets them."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did."""

    recordings: int
    files_removed: int = 0
    bytes_removed: int = 0
    kept: tuple[str, ...] = ()
    """Copies that a purge left where they are, as ``location:key``: other locations, and files registered in place."""

    def plus(self, other: Deleted) -> Deleted:
        """What two deletions did together."""
        return Deleted(
            self.recordings + other.recordings,
            self.files_removed + other.files_removed,
            self.bytes_removed + other.bytes_removed,
            self.kept + other.kept,
        )


class Deletion(Library):
    """Trash and purge."""

    def delete_recording(self, recording_id: str, *, purge: bool = False, force: bool = False) -> Deleted:
        """Put a recording into the trash, or with ``purge`` remove it for good; see ``delete_recordings``."""
        return self.delete_recordings([recording_id], purge=purge, force=force)

    def delete_recordings(self, selection: Selection, *, purge: bool = False, force: bool = False) -> Deleted:
        """Put all recordings of a selection into the trash; files stay, and ``undo`` or a restore takes them back.

        With ``purge`` they are removed from the catalog and from ``local`` for good, history included. Copies at other
        locations stay there, and so do files that were registered in place: they are the user's own. ``force`` removes
        the copies at all locations, the last ones included.

        Raises:
            LastCopy: without ``force``, for some file no other copy could be proven just now, or the last scan of
                ``local`` was in doubt. Nothing was removed, or, if the copy was lost while the purge ran, this
                recording stays in the trash and those after it stay.
            LocationError: with ``force``, a location that has copies cannot be used now; nothing was removed.
        """
        ids = self._recording_ids(selection, trashed=purge)
        if not purge:
            return Deleted(recordings=self.catalog.trash_recordings(ids))
        if force:
            self._require_usable_locations(ids)
        else:
            self._require_other_copies(ids)
        done = Deleted(recordings=0)
        for batch in chunks(ids, PURGED_TOGETHER):
            # Nobody adds a file to a recording in the trash, so what is read now is all there is to remove.
            self.catalog.trash_recordings(batch)
            recordings = self.catalog.recordings_by_ids(batch)
            done = done.plus(self._purge_everywhere(recordings) if force else self._purge_local(recordings))
        return done

    def _require_other_copies(self, ids: Sequence[int]) -> None:
        """Raise LastCopy before anything is removed if some file has no other proven copy, or ``local`` is in doubt."""
        from audiotui.transfer.doubt import refuse_doubtful

        remover = self._remover()
        for batch in chunks(ids, PURGED_TOGETHER):
            for removal in self._local_removals(self.catalog.recordings_by_ids(batch)):
                refuse_doubtful(self.catalog, removal.copy.location)
                self._proven(remover, removal)

    def _purge_local(self, recordings: Sequence[Recording]) -> Deleted:
        """Remove what ``local`` has of recordings, and then their rows; a copy whose others were lost stays."""
        removed: list[RecordingFile] = []
        refused: dict[str, AudiotuiError] = {}
        for one in self._remover().remove(self._local_removals(recordings)):
            if one.error is not None:
                refused.setdefault(one.removal.recording_uid, one.error)
            elif not one.was_gone:
                removed.append(one.removal.file)
        purged = [recording for recording in recordings if recording.uid not in refused]
        done = self._forget(purged, removed)
        if refused:
            raise next(iter(refused.values()))
        return done

    def _purge_everywhere(self, recordings: Sequence[Recording]) -> Deleted:
        doomed = [(file, copy) for file, copy in _copies(recordings) if self._is_doomed(copy, everywhere=True)]
        # First the word, then the bytes, then the rows: whenever this breaks off, and whoever restores a recording
        # meanwhile, no copy is called present that is gone; and the purge can be repeated.
        self._say([(copy, CopyState.MISSING) for _, copy in doomed])
        gone = 0
        with on_failure(lambda: self._say([(copy, copy.state) for _, copy in doomed[gone:]])):
            for _, copy in doomed:
                self.backend(copy.location).delete(copy.key)
                gone += 1
        return self._forget(recordings, [file for file, _ in doomed], everywhere=True)

    def _forget(
        self, recordings: Sequence[Recording], removed: Sequence[RecordingFile], *, everywhere: bool = False
    ) -> Deleted:
        self.catalog.purge_recordings([recording.id for recording in recordings])
        return Deleted(
            recordings=len(recordings),
            files_removed=len(removed),
            bytes_removed=sum(file.size_bytes for file in removed),
            kept=tuple(
                f"{copy.location}:{copy.key}"
                for _, copy in _copies(recordings)
                if not self._is_doomed(copy, everywhere=everywhere) and copy.state is not CopyState.MISSING
            ),
        )

    def _remover(self) -> Remover:
        from audiotui.transfer.removal import Remover

        return Remover(self.catalog, self.backend, least_copies=self.config.mincopies, for_good=True)

    def _local_removals(self, recordings: Iterable[Recording]) -> Iterator[Removal]:
        """The library's own copies in ``local`` whose bytes are there."""
        from audiotui.transfer.removal import Removal

        for recording in recordings:
            for file in recording.files:
                for copy in file.copies:
                    if self._is_doomed(copy, everywhere=False) and self.backend(LOCAL).exists(copy.key):
                        yield Removal(recording.uid, file, copy)

    @staticmethod
    def _proven(remover: Remover, removal: Removal) -> None:
        try:
            remover.prove(removal)
        except LastCopy as error:
            raise LastCopy(
                f"The {removal.file.kind} file of {removal.recording_uid} has no other copy that could be proven just "
                f"now. {error.message}",
                "Push it somewhere first; `audiotui delete-recording --purge --force` removes it all the same.",
            ) from error

    def _is_doomed(self, copy: Copy, *, everywhere: bool) -> bool:
        """Whether a purge removes a copy; nobody can where the configuration no longer says what the location is."""
        return copy.managed and (copy.location == LOCAL or (everywhere and copy.location in self.config.locations))

    def _require_usable_locations(self, ids: Sequence[int]) -> None:
        recordings = (one for batch in chunks(ids, PURGED_TOGETHER) for one in self.catalog.recordings_by_ids(batch))
        names = {copy.location for _, copy in _copies(recordings) if self._is_doomed(copy, everywhere=True)}
        for name in sorted(names):
            self.backend(name).open()

    def _say(self, states: Sequence[tuple[Copy, CopyState]]) -> None:
        with self.catalog.database.write():
            for copy, state in states:
                self.catalog.set_copy_state(copy.id, state)


def _copies(recordings: Iterable[Recording]) -> Iterator[tuple[RecordingFile, Copy]]:
    for recording in recordings:
        for file in recording.files:
            for copy in file.copies:
                yield file, copy
