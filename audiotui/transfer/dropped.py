"""Dropped copies on their way back: out of a location's trash, under the keys that they had.

A drop that died in the middle leaves the bytes under the key that they had; whoever looks at such a copy believes what
is there. Of what the catalog has no row for, only good bytes come back, and only where their key is free.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.proof import prove
from audiotui.core.catalog.looks import Belief, CopyToMove, Look
from audiotui.core.row_edits import chunks
from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound
from audiotui.model import CopyState, CopyUpdate, VerifyLevel
from audiotui.transfer import trashkeys
from audiotui.transfer.marking import mark_as_used
from audiotui.transfer.other_copies import content_of
from audiotui.transfer.removal import NO_ROW, THREADS, TOGETHER, Removal, Removed
from audiotui.transfer.strays import StraysByName, strays
from audiotui.transfer.trashkeys import former_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.model import Recording, RecordingFile


class Dropped(NamedTuple):
    """What a location's trash has of one file under one former key: several, if it was dropped more than once."""

    key: str
    """The key that it had."""
    newest_first: tuple[Removal, ...]


class _Attempt(NamedTuple):
    """A copy whose bytes have their key again, unless there is an error."""

    removal: Removal
    key: str
    error: AudiotuiError | None = None


def dropped_copies(catalog: Catalog, backend: Backend, recordings: Iterable[Recording]) -> Iterator[Dropped]:
    """What a location's trash has of the files of recordings, whether or not the catalog has rows for it.

    Former versions are among them: they may have been dropped before they became that.

    Raises:
        LocationError: the location does not answer.
    """
    by_name = StraysByName(strays(catalog, backend))
    for recording in recordings:
        for file in recording.files:
            found = [
                Removal(recording.uid, file, copy)
                for copy in file.copies
                if copy.location == backend.name and copy.state is CopyState.TRASHED
            ]
            found += [one.removal(backend.name, recording.uid, file) for one in by_name.of(recording.uid, file)]
            by_key: dict[str, list[Removal]] = defaultdict(list)
            for one in sorted(found, key=_trashed_at, reverse=True):
                by_key[former_key(one.copy.key)].append(one)
            yield from (Dropped(key, tuple(several)) for key, several in by_key.items())


def restore(catalog: Catalog, backend: Backend, dropped: Iterable[Dropped]) -> Iterator[Removed]:
    """Give dropped copies their keys back and prove them, in groups; one outcome for each key, as its group ends.

    Of several copies that had one key the newest good one comes back. The error of one that stays in the trash is
    AlreadyExists if its key is taken, or that of the location. One whose bytes are gone or damaged is missing or
    damaged from then on, and its error says so; one that a location no longer shows is there without a proof. Nothing
    is said of strays that are of no use.
    """
    with ThreadPoolExecutor(THREADS, thread_name_prefix="audiotui-restore") as threads:
        for group in chunks(dropped, TOGETHER):
            attempts = [one for one in threads.map(partial(_give_back, catalog, backend), group) if one is not None]
            yield from (Removed(one.removal, one.error) for one in attempts if one.error is not None)
            back = [one for one in attempts if one.error is None]
            catalog.move_copies([_marked(one) for one in back if one.removal.copy.id != NO_ROW])
            seen = list(threads.map(partial(_look, backend), back))
            _note(catalog, backend, [(one.removal.file, look) for one, (look, _) in zip(back, seen, strict=True)])
            yield from (Removed(one.removal, error) for one, (_, error) in zip(back, seen, strict=True))


def _give_back(catalog: Catalog, backend: Backend, dropped: Dropped) -> _Attempt | None:
    """Move the bytes back under the key that they had; an error if they stay in the trash, None if they should."""
    removal = dropped.newest_first[0]
    try:
        best = _best(backend, dropped)
        if best is None:
            return None
        removal = best
        if removal.copy.id == NO_ROW:
            return _give_stray_back(catalog, backend, removal, dropped.key)
        return _give_row_back(catalog, backend, removal, dropped.key)
    except AudiotuiError as error:
        return _Attempt(removal, dropped.key, error)


def _best(backend: Backend, dropped: Dropped) -> Removal | None:
    """The newest copy with the right bytes; where there is none, the newest that was dropped, so that it is known.

    The only one need not be proven here: whoever moves it does it, and bytes are read once.
    """
    rows = [one for one in dropped.newest_first if one.copy.id != NO_ROW]
    if len(dropped.newest_first) == 1 and rows:
        return rows[0]
    for one in dropped.newest_first:
        try:
            prove(backend, one.copy.key, content_of(one.file), level=VerifyLevel.STORAGE_SUM)
        except IntegrityError:
            continue
        except KeyNotFound:
            if one.copy.id == NO_ROW or not backend.exists(dropped.key):
                continue
        return one
    return rows[0] if rows else None


