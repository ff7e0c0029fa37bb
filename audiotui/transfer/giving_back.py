"""Files that ``local`` has lost, given back from the user's originals: what an addition that meets known bytes does.

Nothing is a new version of anything: the copy that the catalog knows is made good again, as a repair would do it, and
what was damaged goes to the trash of ``local``.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from audiotui.backends.sources import FileSource
from audiotui.errors import AudiotuiError, Duplicate, RecordingNotFound
from audiotui.model import AUDIO, LOCAL, CopyState
from audiotui.transfer.digest import FileDigest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from audiotui.model import Copy, RecordingFile
    from audiotui.transfer.batch import Library
    from audiotui.transfer.pipeline import Entry
    from audiotui.transfer.removal import Removal
    from audiotui.transfer.staging import FileToStage
    from audiotui.transfer.tally import Tally


@dataclass(frozen=True, slots=True)
class LostFile:
    """A file of a recording that ``local`` has no good copy of any more, and the user's file that has its bytes."""

    copy: Removal
    original: FileToStage

    @property
    def recording_uid(self) -> str:
        """The recording that lost it."""
        return self.copy.recording_uid

    @property
    def path(self) -> Path:
        """Where the original lies."""
        return self.original.path


class GivingBack:
    """What an import does with originals of recordings that the library has; a dry run only tells it."""

    def __init__(self, library: Library, tally: Tally, *, dry_run: bool) -> None:
        self._library = library
        self._tally = tally
        self._dry_run = dry_run

    def give(self, originals: Mapping[str, Sequence[FileToStage]], *, counted: bool) -> set[Path]:
        """Give recordings, by uid, what they have lost; the originals of which the tally has heard.

        ``counted`` says that the import counts audio files, and not what they belong to.
        """
        lost = [one for uid, files in originals.items() for one in lost_files(self._library, uid, files)]
        done = ((one, None) for one in lost) if self._dry_run else give_back(self._library, lost)
        for one, error in done:
            if error is not None:
                self._tally.failed(one.path, error)
            else:
                self._tally.given_back(one.path, one.recording_uid, counted=counted and one.original.kind == AUDIO)
        return {one.path for one in lost}


def known_originals(entries: Iterable[Entry]) -> dict[str, tuple[FileToStage, ...]]:
    """The files of those candidates of an import whose audio the library has, by the recording that has it."""
    known = ((entry.error.existing_uid, entry) for entry in entries if isinstance(entry.error, Duplicate))
    return {uid: entry.candidate.tasks for uid, entry in known}


def lost_files(library: Library, recording_uid: str, originals: Iterable[FileToStage]) -> list[LostFile]:
    """The files of a recording that ``local`` has lost and that are among these.

    A recording in the trash, or purged meanwhile, has none. An original that cannot be read counts as
    another file, and so does one that is to stay where it is.
    """
    try:
        recording = library.catalog.recording(recording_uid, trashed=False)
    except RecordingNotFound:
        return []
    root = library.local.path
    lost = [(file, copy) for file in recording.files if file.deleted_at is None and (copy := lost_copy(file, root))]
    if not lost:
        return []
    from audiotui.transfer.removal import Removal

    found = []
    for original in originals:
        same = ((file, copy) for file, copy in lost if file.kind == original.kind and _is_original(original, file))
        found += [LostFile(Removal(recording_uid, file, copy), original) for file, copy in same]
    return found


def give_back(library: Library, lost: Iterable[LostFile]) -> Iterator[tuple[LostFile, AudiotuiError | None]]:
    """Give files back, those together that come together; for each the error that kept it from that, or None."""
    wanted = {one.copy.copy.id: one for one in lost}
    if not wanted:
        return
    from audiotui.transfer.repair import Original, Repairer  # seldom needed, and every addition would wait for it

    originals = {number: Original(str(one.path), partial(_source, one.original)) for number, one in wanted.items()}
    repairer = Repairer(library.catalog, {library.local.name: library.local}.__getitem__, originals=originals)
    for outcome in repairer.repair(one.copy for one in wanted.values()):
        yield wanted[outcome.target.copy.id], outcome.error
    library.catalog.reindex_dirty()


def lost_copy(file: RecordingFile | None, root: Path) -> Copy | None:
    """The copy of a file that ``local``, the folder ``root``, should have and does not, or only damaged.

    Cheap: what has the right size and was not found damaged counts as good.
    """
    copies = [copy for copy in file.copies if copy.location == LOCAL] if file is not None else []
    if any(copy.state is CopyState.TRASHED or _seems_good(copy, root) for copy in copies):
        return None  # what was dropped on purpose is not lost
    return next(iter(copies), None)


def _source(original: FileToStage) -> FileSource:
    with original.open() as file:
        return FileSource(os.dup(file.descriptor), str(file.path))


def _seems_good(copy: Copy, root: Path) -> bool:
    try:
        facts = (root / copy.key).lstat()
    except OSError:
        return False
    is_whole = stat.S_ISREG(facts.st_mode) and facts.st_size == copy.size_bytes
    return is_whole and copy.state is CopyState.PRESENT


def _is_original(original: FileToStage, file: RecordingFile) -> bool:
    """Whether an original has the bytes of a file."""
    if original.in_place:
        return False
    digest = FileDigest()
    try:
        with original.open() as opened:
            if opened.size_bytes != file.size_bytes:
                return False
            for block in opened.blocks():
                digest.update(block)
    except AudiotuiError:
        return False
    return digest.sha256 == file.sha256
