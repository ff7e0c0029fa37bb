"""The trash of locations: giving dropped copies back, and emptying it of what is old.

What a drop put there is a row of the catalog whose key is in the trash. A drop that died in the middle leaves the bytes
under the key that they had; whoever looks at such a copy believes what is there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from audiotui.backends.proof import prove
from audiotui.core.catalog.looks import Belief, CopyToMove, Look
from audiotui.core.row_edits import chunks
from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound, LastCopy
from audiotui.model import CopyState, VerifyLevel
from audiotui.transfer import trashkeys
from audiotui.transfer.other_copies import content_of
from audiotui.transfer.removal import THREADS, TOGETHER, Removal, Removed, Remover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.model import Copy

TRASH_KEPT = timedelta(days=14)
"""So long what was dropped can be given back, unless the user says otherwise."""


def restore(catalog: Catalog, backend: Backend, removals: Iterable[Removal]) -> Iterator[Removed]:
    """Give dropped copies their keys back and prove them, in groups; one outcome for each, as its group ends.

    The error of one that stays in the trash is AlreadyExists if its key is taken, or that of the location. One whose
    bytes are gone or damaged is missing or damaged from then on, and its error says so.
    """
    with ThreadPoolExecutor(THREADS, thread_name_prefix="audiotui-restore") as threads:
        for group in chunks(removals, TOGETHER):
            errors = list(threads.map(partial(_give_back, catalog, backend), group))
            yield from (Removed(one, error) for one, error in zip(group, errors, strict=True) if error is not None)
            back = [one for one, error in zip(group, errors, strict=True) if error is None]
            moves = [
                CopyToMove(one.copy.id, Belief.of(one.copy), _former_key(one.copy), CopyState.MISSING) for one in back
            ]
            catalog.move_copies(moves)
            proofs = list(threads.map(partial(_look, backend), back))
            catalog.note_looks(
                look._replace(before=move.before._replace(key=move.new_key, state=move.new_state.value))
                for move, (look, _) in zip(moves, proofs, strict=True)
            )
            yield from (Removed(one, error) for one, (_, error) in zip(back, proofs, strict=True))


def _give_back(catalog: Catalog, backend: Backend, removal: Removal) -> AudiotuiError | None:
    """Move the bytes back under the key that they had; an error if they stay in the trash."""
    copy, key = removal.copy, _former_key(removal.copy)
    other = catalog.copy_at(copy.location, key)
    if other is not None and other.state is CopyState.PRESENT:
        return AlreadyExists(
            f"{removal.name} is at {copy.location} again already, or another file has its key {key!r}.",
            "The one in the trash stays there until `audiotui sweep` empties it.",
            location=copy.location,
            key=key,
        )
    try:
        with suppress(KeyNotFound):  # never moved there, or moved back already: the proof finds out
            backend.move(copy.key, key)
    except AudiotuiError as error:
        return error
    if other is not None:
        catalog.delete_copies([other.id])  # a row that only said that nothing is there
    return None


def _look(backend: Backend, removal: Removal) -> tuple[Look, AudiotuiError | None]:
    """What is under the key that a copy had, and the error that says so if it is not right."""
    copy = removal.copy
    look = Look(copy.id, Belief.of(copy), CopyState.MISSING)
    try:
        entry = prove(backend, _former_key(copy), content_of(removal.file), level=VerifyLevel.STORAGE_SUM)
    except IntegrityError as error:
        return look._replace(state=CopyState.DAMAGED), error
    except AudiotuiError as error:
        return look, error
    right = look._replace(state=CopyState.PRESENT, level=entry.level, etag=entry.etag, version_id=entry.version_id)
    return right, None


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
