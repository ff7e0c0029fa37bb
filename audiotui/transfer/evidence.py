"""What a failed item says about the copies at its two ends, so that the catalog tells the truth afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound, SourceDamaged
from audiotui.model import CopyState, CopyUpdate

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.jobs import JobInfo, JobItem


class Verdict(NamedTuple):
    """The error as people should hear it, and what the catalog should know from now on."""

    error: AudiotuiError
    facts: tuple[CopyUpdate, ...] = ()


def judge(error: AudiotuiError, item: JobItem, job: JobInfo, catalog: Catalog) -> Verdict:
    """Tell damage and loss from other failures.

    Nobody but the library itself makes managed keys, so other bytes under one are damage; under any other key they are
    somebody else's file.
    """
    if isinstance(error, SourceDamaged):
        return Verdict(error, _source_is(CopyState.DAMAGED, item, job, catalog))
    if isinstance(error, KeyNotFound) and (error.location, error.key) == (job.source, item.source_key):
        return Verdict(error, _source_is(CopyState.MISSING, item, job, catalog))
    if isinstance(error, AlreadyExists) and isinstance(error.__cause__, IntegrityError) and item.managed:
        damage = IntegrityError(
            f"The copy of {item.name!r} at {job.destination} is damaged: its key {item.key!r} holds other bytes.",
            "Nothing was overwritten. Move the damaged file away, then run this again.",
        )
        damage.__cause__ = error
        fact = CopyUpdate(item.file_id, job.destination, item.key, item.size_bytes, CopyState.DAMAGED)
        return Verdict(damage, (fact,))
    return Verdict(error)


def _source_is(state: CopyState, item: JobItem, job: JobInfo, catalog: Catalog) -> tuple[CopyUpdate, ...]:
    copy = catalog.copy_at(job.source, item.source_key)
    if copy is None:
        return ()
    fact = CopyUpdate(copy.file_id, job.source, copy.key, copy.size_bytes, state, managed=copy.managed, etag=copy.etag)
    return (fact,)
