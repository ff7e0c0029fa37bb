"""What came of an import so far: its report in the making, and what a listener hears of it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from audiotui.errors import Duplicate, TransferCancelled
from audiotui.transfer.reports import BulkProgress, DuplicatePath, GivenBack, ImportedFile, ImportReport, tell
from audiotui.transfer.walk import FailedPath, SkippedPath

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.errors import AudiotuiError
    from audiotui.transfer.reports import BulkListener


class Tally:
    """Owned by the thread that imports; only ``count_bytes`` may be called from others.

    ``clock`` is any clock of seconds that never goes back.
    """

    def __init__(
        self, listener: BulkListener, cancel: threading.Event, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total_items = 0
        self._total_bytes = 0
        self.other_files = 0
        self.unchanged = 0
        self.stopped_by: AudiotuiError | None = None
        self._listener = listener
        self._cancel = cancel
        self._given_up = False
        self._clock = clock
        self._started_s = clock()
        self._lock = threading.Lock()
        self._done_items = 0
        self._done_bytes = 0
        self._added: list[ImportedFile] = []
        self._added_bytes = 0
        self._given_back: list[GivenBack] = []
        self._duplicates: list[DuplicatePath] = []
        self._failed: list[FailedPath] = []
        self._skipped: list[SkippedPath] = []
        self._notes: list[str] = []

    @property
    def is_over(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._given_up or self._cancel.is_set() or self.stopped_by is not None

    def give_up(self) -> None:
        """An error that nobody foresaw, or an interrupt, ends the import: whoever reads shall stop."""
        self._given_up = True

    def expect(self, items: int, size_bytes: int) -> None:
        """So many more items are to come."""
        self._total_items += items
        self._total_bytes += size_bytes

    def count_bytes(self, count: int) -> None:
        """So many more bytes were read; TransferCancelled once the import is over."""
        if self.is_over:
            raise TransferCancelled("The import was stopped.", "Run it again: what is in the library stays there.")
        with self._lock:
            self._done_bytes += count

    def added(self, path: Path, uid: str, size_bytes: int) -> None:
        """A file became a recording, or in a dry run would."""
        self._added.append(ImportedFile(path, uid))
        self._added_bytes += size_bytes
        self._done(path)

    def given_back(self, path: Path, uid: str, *, counted: bool) -> None:
        """A recording has a file again that it had lost; ``counted`` if the path was expected to be added."""
        self._given_back.append(GivenBack(path, uid))
        if counted:
            self._done(path)

    def duplicate(self, path: Path, uid: str, same_as: Path | None = None) -> None:
        """The bytes of a file are in the library, or came with an earlier file of this import."""
        self._duplicates.append(DuplicatePath(path, uid, same_as))
        self._done(path)

    def failed(self, path: Path, error: AudiotuiError) -> None:
        """A file could not be added; one that was cut short by the end of the import is not heard of."""
        if isinstance(error, TransferCancelled):
            return
        if isinstance(error, Duplicate):
            self.duplicate(path, error.existing_uid)
            return
        self._failed.append(FailedPath(path, error))
        self._done(path)

    def skipped(self, path: Path, reason: str, *, counted: bool = False) -> None:
        """A file or folder was left alone; ``counted`` if it was expected to be added."""
        self._skipped.append(SkippedPath(path, reason))
        if counted:
            self._done(path)

    def same_as_here(self, path: Path) -> None:
        """A recording of a manifest is in the library as it is described there."""
        self.unchanged += 1
        self._done(path)

    def note(self, text: str) -> None:
        """Something is worth knowing of a file that was added."""
        self._notes.append(text)

    def tell(self, name: str = "") -> None:
        """Let the listener hear how far the import is."""
        tell(
            self._listener,
            BulkProgress(self._done_items, self._total_items, self._done_bytes, self._total_bytes, name),
        )

    def report(self, *, dry_run: bool) -> ImportReport:
        """What came of the import."""
        return ImportReport(
            added=tuple(self._added),
            given_back=tuple(self._given_back),
            duplicates=tuple(self._duplicates),
            failed=tuple(self._failed),
            skipped=tuple(self._skipped),
            notes=tuple(self._notes),
            other_files=self.other_files,
            unchanged=self.unchanged,
            size_bytes=self._added_bytes,
            seconds=self._clock() - self._started_s,
            dry_run=dry_run,
            cancelled=self._cancel.is_set(),
            stopped_by=self.stopped_by,
        )

    def _done(self, path: Path) -> None:
        self._done_items += 1
        self.tell(path.name)
