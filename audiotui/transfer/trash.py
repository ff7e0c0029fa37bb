"""The trash of locations: emptying it of what is old, as long as other copies are proven just then.

What a drop put there is a row of the catalog whose key is in the trash. A drop that died in the middle leaves the bytes
under the key that they had; whoever looks at such a copy believes what is there.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from audiotui.core.catalog.looks import Belief, CopyToMove
from audiotui.errors import AudiotuiError, KeyNotFound, LastCopy
from audiotui.model import CopyState
from audiotui.transfer import trashkeys
from audiotui.transfer.doubt import refuse_doubtful
from audiotui.transfer.location_trouble import is_about_location
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
    """Why some old ones stay: no other copy could be proven, or they could not be deleted."""
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

    One file that cannot be deleted keeps no other; where the location itself fails, what was done until then is told.

    Raises:
        LastCopy: its last scan was in doubt.
    """
    refuse_doubtful(catalog, location)
    done = Emptied()
    try:
        backend = backends(location)
        remover = Remover(catalog, backends, least_copies=least_copies, for_good=True, now=lambda: now)
        emptying = _Emptying(catalog, backend, remover, least_copies, done)
        emptying.remove_dropped(now - kept)
        emptying.remove_strays(now - kept)
    except AudiotuiError as error:
        done.kept.append(str(error))
    return done


@dataclass
class _Emptying:
    """The old files in the trash of one location on their way out; what cannot be proven superfluous stays."""

    catalog: Catalog
    backend: Backend
    remover: Remover
    least_copies: int
    done: Emptied

    def remove_dropped(self, before: datetime) -> None:
        """Delete what drops put there before a time."""
        for uid, file, copy in self.catalog.trashed_copies(self.backend.name):
            trashed = trashkeys.parse(copy.key)
            if trashed is not None and trashed.since <= before:
                with self._told():
                    self._remove_dropped(Removal(uid, file, copy))

    def remove_strays(self, before: datetime) -> None:
        """Delete what the catalog has no row for, of whose files other copies are proven now."""
        for stray in strays(self.catalog, self.backend, before=before):
            with self._told(), suppress(KeyNotFound):  # another sweep was quicker
                if self._is_superfluous(stray):
                    self._delete(stray.entry.key, stray.entry.size_bytes)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Take note of why one file stays; what concerns the whole location ends the run."""
        try:
            yield
        except LastCopy as error:
            self.done.kept.append(error.message)
        except AudiotuiError as error:
            if is_about_location(error):
                raise
            self.done.kept.append(str(error))

    def _remove_dropped(self, removal: Removal) -> None:
        if self._was_never_moved(removal):
            return
        others = self.remover.prove(removal)
        copy = removal.copy
        kept = [(one.copy.id, Belief.of(one.copy)) for one in others.proven]
        # Forgotten before it is deleted: one that cannot be is a stray then, which the next sweep looks at.
        if self.catalog.forget_copy(copy.id, Belief.of(copy), kept=kept, least_kept=self.least_copies):
            self._delete(copy.key, removal.file.size_bytes)

    def _was_never_moved(self, removal: Removal) -> bool:
        """Whether the drop died before it moved the bytes; then the copy is what it was before."""
        copy, key = removal.copy, trashkeys.former_key(removal.copy.key)
        if self.backend.exists(copy.key) or not self.backend.exists(key):
            return False
        back = CopyToMove(copy.id, Belief.of(copy), key, CopyState.PRESENT)
        if not all(self.catalog.move_copies([back])):
            # Another copy has the key: it is the same file, stored again. Or this one was given back just now.
            self.catalog.forget_copy(copy.id, Belief.of(copy))
        return True

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

    def _delete(self, key: str, size_bytes: int) -> None:
        self.backend.delete(key)
        self.done.files += 1
        self.done.size_bytes += size_bytes
