"""Strays: files in this library's trash at a location for which the catalog has no row there.

Repairs leave them, which set bad bytes aside. So do drops that the catalog has forgotten, as one has that was put back
from an older backup, and drops from the same place under another name: then they may be the last good copies.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.base import Capability
from audiotui.core.row_edits import chunks
from audiotui.model import Copy, CopyState, VerifyLevel
from audiotui.transfer import trashkeys
from audiotui.transfer.askers import read_ahead
from audiotui.transfer.digest import FileDigest
from audiotui.transfer.layout import SHORTEST_HASH, uids_in
from audiotui.transfer.removal import NO_ROW, Removal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from audiotui.backends.base import Backend, Entry
    from audiotui.core.catalog import Catalog
    from audiotui.model import RecordingFile
    from audiotui.transfer.trashkeys import Trashed


LOOKED_UP_TOGETHER = 1_000


class Stray(NamedTuple):
    """A file in the trash that the catalog has no row for, and what its name says."""

    entry: Entry
    trashed: Trashed

    def removal(self, location: str, recording_uid: str, file: RecordingFile) -> Removal:
        """The stray as a copy of a file, in no row of the catalog."""
        copy = Copy(
            id=NO_ROW,
            file_id=file.id,
            location=location,
            key=self.entry.key,
            managed=True,
            size_bytes=self.entry.size_bytes,
            state=CopyState.TRASHED,
            verify_level=VerifyLevel.NONE,
            verified_at=None,
            etag=self.entry.etag,
        )
        return Removal(recording_uid, file, copy)


class Owners(NamedTuple):
    """The files of the catalog that a stray may be of."""

    by_bytes: list[Removal]
    """Those that have exactly its bytes."""
    by_name: list[Removal]
    """Those that its name speaks of; it is damaged, or an older state of them, where it has other bytes."""


def strays(
    catalog: Catalog, backend: Backend, *, before: datetime | None = None, cancel: threading.Event | None = None
) -> Iterator[Stray]:
    """The strays at a location; those that have been in the trash since ``before``, if that is given.

    Raises:
        TransferCancelled: ``cancel`` was set before all were listed.
    """
    found: list[Stray] = []
    for entry in read_ahead(backend.list(trashkeys.FOLDER), cancel or threading.Event()):
        trashed = trashkeys.parse(entry.key)
        if trashed is None or not trashed.is_of(catalog.library_id):
            continue
        if before is None or trashed.since <= before:
            found.append(Stray(entry, trashed))
    for several in chunks(found, LOOKED_UP_TOGETHER):  # only now: whoever uses them changes what is listed
        known = catalog.recordings_at(backend.name, [one.entry.key for one in several])
        yield from (one for one in several if one.entry.key not in known)


def owners(catalog: Catalog, backend: Backend, stray: Stray) -> Owners:
    """Whose a stray is. Its bytes are read, unless the storage has measured them.

    Raises:
        KeyNotFound: it is gone.
        LocationError: the location does not answer.
    """
    names = {stray.entry.key, stray.trashed.key}
    uids = uids_in(stray.trashed.key)
    called = [
        (uid, file)
        for uid, file in catalog.files_called(names, uids)
        if any(copy.key in names for copy in file.copies) or _has_name_of(stray, file)
    ]
    same = catalog.files_with_bytes(_sha256(backend, stray.entry.key))
    return Owners(
        [stray.removal(backend.name, uid, file) for uid, file in same],
        [stray.removal(backend.name, uid, file) for uid, file in called],
    )


class StraysByName:
    """Some strays, to be found by what their names say."""

    def __init__(self, found: Iterable[Stray]) -> None:
        self._by_name: dict[str, list[Stray]] = defaultdict(list)
        for one in found:
            for name in {one.entry.key, one.trashed.key, *uids_in(one.trashed.key)}:
                self._by_name[name].append(one)

    def of(self, recording_uid: str, file: RecordingFile) -> list[Stray]:
        """Those that may be copies of a file, as far as names and sizes tell."""
        names = [copy.key for copy in file.copies]
        found = {one.entry.key: one for name in names for one in self._by_name.get(name, ())}
        found |= {one.entry.key: one for one in self._by_name.get(recording_uid, ()) if _has_name_of(one, file)}
        return [one for one in found.values() if one.entry.size_bytes == file.size_bytes]


def _has_name_of(stray: Stray, file: RecordingFile) -> bool:
    """Whether a key that names the right recording also names this file of it."""
    return file.sha256[:SHORTEST_HASH] in stray.trashed.key


def _sha256(backend: Backend, key: str) -> str:
    if Capability.CHECKSUM in backend.capabilities and (measured := backend.checksum(key).sha256):
        return measured
    digest = FileDigest()
    for block in backend.read(key):
        digest.update(block)
    return digest.sha256
