"""The manager's part for the files of recordings: adding, removing, and where they lie on this disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import FileNotInRecording
from audiotui.manager.deletion import Deletion
from audiotui.model import AUDIO, LOCAL, CopyState

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from audiotui.model import Recording, RecordingFile


class Files(Deletion):
    """Files of recordings, by kind."""

    def add_file(
        self,
        recording_id: str,
        kind: str,
        path: str | PathLike[str],
        *,
        in_place: bool = False,
        move: bool = False,
        allow_duplicate: bool = False,
    ) -> RecordingFile:
        """Add a file to a recording; one of a kind that is there already becomes its next version.

        Arguments and errors are those of ``register_recording``; can be undone.
        """
        from audiotui.transfer.ingest import IngestOptions

        options = IngestOptions(in_place=in_place, move=move, allow_duplicate=allow_duplicate)
        return self._ingest().add_file(recording_id, kind, path, options)

    def remove_file(self, recording_id: str, kind: str) -> RecordingFile:
        """Take the current file of a kind off a recording, and return it; the version before it becomes current.

        Can be undone: the bytes stay until the recording is purged.

        Raises:
            FileNotInRecording: there is no file of this kind.
            InvalidInput: it is the last file of a recording without a text.
        """
        return self.catalog.remove_file(self.catalog.resolve_recording(recording_id), kind)

    def local_path(self, recording_id: str, kind: str = AUDIO) -> Path | None:
        """Where the current file of a kind lies on this disk; None if ``local`` has no copy of it.

        Raises:
            FileNotInRecording: the recording has no file of this kind.
        """
        file = self.current_file(self.catalog.recording(recording_id), kind)
        root = self.config.local_root
        for copy in file.copies:
            if copy.location == LOCAL and copy.state is CopyState.PRESENT and (root / copy.key).is_file():
                return root / copy.key
        return None

    @staticmethod
    def current_file(recording: Recording, kind: str = AUDIO) -> RecordingFile:
        """The newest file of a kind.

        Raises:
            FileNotInRecording: there is none.
        """
        files = [file for file in recording.files if file.kind == kind and file.deleted_at is None]
        if not files:
            has = ", ".join(sorted({file.kind for file in recording.files if file.deleted_at is None})) or "none"
            raise FileNotInRecording(f"Recording {recording.uid} has no {kind} file.", f"It has: {has}.")
        return max(files, key=lambda file: file.version)
