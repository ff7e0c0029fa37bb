"""Assets in the catalog, so that people see, play, search and pull them like any other recording.

A recording stands for an asset under an id that follows from the asset's, so telling the catalog twice changes nothing.
What the document says wins over what the catalog had.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from audiotui.documents.encoding import TYPE, UPLOAD_DIGEST
from audiotui.errors import (
    AudiotuiError,
    CatalogDamaged,
    CatalogError,
    CatalogReadOnly,
    NotACatalog,
    RecordingNotFound,
)
from audiotui.model import AUDIO, NewCopy, NewFile, NewRecording, VerifyLevel
from audiotui.transfer.marking import mark_as_used

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audiotui.core.catalog import Catalog
    from audiotui.documents.asset import Asset, Generation, Rendition, StoredFile, Version
    from audiotui.documents.base import AssetId
    from audiotui.library.shelf import Shelf
    from audiotui.model import Recording

_NAMESPACE = uuid.UUID("9f1c6a52-6f0e-5d0b-9a3e-3a1f6f0a7c11")
"""Of the recordings that stand for assets."""


def recording_uid(customer_id: str, asset_id: str) -> str:
    """The id of the recording that stands for an asset."""
    return str(uuid.uuid5(_NAMESPACE, f"{customer_id}/{asset_id}"))


class Registrar:
    """Keeps the catalog up with the documents."""

    def __init__(self, catalog: Catalog, shelf: Shelf) -> None:
        self._catalog = catalog
        self._shelf = shelf
        self._has_moved_in = False

    def tell(self, assets: Sequence[Asset]) -> dict[AssetId, CatalogError]:
        """Bring the recordings of visible assets up to date; new ones are added together.

        Returns those that the catalog refuses, and why; the others are there.

        Raises:
            CatalogError: the catalog cannot be used now; the same call may be made again.
            UploadFailed: no file there was ever known to the catalog, and the storage does not take the mark of that.
        """
        self._move_in()
        refused: dict[AssetId, CatalogError] = {}
        new = []
        for asset in assets:
            with _refusing(asset, refused):
                recording = self._recording(asset)
                if recording is None:
                    new.append((asset, self._new(asset)))
                else:
                    self._update(recording, asset)
        try:
            self._catalog.add_recordings([one for _, one in new], record_history=False)
        except AudiotuiError as error:
            if _is_of_all(error):
                raise
            self._add_each(new, refused)
        for asset, _ in new:
            with _refusing(asset, refused):
                if asset.is_deleted and (recording := self._recording(asset)) is not None:
                    self._catalog.trash_recordings([recording.id])
        return refused

    def forget(self, asset: Asset) -> None:
        """Remove the recording of a purged asset, and what the catalog knows of its copies."""
        recording = self._recording(asset)
        if recording is not None:
            self._catalog.trash_recordings([recording.id])
            self._catalog.purge_recordings([recording.id])

    def _move_in(self) -> None:
        """Leave the library's mark at the storage before the catalog knows of files there: from then on it is missed.

        Others may have stored them, on another host or with a catalog that is gone.
        """
        if not (self._has_moved_in or self._catalog.was_used(self._shelf.name)):
            self._shelf.move_in(partial(mark_as_used, self._catalog))
        self._has_moved_in = True

    def _add_each(
        self, new: Sequence[tuple[Asset, tuple[NewRecording, list[NewFile]]]], refused: dict[AssetId, CatalogError]
    ) -> None:
        """Add each by itself: one of them is refused, or another process was faster with it."""
        for asset, recording in new:
            with _refusing(asset, refused):
                if self._recording(asset) is None:
                    self._catalog.add_recordings([recording], record_history=False)

    def _recording(self, asset: Asset) -> Recording | None:
        try:
            return self._catalog.recording(recording_uid(asset.customer_id, asset.asset_id))
        except RecordingNotFound:
            return None

    def _new(self, asset: Asset) -> tuple[NewRecording, list[NewFile]]:
        generation = asset.current.generation
        new = NewRecording(
            uid=recording_uid(asset.customer_id, asset.asset_id),
            ai_generated=UPLOAD_DIGEST not in generation.parameters or bool(_model(generation)),
            ai_identity_uid=self._identity(generation),
            created_at=asset.created_at,
            updated_at=asset.updated_at,
            metadata={"asset_id": asset.asset_id, "customer_id": asset.customer_id, "type": TYPE},
            tags=asset.tags,
            **_fields(asset),
        )
        return new, [*map(self._audio, asset.versions), *map(self._rendition, asset.renditions)]

    def _update(self, recording: Recording, asset: Asset) -> None:
        known = {copy.key for file in recording.files for copy in file.copies if copy.location == self._shelf.name}
        if recording.deleted_at is not None:
            self._catalog.restore_recordings([recording.id])
        for new in (*map(self._audio, asset.versions), *map(self._rendition, asset.renditions)):
            if new.copies[0].key not in known:
                self._catalog.add_file(recording.id, new)
        identity = self._identity(asset.current.generation)
        changes = {**_fields(asset), "tags": asset.tags, "ai_identity_uid": identity}
        self._catalog.edit_recordings([recording.id], changes)
        if asset.is_deleted:
            self._catalog.trash_recordings([recording.id])

    def _identity(self, generation: Generation) -> str | None:
        model = _model(generation)
        if not model:
            return None
        uid, _created = self._catalog.add_ai_identity(
            model,
            generation.voice,
            provider=generation.provider,
            name=generation.voice_name,
            language=generation.language,
        )
        return uid

    def _audio(self, version: Version) -> NewFile:
        return self._file(AUDIO, version.file)

    def _rendition(self, rendition: Rendition) -> NewFile:
        return self._file(rendition.name, rendition.file)

    def _file(self, kind: str, file: StoredFile) -> NewFile:
        copy = NewCopy(
            self._shelf.name,
            self._shelf.location_key(file),
            managed=False,
            verify_level=VerifyLevel.SIZE if self._shelf.is_folder else VerifyLevel.STORAGE_SUM,
        )
        return NewFile(
            kind=kind,
            original_name=file.key.rpartition("/")[2],
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            part_sha256=file.part_sha256,
            media=file.media,
            copies=(copy,),
        )


@contextmanager
def _refusing(asset: Asset, refused: dict[AssetId, CatalogError]) -> Iterator[None]:
    """Inside it the catalog hears of one asset; that it refuses it is written down."""
    try:
        yield
    except AudiotuiError as error:
        if _is_of_all(error):
            raise
        refusal = CatalogError(
            f"The catalog does not take asset {asset.asset_id} of {asset.customer_id}: {error.message}", error.hint
        )
        refusal.__cause__ = error
        refused[asset.customer_id, asset.asset_id] = refusal


def _is_of_all(error: AudiotuiError) -> bool:
    """Whether the catalog would say the same of every other asset."""
    return error.retryable or isinstance(error, CatalogReadOnly | CatalogDamaged | NotACatalog)


def _model(generation: Generation) -> str:
    """The model, as the catalog has it: a blank one is none."""
    return generation.model if generation.model.strip() else ""


def _fields(asset: Asset) -> dict[str, Any]:
    """The plain fields of a recording that follow the document."""
    generation = asset.current.generation
    named = {
        "provider": generation.provider,
        "voice": generation.voice,
        "voice_name": generation.voice_name,
        "speed": generation.speed,
    }
    further = {name: value for name, value in generation.parameters.items() if name not in named}
    return {
        "text": generation.text,
        "folder": asset.folder,
        "language": generation.language,
        "model": _model(generation),
        "generation": {**named, **further},
    }
