"""The pipeline that adds recordings: each batch gets its keys and, in one transaction, its rows.

Every file is synced by the thread that wrote it. One ``syncfs`` a batch would be up to a third faster, but waits for
what all other programs write, and on FUSE mounts does nothing at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audiotui.crashpoints import crashpoint
from audiotui.errors import AccessDenied, AudiotuiError, CatalogError, Duplicate, LocationFull, Unreachable
from audiotui.transfer.batch import Batch
from audiotui.transfer.giving_back import known_originals
from audiotui.transfer.pipeline import Pipeline
from audiotui.transfer.sources import remove_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.transfer.batch import Library
    from audiotui.transfer.duplicates import DuplicatePolicy
    from audiotui.transfer.giving_back import GivingBack
    from audiotui.transfer.pipeline import Candidate, Entry
    from audiotui.transfer.staging import Stager
    from audiotui.transfer.tally import Tally

_HOPELESS = (CatalogError, LocationFull, AccessDenied, Unreachable)
"""If nothing of a batch could be added for one of these, nothing of the next one can."""


class BulkAdding(Pipeline[Batch]):
    """Adds candidates to the library; ``move`` removes their sources once they are safe."""

    def __init__(
        self,
        library: Library,
        stager: Stager,
        tally: Tally,
        *,
        duplicates: DuplicatePolicy,
        giving_back: GivingBack,
        move: bool = False,
    ) -> None:
        super().__init__(tally)
        self._library = library
        self._stager = stager
        self._duplicates = duplicates
        self._giving_back = giving_back
        self._move = move

    def _begin(self, chunk: Sequence[Candidate]) -> Batch:
        batch = Batch(self._library, self._stager, [task for candidate in chunk for task in candidate.tasks])
        batch.open()
        return batch

    def _read(self, batch: Batch, entry: Entry) -> None:
        for task in entry.candidate.tasks:
            entry.staged.append(batch.stage(task))
        entry.files = [staged.new for staged in entry.staged]

    def _end(self, batch: Batch, entries: Sequence[Entry]) -> None:
        self._publish(batch, [entry for entry in entries if entry.is_good])
        self._record([entry for entry in entries if entry.is_good])
        crashpoint("ingest.after_catalog")
        batch.keep(staged for entry in entries if entry.is_good for staged in entry.staged)
        self._abandon(batch)
        told = self._giving_back.give(known_originals(entries), counted=True)
        for entry in entries:
            if entry.candidate.path not in told:
                self._tell(entry)
        errors = [entry.error for entry in entries if entry.error is not None]
        if len(errors) == len(entries) and all(map(_is_hopeless, errors)):
            self.tally.stopped_by = errors[0]

    def _abandon(self, batch: Batch) -> None:
        try:
            batch.close()
        except AudiotuiError as error:  # the disk went away: what is recorded stays so, but no source may go
            self.tally.stopped_by = error
            self._move = False

    def _publish(self, batch: Batch, entries: Sequence[Entry]) -> None:
        try:
            batch.intend_keys(staged for entry in entries for staged in entry.staged)
            for entry in entries:
                self._publish_one(batch, entry)
            batch.sync()
        except AudiotuiError as error:
            _fail(entries, error)

    def _publish_one(self, batch: Batch, entry: Entry) -> None:
        try:
            for staged in entry.staged:
                batch.publish(staged)
        except AudiotuiError as error:
            entry.error = error

    def _record(self, entries: Sequence[Entry]) -> None:
        try:
            with self._library.catalog.database.write():
                self._mark_duplicates(entries)
                self._add_all([entry for entry in entries if entry.is_good])
        except AudiotuiError as error:
            _fail(entries, error)

    def _mark_duplicates(self, entries: Sequence[Entry]) -> None:
        """Another process may have been quicker, and files of this batch may be the same."""
        known = self._duplicates.known({entry.audio_sha256 for entry in entries} - {""})
        first: dict[str, Entry] = {}
        for entry in entries:
            sha256 = entry.audio_sha256
            if sha256 in known:
                entry.error = self._duplicates.error(entry.candidate.path, known[sha256])
            elif sha256 and not self._duplicates.permits(entry.new.uid):
                other = first.setdefault(sha256, entry)
                entry.same_as = None if other is entry else other

    def _add_all(self, entries: Sequence[Entry]) -> None:
        """Add entries together; if one of them is refused, each by itself."""
        write = self._library.catalog.database.write
        try:
            with write():
                self._add(entries)
        except AudiotuiError:
            for entry in entries:
                try:
                    with write():
                        self._add([entry])
                except AudiotuiError as error:
                    entry.error = error

    def _add(self, entries: Sequence[Entry]) -> None:
        catalog = self._library.catalog
        for entry in entries:
            voice, person = entry.candidate.ai_identity, entry.candidate.user_identity
            if voice is not None:
                entry.new = replace(entry.new, ai_identity_uid=catalog.adopt_identity(voice))
            if person is not None:
                entry.new = replace(entry.new, user_identity_uid=catalog.adopt_identity(person))
        catalog.add_recordings((entry.new, entry.files) for entry in entries)

    def _tell(self, entry: Entry) -> None:
        path = entry.candidate.path
        if entry.error is not None:
            self.tally.failed(path, entry.error)
        elif entry.same_as is not None and entry.same_as.error is not None:
            self.tally.failed(path, entry.same_as.error)
        elif entry.same_as is not None:
            self.tally.duplicate(path, entry.same_as.new.uid, entry.same_as.candidate.path)
        else:
            self.tally.added(path, entry.new.uid, sum(file.size_bytes for file in entry.files))
            for note in filter(None, map(remove_source, entry.staged if self._move else ())):
                self.tally.note(note)


def _fail(entries: Sequence[Entry], error: AudiotuiError) -> None:
    for entry in entries:
        entry.error = entry.error or error


def _is_hopeless(error: AudiotuiError) -> bool:
    return isinstance(error, _HOPELESS) and not isinstance(error, Duplicate)
