"""Adding files to the library one recording at a time: all of its files and its row, or nothing.

Each file is read once: hashed, proven to be audio where it should be, and copied into ``local`` under a managed key.
``batch`` has the order of the steps, ``staging`` those of one file; ``importer`` adds many recordings at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.core.catalog import fields
from audiotui.crashpoints import crashpoint
from audiotui.errors import Duplicate, InvalidInput, NotSupported
from audiotui.transfer.batch import Batch, Library
from audiotui.transfer.duplicates import DuplicatePolicy, current_file
from audiotui.transfer.giving_back import give_back, lost_copy, lost_files
from audiotui.transfer.sources import refuse_to_move, remove_source
from audiotui.transfer.staging import FileToStage, Stager
from audiotui.transfer.userfile import open_user_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.model import NewRecording, RecordingFile
    from audiotui.transfer.digest import FileDigest
    from audiotui.transfer.journal import Journal
    from audiotui.transfer.staging import DigestCheck, StagedFile

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How files are added."""

    in_place: bool = False
    """Keep files where they are; they must lie inside ``local`` already."""
    move: bool = False
    """Remove the sources once the library has their bytes for good."""
    allow_duplicate: bool = False
    """Add bytes that the library has already, too."""

    def __post_init__(self) -> None:
        if self.in_place and self.move:
            raise InvalidInput("A file cannot both stay in place and be moved.", "Choose one of the two.")


class Ingest:
    """Adds files to one library; several threads and processes may do so at once."""

    def __init__(
        self,
        catalog: Catalog,
        journal: Journal,
        local: Backend,
        *,
        key_layout: str,
        other_folders: tuple[tuple[str, Path], ...] = (),
    ) -> None:
        self.library = Library(catalog, journal, as_folder(local), key_layout, other_folders)

    def add(
        self,
        new: NewRecording,
        files: Mapping[str, str | PathLike[str]],
        options: IngestOptions = IngestOptions(),
    ) -> str:
        """Add a recording with its files, by kind; returns its uid.

        Raises:
            InvalidInput: a file that is none or cannot be read, a kind or a field that cannot be taken.
            NotAudio, UnreadableAudio: the file of kind ``audio`` is no sound file, or a damaged one.
            Duplicate: the library has its bytes already; ``existing_uid`` is the recording. What that one had lost, it
                has again from these files.
            SourceChanged: a file was written to while it was read.
            LocationError: ``local`` cannot take it. Whatever is raised, nothing was added and nothing is left behind.
        """
        catalog = self.library.catalog
        new = replace(new, uid=fields.recording_uid(new.uid), uid_is_new=not new.uid)
        duplicates = DuplicatePolicy(catalog, allow=options.allow_duplicate, local=self.library.local.path)

        def record(staged: list[StagedFile]) -> None:
            duplicates.check_staged(staged)
            catalog.add_recording(new, [one.new for one in staged])

        try:
            self._add(new.uid, files, options, duplicates.check, record)
        except Duplicate as error:
            given_back = self._give_back(error.existing_uid, files, options)
            if not given_back:
                raise
            raise _with_files_back(error, given_back) from error
        return new.uid

    def add_file(
        self,
        recording_id: str,
        kind: str,
        path: str | PathLike[str],
        options: IngestOptions = IngestOptions(),
    ) -> RecordingFile:
        """Add a file to a recording, by its uid or a prefix; of a kind that it has, it becomes the current version.

        The bytes that it has, but that ``local`` has lost, are given back under their key and are no new version; then
        the source stays, whatever the options say.

        Raises:
            RecordingNotFound, AmbiguousId: no recording outside the trash has this id, or several.
            Duplicate: audio that a recording has already; of another kind, the bytes that this recording has.
            As ``add`` otherwise.
        """
        catalog = self.library.catalog
        row_id = catalog.resolve_recording(recording_id)
        (recording,) = catalog.recordings_by_ids([row_id])
        uid, current, local = recording.uid, current_file(recording, kind), self.library.local.path
        if current is not None and self._give_back(uid, {kind: path}, options):
            return catalog.files_by_ids([current.id])[current.id]
        lost = lost_copy(current, local) is not None
        duplicates = DuplicatePolicy(catalog, allow=options.allow_duplicate, besides={uid} if lost else (), local=local)

        def check(task: FileToStage, digest: FileDigest) -> None:
            duplicates.check(task, digest)
            if current is not None and current.sha256 == digest.sha256 and not (lost or options.allow_duplicate):
                raise Duplicate(
                    f"{task.path} is the {task.kind} file of recording {uid} already.",
                    "Nothing needs to be done.",
                    existing_uid=uid,
                )

        def record(staged: list[StagedFile]) -> RecordingFile:
            (one,) = staged
            duplicates.check_staged(staged)
            return catalog.add_file(row_id, one.new)

        return self._add(uid, {kind: path}, options, check, record)

    def _give_back(self, uid: str, files: Mapping[str, str | PathLike[str]], options: IngestOptions) -> int:
        """Give a recording what it has lost and what is among these files; how many files that were."""
        originals = (file_to_stage(self.library, uid, kind, Path(path), options) for kind, path in files.items())
        done = 0
        for lost, error in give_back(self.library, lost_files(self.library, uid, originals)):
            if error is None:
                done += 1
            else:
                _log.warning("%s could not be given back: %s", lost.path, error)
        return done

    def _add(
        self,
        uid: str,
        files: Mapping[str, str | PathLike[str]],
        options: IngestOptions,
        check: DigestCheck,
        record: Callable[[list[StagedFile]], T],
    ) -> T:
        library = self.library
        tasks = [file_to_stage(library, uid, kind, Path(path), options) for kind, path in files.items()]
        stager = Stager(library.local, key_layout=library.key_layout, check=check)
        with Batch(library, stager, tasks) as batch:
            staged = [batch.stage(task) for task in tasks]
            batch.intend_keys(staged)
            for one in staged:
                batch.publish(one)
            batch.sync()
            with library.catalog.database.write():
                result = record(staged)
            crashpoint("ingest.after_catalog")
            batch.keep(staged)
        if options.move:
            for note in filter(None, map(remove_source, staged)):
                _log.warning("%s", note)
        return result


def _with_files_back(error: Duplicate, count: int) -> Duplicate:
    what = "The file that it had lost was" if count == 1 else f"The {count} files that it had lost were"
    return Duplicate(
        f"{error.message} {what} given back.",
        "Nothing more needs to be done, unless it is to be added twice (--allow-duplicate).",
        existing_uid=error.existing_uid,
        given_back=count,
    )


def file_to_stage(library: Library, uid: str, kind: str, path: Path, options: IngestOptions) -> FileToStage:
    """What is to be done with one file of the user; InvalidInput if the options do not suit it."""
    if options.move:
        refuse_to_move(library, path)
    return FileToStage(
        uid=uid,
        kind=fields.kind(kind),
        path=path,
        open=partial(open_user_file, path),
        temp="" if options.in_place else new_temp_name(library_id=library.local.library_id),
        original_name=path.name,
    )


def as_folder(backend: Backend) -> LocalBackend:
    """The location ``local``, which is a folder."""
    if not isinstance(backend, LocalBackend):
        raise NotSupported(
            f"{backend.name} is no folder of this machine ({backend.kind}), so files cannot be added there.",
            "Give the location 'local' the type local.",
            location=backend.name,
        )
    return backend
