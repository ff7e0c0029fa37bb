"""What a failed item says about the copies at its two ends, so that the catalog tells the truth afterwards."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from audiotui.errors import (
    AlreadyExists,
    AudiotuiError,
    IntegrityError,
    KeyNotFound,
    LocationError,
    SourceDamaged,
)
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
            "Nothing was overwritten. `audiotui repair` makes it good from another copy.",
        )
        damage.__cause__ = error
        return damage
    return error


def for_others(error: AudiotuiError) -> AudiotuiError:
    """The error of items that are not tried because of it; the key that it names was another's."""
    if not isinstance(error, LocationError) or not error.key:
        return error
    theirs = copy(error)
    theirs.message = error.message.replace(f"{error.key!r} at ", "").replace(f" {error.key!r}", "")
    theirs.args, theirs.key = (theirs.message,), ""
    theirs.__cause__ = error
    return theirs


def _note_source(state: CopyState, item: JobItem, catalog: Catalog) -> None:
    known = catalog.copy_at(item.source, item.source_key)
    if known is not None and known.file_id == item.file_id:
        catalog.set_copy_state(known.id, state)
