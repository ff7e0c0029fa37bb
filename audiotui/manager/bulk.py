"""The manager's part for many files at once: imports and exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.manager.base import Library, Selection
from audiotui.model import NewRecording
from audiotui.transfer.reports import ignore_progress

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable
    from os import PathLike

    from audiotui.transfer.reports import BulkListener, ExportReport, ImportReport


class Bulk(Library):
    """Imports and exports."""

    def import_paths(
        self,
        paths: Iterable[str | PathLike[str]],
        *,
        template: NewRecording | None = None,
        recursive: bool = True,
        dry_run: bool = False,
        in_place: bool = False,
        move: bool = False,
        allow_duplicate: bool = False,
        keep_transcripts: bool = False,
        listener: BulkListener = ignore_progress,
        cancel: threading.Event | None = None,
    ) -> ImportReport:
        """Add the audio files of folders, single files, or what an export wrote; one action to undo.

        Each file becomes a recording with the text of the ``.txt`` file beside it, or without one its name as title.
        ``template`` gives all other fields. A file that cannot be used is in the report and does not stop the others.
        A second run adds nothing twice; files that the library has lost since are given back from their originals.

        Args:
            paths: folders, audio files, and folders or manifests that ``export_recordings`` wrote.
            template: fields that all new recordings get.
            recursive: look into the folders of folders, too.
            dry_run: only tell what would be done.
            in_place: keep files where they are, if they lie under ``local`` already.
            move: remove the source files once the library has them.
            allow_duplicate: add files whose bytes the library has already.
            keep_transcripts: keep the ``.txt`` files, too, as files of kind ``transcript``.
            listener: told how far the import is.
            cancel: setting it stops the import; what is in the library then stays.
        """
        from audiotui.transfer.importer import ImportOptions, import_paths
        from audiotui.transfer.ingest import IngestOptions

        options = ImportOptions(
            dry_run=dry_run,
            recursive=recursive,
            files=IngestOptions(in_place=in_place, move=move, allow_duplicate=allow_duplicate),
            keep_transcripts=keep_transcripts,
            template=template or NewRecording(),
        )
        return import_paths(self._ingest().library, paths, options, listener=listener, cancel=cancel)

    def export_recordings(
        self,
        selection: Selection,
        directory: str | PathLike[str],
        *,
        listener: BulkListener = ignore_progress,
        cancel: threading.Event | None = None,
    ) -> ExportReport:
        """Copy the files of a selection to a folder, with a ``manifest.jsonl`` that ``import_paths`` reads back whole.

        A second run goes on where the first one stopped. Files of others in the folder are never overwritten.
        """
        from audiotui.transfer.exporter import export_recordings

        return export_recordings(
            self._ingest().library, self._recording_ids(selection), Path(directory), listener=listener, cancel=cancel
        )
