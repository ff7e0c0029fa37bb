"""What imports and exports tell: how far they are while they run, and what came of every file in the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.cleanup import caught

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.errors import AudiotuiError
    from audiotui.transfer.walk import FailedPath, SkippedPath

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far an import or an export is; ``name`` is what it did last. A total of 0 bytes is not known."""

    done_items: int
    total_items: int
    done_bytes: int
    total_bytes: int
    name: str = ""


BulkListener = Callable[[BulkProgress], None]
"""Called from the thread that runs the import, at most once a file; must be quick and must not raise."""


def ignore_progress(progress: BulkProgress) -> None:
    """The listener of those who do not listen."""


def tell(listener: BulkListener, progress: BulkProgress) -> None:
    """Let a listener hear of progress; what it raises is logged and dropped."""
    with caught() as trouble:
        listener(progress)
    if trouble.error is not None:  # it is somebody else's code, and files go on without it
        _log.error("the listener of an import or export failed", exc_info=trouble.error)


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file that became a recording; ``uid`` is '' in a dry run."""

    path: Path
    uid: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A file whose bytes the library knew and had lost; in a dry run one that would give them back."""

    path: Path
    uid: str
    """The recording that has its file again."""


@dataclass(frozen=True, slots=True)
class DuplicatePath:
    """A file whose bytes are in the library already, or came earlier in the same import."""

    path: Path
    uid: str
    """The recording that has the bytes; '' if only ``same_as`` is known (a dry run)."""
    same_as: Path | None = None
    """The file of this import that has the same bytes."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run what it would do."""

    added: tuple[ImportedFile, ...]
    given_back: tuple[GivenBack, ...]
    """Files that recordings of the library had lost; they are not among the duplicates."""
    duplicates: tuple[DuplicatePath, ...]
    failed: tuple[FailedPath, ...]
    skipped: tuple[SkippedPath, ...]
    notes: tuple[str, ...]
    """What is worth knowing of files that were added all the same, one line each."""
    other_files: int
    """Files in folders that are no audio by their names."""
    unchanged: int
    """Recordings of a manifest that are in the library as it describes them."""
    size_bytes: int
    """Of the files that were added."""
    seconds: float
    dry_run: bool = False
    cancelled: bool = False
    """Stopped by the user before the end; everything in ``added`` is in the library, nothing else is."""
    stopped_by: AudiotuiError | None = None
    """What ended the import early, because no file could be added any more: a full disk, a locked library."""

    @property
    def uids(self) -> tuple[str, ...]:
        """The new recordings, in the order of their files."""
        return tuple(file.uid for file in self.added)


@dataclass(frozen=True, slots=True)
class FailedExport:
    """A file of a recording that could not be exported; its manifest line says so by a path of null."""

    uid: str
    kind: str
    version: int
    error: AudiotuiError


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export did."""

    directory: Path
    manifest: Path
    recordings: int
    copied_files: int
    present_files: int
    """Files that were there from an earlier run, with the right bytes."""
    failed: tuple[FailedExport, ...]
    size_bytes: int
    """Of the files that were copied."""
    seconds: float
    cancelled: bool = False
    """Stopped by the user before the end: there is no manifest yet, and the next run goes on."""
