"""The trash of locations: emptying it of what is old, as long as other copies are proven just then.

What a drop put there is a row of the catalog whose key is in the trash. A drop that died in the middle leaves the bytes
under the key that they had; whoever looks at such a copy believes what is there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from audiotui.core.catalog.looks import Belief, CopyToMove
from audiotui.errors import KeyNotFound, LastCopy
from audiotui.model import CopyState
from audiotui.transfer import trashkeys
from audiotui.transfer.doubt import refuse_doubtful
from audiotui.transfer.places import is_token
from audiotui.transfer.removal import Removal, Remover
from audiotui.transfer.strays import owners, strays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.strays import Stray

TRASH_KEPT = timedelta(days=14)
"""So long what was dropped can be given back, unless the user says otherwise."""


@dataclass
class Emptied:
    """What emptying the trash of a location did."""

    files: int = 0
    size_bytes: int = 0
    kept: list[str] = field(default_factory=list)
    """Why some old ones stay: no other copy could be proven."""
    unknown: int = 0
    """Old ones that stay because the catalog knows nothing of them."""


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
        LastCopy: its last scan was in doubt.
    """
    refuse_doubtful(catalog, location)
    done = Emptied()
    backend = backends(location)
    remover = Remover(catalog, backends, least_copies=least_copies, for_good=True, now=lambda: now)
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
    _Strays(catalog, backend, remover, done).remove(now - kept)
    return done


def _old(catalog: Catalog, location: str, before: datetime) -> Iterator[Removal]:
    """The trashed copies of a location that have been there since ``before``."""
    for uid, file, copy in catalog.trashed_copies(location):
        trashed = trashkeys.parse(copy.key)
        if trashed is not None and trashed.since <= before:
            yield Removal(uid, file, copy)


def _was_never_moved(catalog: Catalog, backend: Backend, removal: Removal) -> bool:
    """Whether the drop died before it moved the bytes; then the copy is what it was before."""
    copy, key = removal.copy, trashkeys.former_key(removal.copy.key)
    if backend.exists(copy.key) or not backend.exists(key):
        return False
    back = CopyToMove(copy.id, Belief.of(copy), key, CopyState.PRESENT)
    if not all(catalog.move_copies([back])):
        catalog.delete_copies([copy.id])  # another copy has the key: it is the same file, stored again
    return True


@dataclass
class _Strays:
    """The old strays in the trash of one location on their way out; what cannot be proven superfluous stays."""

    catalog: Catalog
    backend: Backend
    remover: Remover
    done: Emptied

    def remove(self, before: datetime) -> None:
        """Delete those of whose files other copies are proven now."""
        for stray in strays(self.catalog, self.backend, before=before):
            with suppress(KeyNotFound):  # another sweep was quicker
                if self._is_superfluous(stray):
                    self.backend.delete(stray.entry.key)
                    self.done.files += 1
                    self.done.size_bytes += stray.entry.size_bytes

    def _is_superfluous(self, stray: Stray) -> bool:
        if is_token(stray.trashed, stray.entry.size_bytes):
            return True
        by_bytes, by_name = owners(self.catalog, self.backend, stray)
        if not (by_bytes or by_name):
            self.done.unknown += 1
            return False
        try:
            for one in by_bytes or by_name:
                self.remover.prove(one)
        except LastCopy as error:
            back = " `audiotui restore-copies` gives it back." if by_bytes else ""
            self.done.kept.append(f"{error.message}{back}")
            return False
        return True
