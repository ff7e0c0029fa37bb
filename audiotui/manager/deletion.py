"""The manager's part for deleting: the trash, which takes nothing away, and the purge, which does.

A purge never takes the last proven copy of a file unless it is forced, and it decides that by looking at the storage
now, not at what the catalog remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.core.row_edits import chunks
from audiotui.errors import AudiotuiError, LastCopy
from audiotui.manager.base import Library, Selection
from audiotui.model import LOCAL, CopyState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audiotui.model import Copy, Recording, RecordingFile

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
            LastCopy: without ``force``, for some file no other copy could be proven just now; nothing was removed.
            LocationError: with ``force``, a location that has copies cannot be used now; nothing was removed.
        """
        ids = self._recording_ids(selection, trashed=purge)
        if not purge:
            self.catalog.trash_recordings(ids)
            return Deleted(recordings=len(ids))
        checked: dict[int, list[int]] = {}
        for batch in () if force else chunks(ids, PURGED_TOGETHER):
            for recording in self.catalog.recordings_by_ids(batch):
                self._require_other_copies(recording)
                checked[recording.id] = _file_ids(recording)
        if force:
            self._require_usable_locations(ids)
        done = Deleted(recordings=0)
        for batch in chunks(ids, PURGED_TOGETHER):
            # Nobody adds a file to a recording in the trash, so what is read now is all there is to remove.
            self.catalog.trash_recordings(batch)
            recordings = self.catalog.recordings_by_ids(batch)
            for recording in recordings:
                if not force and checked.get(recording.id) != _file_ids(recording):
                    self._require_other_copies(recording)
            done = done.plus(self._purge(recordings, everywhere=force))
        return done

    def _purge(self, recordings: Sequence[Recording], *, everywhere: bool) -> Deleted:
        copies = list(_copies(recordings))
        doomed = [(file, copy) for file, copy in copies if self._is_doomed(copy, everywhere=everywhere)]
        # First the word, then the bytes, then the rows: whenever this breaks off, and whoever restores a recording
        # meanwhile, no copy is called present that is gone; and the purge can be repeated.
        self._say([(copy, CopyState.MISSING) for _, copy in doomed])
        gone = 0
        try:
            for _, copy in doomed:
                self.backend(copy.location).delete(copy.key)
                gone += 1
        except BaseException:
            self._say([(copy, copy.state) for _, copy in doomed[gone:]])
            raise
        self.catalog.purge_recordings([recording.id for recording in recordings])
        removed = {copy.id for _, copy in doomed}
        return Deleted(
            recordings=len(recordings),
            files_removed=len(doomed),
            bytes_removed=sum(file.size_bytes for file, _ in doomed),
            kept=tuple(
                f"{copy.location}:{copy.key}"
                for _, copy in copies
                if copy.id not in removed and copy.state is not CopyState.MISSING
            ),
        )

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

    def _require_other_copies(self, recording: Recording) -> None:
        for file in recording.files:
            stays = [copy for copy in file.copies if copy.location != LOCAL or not copy.managed]
            goes = any(copy.location == LOCAL and copy.managed and self._is_there(copy) for copy in file.copies)
            if goes and not any(self._is_proven(file, copy) for copy in stays):
                raise LastCopy(
                    f"The {file.kind} file of {recording.uid} has no other copy that could be proven just now.",
                    "Push it somewhere first, or repeat with --force to remove it for good.",
                )

    def _is_there(self, copy: Copy) -> bool:
        return self.backend(copy.location).exists(copy.key)

    def _is_proven(self, file: RecordingFile, copy: Copy) -> bool:
        """Whether the storage holds exactly these bytes now; any doubt is no."""
        from audiotui.backends.items import Capability, Content

        content = Content(file.size_bytes, file.sha256, file.part_sha256)
        try:
            backend = self.backend(copy.location)
            if Capability.CHECKSUM not in backend.capabilities:
                return False
            return backend.checksum(copy.key).matches(content) is True
        except AudiotuiError:
            return False


def _file_ids(recording: Recording) -> list[int]:
    return sorted(file.id for file in recording.files)


def _copies(recordings: Iterable[Recording]) -> Iterator[tuple[RecordingFile, Copy]]:
    for recording in recordings:
        for file in recording.files:
            for copy in file.copies:
                yield file, copy
