"""Importing files that lie at a location already: each is fetched, proven to be audio, and known there from then on.

The bytes come to ``local`` as with every import. The file at the location stays where it is, and becomes a copy of the
recording under its own key.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from audiotui.errors import AudioError, AudiotuiError, Duplicate, InvalidInput
from audiotui.model import AUDIO, CopyUpdate, NewRecording, VerifyLevel
from audiotui.transfer.ingest import IngestOptions
from audiotui.transfer.marking import mark_as_used
from audiotui.transfer.reports import BulkProgress, ignore_progress, tell
from audiotui.transfer.sidecar import MAX_TEXT_BYTES, SIDECAR_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.backends.base import Backend
    from audiotui.model import Recording
    from audiotui.transfer.ingest import Ingest
    from audiotui.transfer.reports import BulkListener


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What came of the files that were to be imported from a location."""

    added: tuple[str, ...]
    """New recordings."""
    linked: tuple[str, ...]
    """Recordings that had the same sound already, and have one more copy now."""
    failed: tuple[tuple[str, AudiotuiError], ...]
    """Keys that could not be imported, and why."""
    cancelled: bool = False


def import_from(
    ingest: Ingest,
    backend: Backend,
    keys: Iterable[str],
    *,
    template: NewRecording,
    listener: BulkListener = ignore_progress,
    cancel: threading.Event | None = None,
) -> FetchReport:
    """Import files of a location by their keys; one action to undo. Errors of single files are in the report.

    Each becomes a recording with the text of the ``.txt`` file beside it, or without one its name as title.
    ``template`` gives all other fields.
    """
    wanted = list(keys)
    added: list[str] = []
    linked: list[str] = []
    failed: list[tuple[str, AudiotuiError]] = []
    stop = cancel or threading.Event()
    run = _Fetching(ingest, backend, template, stop)
    with ingest.library.catalog.action("import"):
        for number, key in enumerate(wanted):
            if stop.is_set():
                break
            tell(listener, BulkProgress(number, len(wanted), 0, 0, key))
            try:
                uid, is_new = run.fetch(key)
            except AudiotuiError as error:
                failed.append((key, error))
            else:
                (added if is_new else linked).append(uid)
    return FetchReport(tuple(added), tuple(linked), tuple(failed), stop.is_set())


class _Fetching:
    """Files of one location on their way into the library."""

    def __init__(self, ingest: Ingest, backend: Backend, template: NewRecording, stop: threading.Event) -> None:
        self._ingest = ingest
        self._catalog = ingest.library.catalog
        self._backend = backend
        self._template = template
        self._stop = stop

    def fetch(self, key: str) -> tuple[str, bool]:
        """The recording of a file, and whether it is new."""
        known = self._catalog.copy_at(self._backend.name, key)
        if known is not None:
            raise InvalidInput(f"{key}: the library knows this file already.", "Nothing needs to be done.")
        name = PurePosixPath(key).name
        with tempfile.TemporaryDirectory(prefix="audiotui-fetch-") as folder:
            path = Path(folder) / name
            self._read_to(key, path)
            text = self._text_of(key)
            title = self._template.title or ("" if text else path.stem)
            new = replace(self._template, title=title, text=text)
            try:
                uid, is_new = self._ingest.add(new, {AUDIO: path}, IngestOptions()), True
            except Duplicate as duplicate:
                uid, is_new = duplicate.existing_uid, False
            except AudioError as error:  # of a file that nobody but this method has ever seen
                raise type(error)(error.message.replace(str(path), key), error.hint) from error
            self._link(self._catalog.recording(uid), key, path)
        return uid, is_new

    def _read_to(self, key: str, path: Path) -> None:
        with path.open("xb") as file:
            for block in self._backend.read(key):
                if self._stop.is_set():
                    raise InvalidInput(f"{key}: stopped before it was here.", "Import it again.")
                file.write(block)

    def _text_of(self, key: str) -> str:
        beside = str(PurePosixPath(key).with_suffix(SIDECAR_SUFFIX))
        if not self._backend.exists(beside):
            return self._template.text
        data = b"".join(self._backend.read(beside, length=MAX_TEXT_BYTES + 1))
        if len(data) > MAX_TEXT_BYTES:
            raise InvalidInput(f"{beside} is longer than {MAX_TEXT_BYTES} bytes.", "A text that long is no text.")
        try:
            return data.decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{beside} is not UTF-8: byte {error.start + 1} is wrong.", "Convert it.") from error

    def _link(self, recording: Recording, key: str, path: Path) -> None:
        """Write down that the file at the location is a copy, proven by the bytes that were just read from there."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        for one in recording.files:
            if one.sha256 == sha256:
                proven = VerifyLevel.READ_BACK
                update = CopyUpdate(one.id, self._backend.name, key, one.size_bytes, verify_level=proven, managed=False)
                mark_as_used(self._catalog, self._backend)
                self._catalog.put_copies([update])
                return
