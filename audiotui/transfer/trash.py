"""The trash of locations: giving dropped copies back, and emptying it of what is old.

What a drop put there is a row of the catalog whose key is in the trash. A drop that died in the middle leaves the bytes
under the key that they had; whoever looks at such a copy believes what is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from audiotui.backends.proof import prove
from audiotui.core.catalog.looks import Belief, CopyToMove, Look
from audiotui.errors import AlreadyExists, IntegrityError, KeyNotFound, LastCopy
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer import trashkeys
from audiotui.transfer.other_copies import content_of
from audiotui.transfer.removal import Removal, Remover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.model import Copy

TRASH_KEPT = timedelta(days=14)
"""So long what was dropped can be given back, unless the user says otherwise."""


def restore(catalog: Catalog, backend: Backend, removal: Removal) -> None:
    """Give a dropped copy its key back, and prove it.

    Raises:
        AlreadyExists: another file has the key now.
        KeyNotFound: its bytes are gone; the catalog calls the copy missing.
        IntegrityError: its bytes are damaged; the catalog says so.
        LocationError: the location does not let it.
    """
    copy, key = removal.copy, _former_key(removal.copy)
    other = catalog.copy_at(copy.location, key)
    if other is not None and other.state is CopyState.PRESENT:
        raise AlreadyExists(
            f"{removal.name} is at {copy.location} again already, or another file has its key {key!r}.",
            "The one in the trash stays there until `audiotui sweep` empties it.",
            location=copy.location,
            key=key,
        )
    _move_back(backend, copy.key, key)
    moved = CopyToMove(copy.id, Belief.of(copy), key, CopyState.MISSING)
    if other is not None:
        catalog.delete_copies([other.id])  # a row that only said that nothing is there
    catalog.move_copies([moved])
    before = moved.before._replace(key=key, state=CopyState.MISSING.value)
    try:
        entry = prove(backend, key, content_of(removal.file), level=VerifyLevel.STORAGE_SUM)
    except IntegrityError:
        catalog.note_looks([Look(copy.id, before, CopyState.DAMAGED)])
        raise
    catalog.note_looks([Look(copy.id, before, CopyState.PRESENT, entry.level, entry.etag, entry.version_id)])


@dataclass
class Emptied:
    """What emptying the trash of a location did."""

    files: int = 0
    size_bytes: int = 0
    kept: list[str] = field(default_factory=list)
    """Why some old ones stay: no other copy could be proven."""


def empty(
    catalog: Catalog,
    backends: Callable[[str], Backend],
    location: str,
    *,
    now: datetime,
    kept: timedelta = TRASH_KEPT,
    least_copies: int = 1,
) -> Emptied:
    """Delete what has been in the trash of a location for longer than ``kept``; last copies stay.

    Raises:
        LocationError: the location does not answer.
    """
    done = Emptied()
    backend = backends(location)
    remover = Remover(catalog, backends, least_copies=least_copies, now=lambda: now)
    for removal in _old(catalog, location, now - kept):
        if _was_never_moved(catalog, backend, removal):
            continue
        try:
            others = remover.prove(removal)
        except LastCopy as error:
            done.kept.append(error.message)
            continue
        copy = removal.copy
        kept_copies = tuple((one.copy.id, Belief.of(one.copy)) for one in others.proven)
        gone = CopyToMove(copy.id, Belief.of(copy), copy.key, CopyState.MISSING, kept_copies, least_copies)
        if all(catalog.move_copies([gone])):
            backend.delete(copy.key)
            catalog.delete_copies([copy.id])
            done.files += 1
            done.size_bytes += removal.file.size_bytes
    _remove_strays(catalog, backend, now - kept, done)
    return done


def _former_key(copy: Copy) -> str:
    trashed = trashkeys.parse(copy.key)
    return copy.key if trashed is None else trashed.key


def _move_back(backend: Backend, key: str, former: str) -> None:
    try:
        backend.move(key, former)
    except KeyNotFound:
        return  # never moved, or moved back already: the proof finds out


def _old(catalog: Catalog, location: str, before: datetime) -> Iterator[Removal]:
    """The trashed copies of a location that have been there since ``before``."""
    for uid, file, copy in catalog.trashed_copies(location):
        trashed = trashkeys.parse(copy.key)
        if trashed is not None and trashed.since <= before:
            yield Removal(uid, file, copy)


def _was_never_moved(catalog: Catalog, backend: Backend, removal: Removal) -> bool:
    """Whether the drop died before it moved the bytes; then the copy is what it was before."""
    copy, key = removal.copy, _former_key(removal.copy)
    if backend.exists(copy.key) or not backend.exists(key):
        return False
    back = CopyToMove(copy.id, Belief.of(copy), key, CopyState.PRESENT)
    if not all(catalog.move_copies([back])):
        catalog.delete_copies([copy.id])  # another copy has the key: it is the same file, stored again
    return True


def _remove_strays(catalog: Catalog, backend: Backend, before: datetime, done: Emptied) -> None:
    """Files in this library's trash that the catalog does not know: what repairs replaced, and purged recordings."""
    for entry in list(backend.list(trashkeys.FOLDER)):
        trashed = trashkeys.parse(entry.key)
        if trashed is None or not trashed.is_of(catalog.library_id) or trashed.since > before:
            continue
        if catalog.copy_at(backend.name, entry.key) is None:
            backend.delete(entry.key)
            done.files += 1
            done.size_bytes += entry.size_bytes
