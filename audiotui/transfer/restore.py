"""Recordings of an export on their way back: as they were, with their ids, times, identities and all versions of files.

Nothing outside the exported folder is read, whatever its manifest says, and a recording that the library has already
is never changed: it only gets back the files that it has lost.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from audiotui.backends.keys import new_temp_name
from audiotui.errors import AudiotuiError, CatalogError, InvalidInput, RecordingNotFound
from audiotui.transfer.manifest import MANIFEST_NAME, differences, to_data
from audiotui.transfer.manifest_reader import MAX_LINE_BYTES, is_manifest, read_lines
from audiotui.transfer.pipeline import Candidate
from audiotui.transfer.staging import FileToStage
from audiotui.transfer.userfile import BLOCK_BYTES, open_beneath, open_user_file, unreadable
from audiotui.transfer.walk import FoundFile, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from audiotui.model import Recording
    from audiotui.transfer.batch import Library
    from audiotui.transfer.giving_back import GivingBack
    from audiotui.transfer.manifest_reader import ManifestFile, ManifestLine
    from audiotui.transfer.tally import Tally

T = TypeVar("T")

_MANIFEST_SUFFIX = Path(MANIFEST_NAME).suffix

_UID = re.compile(rb'"uid"\s*:\s*"([0-9a-f-]{36})"')


def find_manifest(path: Path) -> Path | None:
    """The manifest that a path means, which is the path itself or lies in the folder; None if it means none."""
    try:
        manifest = path / MANIFEST_NAME if path.is_dir() else path
        if manifest.suffix != _MANIFEST_SUFFIX or manifest.is_symlink() or not manifest.is_file():
            return None
        with open_user_file(manifest, follow_link=False) as file:
            return manifest if is_manifest(os.pread(file.descriptor, BLOCK_BYTES, 0)) else None
    except (InvalidInput, OSError):
        return None  # whoever tries it as something else says why it cannot be read


class Restoring:
    """One manifest being read."""

    def __init__(self, library: Library, manifest: Path, tally: Tally, giving_back: GivingBack) -> None:
        self._library = library
        self._manifest = manifest
        self._tally = tally
        self._giving_back = giving_back
        self.uids: set[str] = set()
        """The recordings of the manifest, which may have the same audio as each other; filled by ``measure``."""

    def measure(self) -> tuple[int, int]:
        """How many lines there are, and the bytes of the files beside the manifest, which is near enough."""
        lines = 0
        for _, line in self._lines(lambda raw: enumerate(iter(partial(raw.readline, MAX_LINE_BYTES), b""))):
            lines += 1
            if found := _UID.search(line):
                self.uids.add(found[1].decode())
        beside = walk([self._manifest.parent], recursive=False)
        return lines, sum(one.size_bytes for one in beside if isinstance(one, FoundFile))

    def candidates(self) -> Iterator[Candidate]:
        """The recordings that the library lacks. What becomes of the other lines, the tally hears at once."""
        for number, line in self._lines(read_lines):
            path = self._manifest.with_name(f"{self._manifest.name}:{number}")
            if isinstance(line, InvalidInput):
                self._tally.failed(path, InvalidInput(f"Cannot read {path}: {line.message}.", line.hint))
            elif (existing := self._find(line.recording.uid)) is not None:
                self._compare(path, line, existing)
            else:
                yield self._candidate(path, line)

    def _lines(self, read: Callable[[IO[bytes]], Iterable[tuple[int, T]]]) -> Iterator[tuple[int, T]]:
        with open_user_file(self._manifest, follow_link=False) as file, os.fdopen(os.dup(file.descriptor), "rb") as raw:
            try:
                yield from read(raw)
            except OSError as error:
                raise unreadable(self._manifest, error) from error

    def _find(self, uid: str) -> Recording | None:
        catalog = self._library.catalog
        try:
            return catalog.recording(uid)
        except RecordingNotFound:
            return None

    def _compare(self, path: Path, line: ManifestLine, existing: Recording) -> None:
        self._giving_back.give({existing.uid: self._tasks(line)}, counted=False)
        different = differences(line.data, to_data(existing, {}))
        error: AudiotuiError | None = None
        if existing.deleted_at is not None:
            error = CatalogError(
                f"Recording {existing.uid} is in the trash, so {path} was left out.",
                f"Restore it: restore-recording {existing.uid}",
            )
        elif different:
            error = CatalogError(
                f"Recording {existing.uid} is in the library already, and {path} differs in: {', '.join(different)}.",
                "It was not changed. Delete it first, for good, to take the one of the export.",
            )
        if error is None:
            self._tally.same_as_here(path)
        else:
            self._tally.failed(path, error)

    def _candidate(self, path: Path, line: ManifestLine) -> Candidate:
        missing = [f"{file.kind} version {file.version}" for file in line.files if file.path is None]
        if missing:
            self._tally.note(f"{path}: the export lacks {', '.join(missing)} of recording {line.recording.uid}.")
        return Candidate(
            path=path,
            new=line.recording,
            tasks=self._tasks(line),
            ai_identity=line.ai_identity,
            user_identity=line.user_identity,
        )

    def _tasks(self, line: ManifestLine) -> tuple[FileToStage, ...]:
        return tuple(self._task(line, file, file.path) for file in line.files if file.path is not None)

    def _task(self, line: ManifestLine, file: ManifestFile, relative: str) -> FileToStage:
        folder = self._manifest.parent
        return FileToStage(
            uid=line.recording.uid,
            kind=file.kind,
            path=folder / relative,
            open=partial(open_beneath, folder, relative),
            temp=new_temp_name(library_id=self._library.local.library_id),
            original_name=file.original_name,
            sha256=file.sha256,
            version=file.version,
        )
