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
    from collections.abc import Iterator, Sequence

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
        """
        ids = self._recording_ids(selection, trashed=purge)
        if not purge:
            self.catalog.trash_recordings(ids)
            return Deleted(recordings=len(ids))
        recordings = self.catalog.recordings_by_ids(ids)
        if not force:
            for recording in recordings:
                self._require_other_copies(recording)
        self.catalog.trash_recordings([recording.id for recording in recordings if recording.deleted_at is None])
        return self._purge(recordings, everywhere=force)

    def _purge(self, recordings: Sequence[Recording], *, everywhere: bool) -> Deleted:
        # Bytes first: a crash in between leaves recordings in the trash whose purge can be repeated, never files that
        # nothing knows of.
        removed = size = 0
        kept = []
        for batch in chunks(recordings, PURGED_TOGETHER):
            gone: list[int] = []
            try:
                for file, copy in _copies(batch):
                    if copy.managed and (everywhere or copy.location == LOCAL):
                        self.backend(copy.location).delete(copy.key)
                        gone.append(copy.id)
                        size += file.size_bytes
                    elif copy.state is not CopyState.MISSING:
                        kept.append(f"{copy.location}:{copy.key}")
            except BaseException:
                for copy_id in gone:  # they are in the trash, and may be restored
                    self.catalog.set_copy_state(copy_id, CopyState.MISSING)
                raise
            self.catalog.purge_recordings([recording.id for recording in batch])
            removed += len(gone)
        return Deleted(len(recordings), removed, size, tuple(kept))

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


def _copies(recordings: Sequence[Recording]) -> Iterator[tuple[RecordingFile, Copy]]:
    for recording in recordings:
        for file in recording.files:
            for copy in file.copies:
                yield file, copy
