"""What a failed item says about the copies at its two ends, so that the catalog tells the truth afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound, SourceDamaged
from audiotui.model import CopyState, CopyUpdate

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.jobs import JobItem


def note_evidence(error: AudiotuiError, item: JobItem, destination: str, catalog: Catalog) -> AudiotuiError:
    """Tell the catalog of a copy that turned out damaged or missing; the error as people should hear it.

    Nobody but the library itself makes managed keys, so other bytes under one are damage; under any other key they are
    somebody else's file.
    """
    if isinstance(error, SourceDamaged):
        _note_source(CopyState.DAMAGED, item, catalog)
    elif isinstance(error, KeyNotFound) and (error.location, error.key) == (item.source, item.source_key):
        _note_source(CopyState.MISSING, item, catalog)
    elif isinstance(error, AlreadyExists) and isinstance(error.__cause__, IntegrityError) and item.managed:
        try:
            catalog.put_copies([CopyUpdate(item.file_id, destination, item.key, item.size_bytes, CopyState.DAMAGED)])
        except AlreadyExists as taken:  # the key is another file's
            return taken
        damage = IntegrityError(
            f"The copy of {item.name!r} at {destination} is damaged: its key {item.key!r} holds other bytes.",
            "Nothing was overwritten. Move the damaged file away, then run this again.",
        )
        damage.__cause__ = error
        return damage
    return error


def _note_source(state: CopyState, item: JobItem, catalog: Catalog) -> None:
    copy = catalog.copy_at(item.source, item.source_key)
    if copy is not None and copy.file_id == item.file_id:
        catalog.set_copy_state(copy.id, state)
