"""Dropped copies on their way back: out of a location's trash, under the keys that they had.

A drop that died in the middle leaves the bytes under the key that they had; whoever looks at such a copy believes what
is there. Of what the catalog has no row for, only good bytes come back, and only where their key is free.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from audiotui.backends.base import Limits
from audiotui.backends.proof import prove
from audiotui.core.catalog.looks import Belief, CopyToMove, Look
from audiotui.core.row_edits import chunks
from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound, TransferCancelled
from audiotui.model import CopyState, CopyUpdate, VerifyLevel
from audiotui.transfer import trashkeys
from audiotui.transfer.askers import Askers
from audiotui.transfer.marking import mark_as_used
from audiotui.transfer.other_copies import content_of
from audiotui.transfer.removal import NO_ROW, THREADS, TOGETHER, Removal, Removed
from audiotui.transfer.silences import Silences
from audiotui.transfer.strays import StraysByName, strays
from audiotui.transfer.trashkeys import former_key

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.model import Recording, RecordingFile


_Seen: TypeAlias = "tuple[Look, AudiotuiError | None]"


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


def dropped_copies(
    catalog: Catalog, backend: Backend, recordings: Iterable[Recording], *, cancel: threading.Event | None = None
) -> Iterator[Dropped]:
    """What a location's trash has of the files of recordings, whether or not the catalog has rows for it.

    Former versions are among them: they may have been dropped before they became that.

    Raises:
        LocationError: the location does not answer.
        TransferCancelled: ``cancel`` was set before it had listed its trash.
    """
    by_name = StraysByName(strays(catalog, backend, cancel=cancel))
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


def restore(
    catalog: Catalog, backend: Backend, dropped: Iterable[Dropped], *, limits: Limits | None = None
) -> Iterator[Removed]:
    """Give dropped copies their keys back and prove them, in groups; one outcome for each key, as its group ends.

    Of several copies that had one key the newest good one comes back. The error of one that stays in the trash is
    AlreadyExists if another file has its key, or that of the location. One whose bytes are gone or damaged is missing
    or damaged from then on, and its error says so; one that a location no longer shows is there without a proof.
    Nothing is said of strays that are of no use, and of files that are there again already. ``limits`` can cancel it:
    then the error is TransferCancelled.
    """
    limits = limits or Limits()
    silences = Silences(lambda _location: backend)
    with Askers(THREADS, "audiotui-restore", limits.cancel) as askers:
        for group in chunks(dropped, TOGETHER):
            moving = [askers.ask(partial(_give_back, catalog, silences, one)) for one in group]
            tried = [_attempt(askers, one, answer) for one, answer in zip(group, moving, strict=True)]
            attempts = [one for one in tried if one is not None]
            back = [one for one in attempts if one.error is None]
            catalog.move_copies([_marked(one) for one in back if one.removal.copy.id != NO_ROW])
            looks = [askers.ask(partial(_look, silences, limits, one)) for one in back]
            seen = [_seen(askers, one, answer) for one, answer in zip(back, looks, strict=True)]
            _note(catalog, backend, [(one.removal.file, look) for one, (look, _) in zip(back, seen, strict=True)])
            yield from (Removed(one.removal, one.error) for one in attempts if one.error is not None)
            yield from (Removed(one.removal, error) for one, (_, error) in zip(back, seen, strict=True))


def _attempt(askers: Askers, dropped: Dropped, answer: Future[_Attempt | None]) -> _Attempt | None:
    try:
        return askers.wait_for(answer)
    except TransferCancelled as error:  # if it was begun, another restore believes what it finds under either key
        return _Attempt(dropped.newest_first[0], dropped.key, error)


def _seen(askers: Askers, back: _Attempt, answer: Future[_Seen]) -> _Seen:
    try:
        return askers.wait_for(answer)
    except TransferCancelled as error:
        return _unclear(_before(back), error)


def _give_back(catalog: Catalog, silences: Silences, dropped: Dropped) -> _Attempt | None:
    """Move the bytes back under the key that they had; an error if they stay in the trash, None if they should."""
    removal = dropped.newest_first[0]
    try:
        with silences.asking(removal.copy.location) as backend:
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


def _give_row_back(catalog: Catalog, backend: Backend, removal: Removal, key: str) -> _Attempt | None:
    copy = removal.copy
    other = catalog.copy_at(copy.location, key)
    if other is not None and other.id == copy.id:  # another process gives it back just now
        return _Attempt(removal, key)
    if other is not None and other.state is CopyState.PRESENT and other.file_id == removal.file.id:
        return None
    if other is not None and other.state is CopyState.PRESENT:
        error = AlreadyExists(
            f"{removal.name} cannot come back at {copy.location}: another file has its key {key!r}.",
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


def _before(back: _Attempt) -> Look:
    """What the catalog holds of a copy that has its key again, as a look that found nothing there."""
    copy = back.removal.copy
    before = Belief.of(copy)._replace(key=back.key, state=CopyState.MISSING.value)
    return Look(copy.id, before, CopyState.MISSING)


def _look(silences: Silences, limits: Limits, back: _Attempt) -> _Seen:
    """What is under the key that a copy had, and the error that says so if it is not right."""
    copy, content, look = back.removal.copy, content_of(back.removal.file), _before(back)
    # A known copy without any proof may have been damaged before it was dropped, which no sum on record would tell.
    is_doubtful = copy.id != NO_ROW and copy.verify_level is VerifyLevel.NONE
    level = VerifyLevel.READ_BACK if is_doubtful else VerifyLevel.STORAGE_SUM
    try:
        with silences.asking(copy.location) as backend:
            entry = prove(backend, back.key, content, level=level, limits=limits)
    except KeyNotFound as error:
        return look, error
    except IntegrityError as error:
        return look._replace(state=CopyState.DAMAGED), error
    except AudiotuiError as error:
        return _unclear(look, error)
    right = look._replace(state=CopyState.PRESENT, level=entry.level, etag=entry.etag, version_id=entry.version_id)
    return right, None


def _unclear(look: Look, error: AudiotuiError) -> _Seen:
    """The move went well: it takes another look to say more."""
    return look._replace(state=CopyState.PRESENT, level=VerifyLevel.NONE), error


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
