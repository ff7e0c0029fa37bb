"""Exporting recordings into a folder: their files under readable names, and a manifest that an import reads back.

Every byte is compared with the catalog on its way. The manifest is written under another name while the export runs and
gets its own name last, so a folder with a manifest is whole. A second run copies only what is missing.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from audiotui.backends.items import Content
from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.backends.proof import prove
from audiotui.cleanup import on_failure
from audiotui.core.row_edits import chunks
from audiotui.errors import (
    AlreadyExists,
    AudiotuiError,
    IntegrityError,
    KeyNotFound,
    SourceDamaged,
    TransferCancelled,
)
from audiotui.model import LOCAL, CopyState, VerifyLevel
from audiotui.transfer.digest import FileDigest
from audiotui.transfer.exportfolder import UNFINISHED_NAME, claimed, finish
from audiotui.transfer.exportnames import export_names
from audiotui.transfer.manifest import MANIFEST_NAME, to_data, to_line
from audiotui.transfer.reports import BulkProgress, ExportReport, FailedExport, ignore_progress, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from audiotui.model import Copy, Recording, RecordingFile
    from audiotui.transfer.batch import Library
    from audiotui.transfer.reports import BulkListener

BATCH_RECORDINGS = 64

COPIERS = 4
"""Threads that copy files."""


def export_recordings(
    library: Library,
    ids: Sequence[int],
    directory: Path,
    *,
    listener: BulkListener = ignore_progress,
    cancel: threading.Event | None = None,
) -> ExportReport:
    """Export recordings, by row id, into a folder that is new, empty, or holds an earlier export.

    What cannot be exported, because it is not in ``local`` or is damaged there, is in the report and does not stop the
    others; the recording's line is written all the same. ``cancel``, once set, ends the export without a manifest.

    Raises:
        InvalidInput: the folder holds other things, or another export is writing to it.
        LocationError: the folder cannot be written.
    """
    cancel = cancel or threading.Event()
    with (
        claimed(directory) as unfinished,
        LocalBackend(str(directory), LocalOptions(path=directory.absolute())) as target,
    ):
        for leftover in target.list_unfinished():
            target.discard(leftover.token)
        run = _Export(library, target, listener, cancel)
        for lines in run.lines(sorted(ids)):
            with target.boundary(UNFINISHED_NAME):
                unfinished.write(lines)
        if not cancel.is_set():
            finish(unfinished, target)
    return run.report(directory)


class _Export:
    """One export on its way."""

    def __init__(self, library: Library, target: LocalBackend, listener: BulkListener, cancel: threading.Event) -> None:
        self._catalog = library.catalog
        self._local = library.local
        self._target = target
        self._listener = listener
        self._cancel = cancel
        self._over = threading.Event()
        self._started_s = time.monotonic()
        self._recordings = 0
        self._copied = 0
        self._copied_bytes = 0
        self._present = 0
        self._failed: list[FailedExport] = []

    def lines(self, ids: Sequence[int]) -> Iterator[bytes]:
        """Copy the files of all recordings; some lines of the manifest at a time."""
        pool = ThreadPoolExecutor(COPIERS, thread_name_prefix="audiotui-export")
        try:
            for chunk in chunks(ids, BATCH_RECORDINGS):
                if self._cancel.is_set():
                    return
                recordings = self._catalog.recordings_by_ids(chunk)
                names = {recording.id: export_names(self._catalog, recording) for recording in recordings}
                copies = {
                    file.id: pool.submit(self._copy, recording, file, names[recording.id][file.id])
                    for recording in recordings
                    for file in recording.files
                    if file.id in names[recording.id]
                }
                yield b"".join(self._line(one, names[one.id], copies, total=len(ids)) for one in recordings)
        finally:  # whoever was interrupted does not want to wait for what is left
            self._over.set()
            pool.shutdown(cancel_futures=True)

    def report(self, directory: Path) -> ExportReport:
        """What came of it."""
        return ExportReport(
            directory=directory,
            manifest=directory / MANIFEST_NAME,
            recordings=self._recordings,
            copied_files=self._copied,
            present_files=self._present,
            failed=tuple(self._failed),
            size_bytes=self._copied_bytes,
            seconds=time.monotonic() - self._started_s,
            cancelled=self._cancel.is_set(),
        )

    def _line(
        self, recording: Recording, names: Mapping[int, str], copies: Mapping[int, Future[bool]], *, total: int
    ) -> bytes:
        paths: dict[int, str] = {}
        for file in recording.files:
            if file.id not in copies:
                continue
            try:
                self._count(file, copied=copies[file.id].result())
            except TransferCancelled:
                continue
            except AudiotuiError as error:
                self._failed.append(FailedExport(recording.uid, file.kind, file.version, error))
            else:
                paths[file.id] = names[file.id]
        self._recordings += 1
        tell(self._listener, BulkProgress(self._recordings, total, self._copied_bytes, 0, recording.label))
        return to_line(to_data(recording, paths))

    def _count(self, file: RecordingFile, *, copied: bool) -> None:
        self._present += not copied
        self._copied += copied
        self._copied_bytes += file.size_bytes * copied

    def _copy(self, recording: Recording, file: RecordingFile, name: str) -> bool:
        """Copy one file; False if it is there already."""
        self._check()
        if self._target.exists(name):
            self._require_same(file, name)
            return False
        source = _local_copy(recording, file)
        new_file = self._target.new_file("", new_temp_name())
        with on_failure(new_file.remove):
            digest = FileDigest()
            for block in self._local.read(source.key):
                self._check()
                new_file.write(digest.update(block))
            _require_right(digest, file, source)
            new_file.sync()
            new_file.publish(name)
        return True

    def _check(self) -> None:
        if self._cancel.is_set() or self._over.is_set():
            raise TransferCancelled("The export was stopped.", "Run it again: it goes on where it stopped.")

    def _require_same(self, file: RecordingFile, name: str) -> None:
        try:
            content = Content(file.size_bytes, file.sha256, file.part_sha256)
            prove(self._target, name, content, level=VerifyLevel.READ_BACK)
        except IntegrityError as error:
            raise AlreadyExists(
                f"{self._target.path / name} is there already, with other bytes.",
                "Nothing was overwritten. Move it away, and export again.",
                location=self._target.name,
                key=name,
            ) from error


def _require_right(digest: FileDigest, file: RecordingFile, source: Copy) -> None:
    if digest.sha256 != file.sha256:
        raise SourceDamaged(
            f"The copy {source.key!r} in {source.location} is damaged: its bytes are not those that were added.",
            "Verify the library, and pull a good copy.",
        )


def _local_copy(recording: Recording, file: RecordingFile) -> Copy:
    """Where the bytes lie in ``local``; a version that came back later shares them with its former self."""
    same = [copy for one in recording.files if one.sha256 == file.sha256 for copy in one.copies]
    present = [copy for copy in same if copy.state is CopyState.PRESENT]
    for copy in present:
        if copy.location == LOCAL:
            return copy
    elsewhere = ", ".join(copy.location for copy in present)
    raise KeyNotFound(
        f"The {file.kind} file {file.original_name!r} of recording {recording.uid} is not in local.",
        f"Pull it first; it is in {elsewhere}." if elsewhere else "No other location is known to have it.",
        location=LOCAL,
    )
