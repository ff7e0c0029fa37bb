"""The manager's part for copies: where the files of recordings lie, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.core.row_edits import chunks
from audiotui.manager.base import Library, Selection
from audiotui.model import CopyState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.model import Copy

READ_TOGETHER = 200


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
        found = [copy for copy in self.copies if copy.location == location]
        return min(found, key=lambda copy: _GOODNESS[copy.state], default=None)


class Copies(Library):
    """Copies of files at locations."""

    def copies_of(self, selection: Selection = "") -> Iterator[FileCopies]:
        """The copies matrix of recordings, in the selection's order: a line for each of their current files."""
        for batch in chunks(self._recording_ids(selection, trashed=True), READ_TOGETHER):
            for recording in self.catalog.recordings_by_ids(batch):
                newest: dict[str, int] = {}
                for file in recording.files:  # the newest version of a kind comes first
                    if file.deleted_at is None and newest.setdefault(file.kind, file.version) == file.version:
                        yield FileCopies(
                            recording_uid=recording.uid,
                            label=recording.label,
                            kind=file.kind,
                            name=file.original_name,
                            size_bytes=file.size_bytes,
                            copies=file.copies,
                        )


_GOODNESS = {CopyState.PRESENT: 0, CopyState.DAMAGED: 1, CopyState.MISSING: 2, CopyState.TRASHED: 3}