def _give_row_back(catalog: Catalog, backend: Backend, removal: Removal, key: str) -> _Attempt:
    copy = removal.copy
    other = catalog.copy_at(copy.location, key)
    if other is not None and other.id == copy.id:  # another process gives it back just now
        return _Attempt(removal, key)
    if other is not None and other.state is CopyState.PRESENT:
        error = AlreadyExists(
            f"{removal.name} is at {copy.location} again already, or another file has its key {key!r}.",
            "The one in the trash stays there until `audiotui sweep` empties it.",
            location=copy.location,
            key=key,
        )
        return _Attempt(removal, key, error)
    try:
        backend.move(copy.key, key)
    except KeyNotFound:
        pass  # never moved there, or moved back already: the proof finds out
    except AlreadyExists:
        if backend.exists(copy.key):  # else another process was in the middle of moving it
            raise
    if other is not None:
        catalog.forget_copy(other.id, Belief.of(other))  # it only said that nothing is there
    return _Attempt(removal, key)


def _give_stray_back(catalog: Catalog, backend: Backend, removal: Removal, key: str) -> _Attempt | None:
    """What the catalog has there is believed only where it is another file: of this one, it has forgotten the drop."""
    other = catalog.copy_at(backend.name, key)
    if other is not None and other.file_id != removal.file.id and other.state is CopyState.PRESENT:
        return None
    try:
        backend.move(removal.copy.key, key)
    except (AlreadyExists, KeyNotFound):  # nobody misses it, or another restore was quicker
        return None
    return _Attempt(removal, key)


def _marked(back: _Attempt) -> CopyToMove:
    """The move in the catalog; until the copy is proven it is not called present."""
    copy = back.removal.copy
    return CopyToMove(copy.id, Belief.of(copy), back.key, CopyState.MISSING)


def _look(backend: Backend, back: _Attempt) -> tuple[Look, AudiotuiError | None]:
    """What is under the key that a copy had, and the error that says so if it is not right."""
    copy = back.removal.copy
    before = Belief.of(copy)._replace(key=back.key, state=CopyState.MISSING.value)
    look = Look(copy.id, before, CopyState.MISSING)
    # A known copy without any proof may have been damaged before it was dropped, which no sum on record would tell.
    is_doubtful = copy.id != NO_ROW and copy.verify_level is VerifyLevel.NONE
    level = VerifyLevel.READ_BACK if is_doubtful else VerifyLevel.STORAGE_SUM
    try:
        entry = prove(backend, back.key, content_of(back.removal.file), level=level)
    except KeyNotFound as error:
        return look, error
    except IntegrityError as error:
        return look._replace(state=CopyState.DAMAGED), error
    except AudiotuiError as error:  # the move went well: it takes another look to say more
        return look._replace(state=CopyState.PRESENT, level=VerifyLevel.NONE), error
    right = look._replace(state=CopyState.PRESENT, level=entry.level, etag=entry.etag, version_id=entry.version_id)
    return right, None


def _note(catalog: Catalog, backend: Backend, seen: list[tuple[RecordingFile, Look]]) -> None:
    """Tell the catalog what was seen; of what has no row there, or lost it to a sweep just now, only what is there."""
    rows = [one for one in seen if one[1].copy_id != NO_ROW]
    held = catalog.note_looks([look for _, look in rows])
    lost = [
        (file, look)
        for (file, look), is_held in zip(rows, held, strict=True)
        if not is_held and catalog.copy_at(backend.name, look.before.key) is None
    ]
    updates = [
        CopyUpdate(
            file_id=file.id,
            location=backend.name,
            key=look.before.key,
            size_bytes=file.size_bytes,
            state=look.state,
            verify_level=look.level or VerifyLevel.NONE,
            etag=look.etag,
            version_id=look.version_id,
        )
        for file, look in (*lost, *(one for one in seen if one[1].copy_id == NO_ROW))
        if look.state is not CopyState.MISSING
    ]
    if updates:
        mark_as_used(catalog, backend)
        catalog.put_copies(updates)


def _trashed_at(removal: Removal) -> str:
    """Orders keys in a trash by when they got there, however many libraries share it."""
    trashed = trashkeys.parse(removal.copy.key)
    return "" if trashed is None else f"{trashed.since:%Y%m%dT%H%M%S}"
