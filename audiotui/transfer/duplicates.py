"""Which bytes the library has already, and how a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import Duplicate
from audiotui.model import AUDIO

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from audiotui.core.catalog import Catalog
    from audiotui.model import Recording, RecordingFile
    from audiotui.transfer.digest import FileDigest
    from audiotui.transfer.staging import DigestCheck, FileToStage, StagedFile


def refuse_known_audio(catalog: Catalog, *, besides: Collection[str] = ()) -> DigestCheck:
    """A check that raises Duplicate for audio that a recording has, except for the recordings ``besides``."""

    def check(task: FileToStage, digest: FileDigest) -> None:
        uid = catalog.find_by_sha256([digest.sha256]).get(digest.sha256) if task.kind == AUDIO else None
        if uid is not None and uid not in besides:
            raise duplicate_of(catalog, task.path, uid)

    return check


def accept_all(task: FileToStage, digest: FileDigest) -> None:
    """The check of those who want their bytes added whether or not they are known."""


def refuse_known_files(catalog: Catalog, files: Collection[StagedFile], *, besides: Collection[str] = ()) -> None:
    """Raise Duplicate if audio of a recording that is about to be added became known since it was staged.

    To be called inside the transaction that adds it.
    """
    audio = {staged.new.sha256: staged for staged in files if staged.new.kind == AUDIO}
    for sha256, uid in catalog.find_by_sha256(list(audio)).items():
        if uid not in besides:
            raise duplicate_of(catalog, audio[sha256].path, uid)


def duplicate_of(catalog: Catalog, path: Path, uid: str) -> Duplicate:
    """The error for a file whose bytes the recording ``uid`` has."""
    existing = catalog.recording(uid)
    label = f" ({existing.label!r:.80})" if existing.label else ""
    if existing.deleted_at is not None:
        return Duplicate(
            f"{path} is in the library already: recording {uid}{label} has the same bytes, and is in the trash.",
            f"Restore it (restore-recording {uid}), or allow duplicates to add the file all the same.",
            existing_uid=uid,
        )
    return Duplicate(
        f"{path} is in the library already: recording {uid}{label} has the same bytes.",
        "Allow duplicates to add it all the same.",
        existing_uid=uid,
    )


def current_file(recording: Recording, kind: str) -> RecordingFile | None:
    """The newest file of a kind that was not removed."""
    files = [file for file in recording.files if file.kind == kind and file.deleted_at is None]
    return max(files, key=lambda file: file.version, default=None)
