"""Importing folders and files: one recording for each audio file, and the recordings of exports as they were.

The text of a recording comes from the file beside it (``sidecar``), its title from the file's name. What cannot be
added never stops the others, and a second run adds nothing; it only gives back what the library has lost since.
"""

from __future__ import annotations

import os
import threading
import uuid
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError, InvalidInput
from audiotui.model import AUDIO, NewRecording
from audiotui.text import briefly
from audiotui.transfer.bulk_adding import BulkAdding
from audiotui.transfer.duplicates import DuplicatePolicy
from audiotui.transfer.giving_back import GivingBack
from audiotui.transfer.ingest import IngestOptions, file_to_stage
from audiotui.transfer.pipeline import Candidate
from audiotui.transfer.rehearsal import Rehearsal
from audiotui.transfer.reports import ignore_progress
from audiotui.transfer.restore import Restoring, find_manifest
from audiotui.transfer.sidecar import TRANSCRIPT, has_sidecar, read_sidecar, sidecar_path
from audiotui.transfer.staging import Stager
from audiotui.transfer.tally import Tally
from audiotui.transfer.walk import FailedPath, FoundFile, OtherFile, SkippedPath, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from os import PathLike

    from audiotui.transfer.batch import Library
    from audiotui.transfer.reports import BulkListener, ImportReport


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files are imported."""

    dry_run: bool = False
    """Read and prove everything, and write nothing."""
    recursive: bool = True
    """Look into the folders inside the named ones too."""
    files: IngestOptions = field(default_factory=IngestOptions)
    keep_transcripts: bool = False
    """Add the files that texts came from too, as kind ``transcript``."""
    template: NewRecording = field(default_factory=NewRecording)
    """What all new recordings have in common: identity, tags, session and so on. Recordings of exports keep theirs."""


def import_paths(
    library: Library,
    paths: Iterable[str | PathLike[str]],
    options: ImportOptions = ImportOptions(),
    *,
    listener: BulkListener = ignore_progress,
    cancel: threading.Event | None = None,
) -> ImportReport:
    """Add every audio file that the paths lead to, and every recording of the exports among them.

    A path is an audio file of any name, a folder, a manifest, or the folder of one. Files already in the library are
    told as duplicates, and give back what it has lost of them; ``cancel``, once set, ends the import within a second or
    two, and what is in the library stays there. All of it is one action, which one ``undo`` takes back.

    Raises:
        InvalidInput: the options contradict each other or the paths.
        CatalogError, LocationError: the library cannot be used at all. Errors of single files are in the report.
    """
    tally = Tally(listener, cancel or threading.Event())
    return _Import(library, options, tally).run(_as_paths(paths))


class _Import:
    """One import on its way."""

    def __init__(self, library: Library, options: ImportOptions, tally: Tally) -> None:
        self._library = library
        self._options = options
        self._tally = tally
        self._giving_back = GivingBack(library, tally, dry_run=options.dry_run)

    def run(self, paths: Sequence[Path]) -> ImportReport:
        """Add what the paths lead to, exports last; what came of it."""
        manifests = {path: find_manifest(path) for path in paths}
        found = [manifest for manifest in manifests.values() if manifest]
        exports = [Restoring(self._library, manifest, self._tally, self._giving_back) for manifest in found]
        plain = [path for path, manifest in manifests.items() if manifest is None]
        if exports and (self._options.files.in_place or self._options.files.move):
            raise InvalidInput("The files of an export can only be copied.", "Leave out in-place and move.")
        self._measure(plain, exports)
        with self._library.catalog.action("import"):
            self._run(self._candidates(plain), besides=set())
            for export in exports:
                self._run(export.candidates(), besides=export.uids)
        return self._tally.report(dry_run=self._options.dry_run)

    def _run(self, candidates: Iterable[Candidate], *, besides: set[str]) -> None:
        allow = self._options.files.allow_duplicate
        duplicates = DuplicatePolicy(self._library.catalog, allow=allow, besides=besides)
        stager = Stager(
            self._library.local,
            key_layout=self._library.key_layout,
            check=duplicates.check,
            on_bytes=self._tally.count_bytes,
        )
        if self._options.dry_run:
            Rehearsal(stager, self._tally, duplicates=duplicates, giving_back=self._giving_back).run(candidates)
        else:
            BulkAdding(
                self._library,
                stager,
                self._tally,
                duplicates=duplicates,
                giving_back=self._giving_back,
                move=self._options.files.move,
            ).run(candidates)

    def _measure(self, plain: Sequence[Path], exports: Sequence[Restoring]) -> None:
        for one in walk(plain, recursive=self._options.recursive):
            if isinstance(one, FoundFile):
                self._tally.expect(1, one.size_bytes)
        for export in exports:
            self._tally.expect(*export.measure())

    def _candidates(self, paths: Iterable[Path]) -> Iterator[Candidate]:
        for path in paths:
            is_ours = self._own_files(path)
            for one in walk([path], recursive=self._options.recursive):
                match one:
                    case FoundFile() if is_ours(one.path):
                        self._tally.skipped(one.path, "a file of the library already", counted=True)
                    case FoundFile():
                        yield from self._candidate(one)
                    case FailedPath():
                        self._tally.failed(one.path, one.error)
                    case SkippedPath():
                        self._tally.skipped(one.path, one.reason)
                    case OtherFile():
                        self._tally.other_files += 1

    def _candidate(self, found: FoundFile) -> Iterator[Candidate]:
        """The recording that a file would become; none if the options do not suit the file."""
        options, path, uid = self._options, found.path, str(uuid.uuid4())
        try:
            tasks = [file_to_stage(self._library, uid, AUDIO, path, options.files)]
            if options.keep_transcripts and has_sidecar(path):
                tasks.append(file_to_stage(self._library, uid, TRANSCRIPT, sidecar_path(path), options.files))
        except AudiotuiError as error:
            self._tally.failed(path, error)
            return
        new = replace(options.template, uid=uid, uid_is_new=True)
        yield Candidate(path, new, tuple(tasks), read_text=partial(read_sidecar, path), name=path.stem)

    def _own_files(self, top: Path) -> Callable[[Path], bool]:
        """Tells which files in a folder are the library's own already; a file that was named is tried all the same."""
        library = self._library
        root = library.local.path.resolve()
        is_folder = os.path.isdir(top)  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        if not is_folder or not (root.is_relative_to(top.resolve()) or top.resolve().is_relative_to(root)):
            return lambda _path: False

        def is_ours(path: Path) -> bool:
            place = path.resolve()
            return place.is_relative_to(root) and (
                library.catalog.copy_at(library.local.name, place.relative_to(root).as_posix()) is not None
            )

        return is_ours


def _as_paths(paths: Iterable[str | PathLike[str]]) -> list[Path]:
    try:
        if not isinstance(paths, str | bytes):
            return [Path(path) for path in paths]
    except TypeError as error:
        raise InvalidInput(f"Cannot import {briefly(paths)}: {error}.", "Give a list of paths.") from error
    raise InvalidInput(f"Cannot import {briefly(paths)}: it is one text, not a list.", f"Give [{briefly(paths)}].")
