"""The pipeline of a dry run: every file is read and proven as if it were added, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.transfer.giving_back import known_originals
from audiotui.transfer.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audiotui.transfer.duplicates import DuplicatePolicy
    from audiotui.transfer.giving_back import GivingBack
    from audiotui.transfer.pipeline import Candidate, Entry
    from audiotui.transfer.staging import Stager
    from audiotui.transfer.tally import Tally


class Rehearsal(Pipeline[None]):
    """Tells of each candidate what adding it would come to."""

    def __init__(self, stager: Stager, tally: Tally, *, duplicates: DuplicatePolicy, giving_back: GivingBack) -> None:
        super().__init__(tally)
        self._stager = stager
        self._duplicates = duplicates
        self._giving_back = giving_back
        self._first: dict[str, Path] = {}

    def _begin(self, chunk: Sequence[Candidate]) -> None:
        """Nothing is begun."""

    def _read(self, batch: None, entry: Entry) -> None:
        del batch
        entry.files = [self._stager.inspect(task) for task in entry.candidate.tasks]

    def _end(self, batch: None, entries: Sequence[Entry]) -> None:
        del batch
        told = self._giving_back.give(known_originals(entries), counted=True)
        for entry in entries:
            if entry.candidate.path not in told:
                self._tell(entry)

    def _abandon(self, batch: None) -> None:
        """There is nothing to forget."""

    def _tell(self, entry: Entry) -> None:
        path, sha256 = entry.candidate.path, entry.audio_sha256
        if entry.error is not None:
            self.tally.failed(path, entry.error)
            return
        first = path
        if sha256 and not self._duplicates.permits(entry.new.uid):
            first = self._first.setdefault(sha256, path)
        if first is path:
            self.tally.added(path, "", sum(file.size_bytes for file in entry.files))
        else:
            self.tally.duplicate(path, "", first)
