"""Which bytes the library has already, and how a person is told."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from audiotui.errors import Duplicate
from audiotui.model import AUDIO
from audiotui.text import briefly
from audiotui.transfer.giving_back import lost_copy

if TYPE_CHECKING:
    from collections.abc import Collection, Container
    from pathlib import Path

    from audiotui.core.catalog import Catalog
    from audiotui.model import Recording, RecordingFile
    from audiotui.transfer.digest import FileDigest
    from audiotui.transfer.staging import FileToStage, StagedFile


class DuplicatePolicy:
    """Whether audio that a recording has already may be added again. Any number of threads may ask.

    ``besides`` are recordings whose audio may be added again all the same; it may grow meanwhile. Without ``local``,
    the folder of the library's files, messages name a recording by its uid alone, which costs no look at it.
    """

    def __init__(
        self, catalog: Catalog, *, allow: bool = False, besides: Container[str] = (), local: Path | None = None
    ) -> None:
        self._catalog = catalog
        self._allow = allow
        self._besides = besides
        self._local = local

    def check(self, task: FileToStage, digest: FileDigest) -> None:
        """Raise Duplicate if the file is audio that must not be added again; a ``staging.DigestCheck``."""
        if task.kind == AUDIO:
            for uid in self.known([digest.sha256]).values():
                raise self.error(task.path, uid)

    def check_staged(self, files: Collection[StagedFile]) -> None:
        """The same of staged files, for the transaction that adds them: another process may have been quicker."""
        audio = {staged.new.sha256: staged.path for staged in files if staged.new.kind == AUDIO}
        for sha256, uid in self.known(audio).items():
            raise self.error(audio[sha256], uid)

    def permits(self, uid: str) -> bool:
        """Whether others may have the same audio as this recording."""
        return self._allow or uid in self._besides

    def known(self, digests: Collection[str]) -> dict[str, str]:
        """Of these digests of audio those that must not be added again, each with the recording that has it."""
        if self._allow or not digests:
            return {}
        found = self._catalog.find_by_sha256(digests)
        return {sha256: uid for sha256, uid in found.items() if not self.permits(uid)}

    def error(self, path: Path, uid: str) -> Duplicate:
        """The error for a file whose bytes the recording ``uid`` has."""
        what, hint = uid, "Allow duplicates (--allow-duplicate) to add it all the same."
        if self._local is not None:
            existing = self._catalog.recording(uid)
            what += f" ({briefly(existing.label)})" if existing.label else ""
            if existing.deleted_at is not None:
                what += ", which is in the trash,"
                hint = f"Restore it (restore-recording {uid}), or allow duplicates (--allow-duplicate)."
            elif lost_copy(current_file(existing, AUDIO), self._local):
                what += ", whose own file was lost,"
                hint = f"Give it back: audiotui add-file {uid} {AUDIO} {quote(str(path))}"
        return Duplicate(
            f"{path} is in the library already: recording {what} has the same bytes.", hint, existing_uid=uid
        )


def current_file(recording: Recording, kind: str) -> RecordingFile | None:
    """The newest file of a kind that was not removed."""
    files = [file for file in recording.files if file.kind == kind and file.deleted_at is None]
    return max(files, key=lambda file: file.version, default=None)
