"""Scans: what lies at a location, compared with what the catalog believes; never deletes anything.

The listing streams into a file (``listings``), because it is unordered and may be a million keys long. What the catalog
has and the listing lacks is asked for one by one, since some storages leave files out of listings that are there. A
listing that is empty or has shrunk by much says more about itself than about the files: then nothing is changed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.cleanup import on_failure
from audiotui.core.catalog.looks import Belief, Look
from audiotui.core.encoding import original_text, stored_text
from audiotui.core.row_edits import chunks
from audiotui.errors import AudiotuiError, KeyNotFound, TransferCancelled
from audiotui.model import DEFAULT_KEY_LAYOUT, CopyState, CopyUpdate, VerifyLevel
from audiotui.text import format_count
from audiotui.transfer import trashkeys
from audiotui.transfer.askers import Askers, read_ahead
from audiotui.transfer.layout import clean_extension, key_for, uids_in
from audiotui.transfer.location_trouble import is_about_location
from audiotui.transfer.marking import mark_as_used
from audiotui.transfer.reports import BulkListener, BulkProgress, ignore_progress, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from audiotui.backends.base import Backend, Entry
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.listings import Listings

THREADS = 8

SHRINKS_BORNE = 20
"""So many files may be gone from a listing, however small it is, before it counts as shrunken."""

SHRINK_SHARE = 0.2
"""A listing that lacks more than this part of what the catalog knows counts as shrunken."""

NOTED_TOGETHER = 1_000

SHOWN = 1_000
"""A report names at most so many files of each sort."""


class ScannedCopy(NamedTuple):
    """A copy of the catalog that a scan found in another state than the catalog believed."""

    key: str
    recording_uid: str
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found at a location."""

    location: str
    listed_files: int
    listed_bytes: int
    known_files: int
    """Copies that the catalog has there and that lie there."""
    missing: tuple[ScannedCopy, ...]
    """Not listed, and not there when asked for; the catalog says so now. At most 1,000 are named."""
    missing_files: int
    damaged: tuple[ScannedCopy, ...]
    """There with another size."""
    damaged_files: int
    returned_files: int
    """Copies that were missing and are there again."""
    adopted_files: int
    """Files of this library that the catalog did not know there; ``verify`` proves them."""
    unknown_files: int
    """What is not ours, or of no recording that the catalog has; ``list_unknown`` names them."""
    doubt: str
    """Why the listing is not believed, so that nothing was changed; '' if it is."""
    seconds: float
    refused: tuple[str, ...] = ()
    """Names that no key can have: those files are left alone, and are not among the listed ones. At most 1,000."""
    refused_files: int = 0
    unclear: tuple[str, ...] = ()
    """Why copies that are not listed could not be looked at, a line each; they stay as they are. At most 1,000."""
    unclear_files: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether all that the catalog has there lies there."""
        return not (self.missing_files or self.damaged_files or self.unclear_files or self.doubt)


def scan(
    catalog: Catalog,
    backend: Backend,
    listings: Listings,
    *,
    key_layout: str = DEFAULT_KEY_LAYOUT,
    adopt: bool = True,
    listener: BulkListener = ignore_progress,
    cancel: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> ScanReport:
    """Compare what lies at a location with the catalog, and tell the catalog; ``adopt`` takes in what is ours.

    Raises:
        TransferCancelled: it was stopped; what the catalog heard until then is true.
        LocationError: the location cannot be listed, or does not answer any more.
    """
    began_s = clock()
    cancel = cancel or threading.Event()
    layouts = tuple(dict.fromkeys((key_layout, DEFAULT_KEY_LAYOUT)))
    with Askers(THREADS, "audiotui-scan", cancel) as askers:
        run = _Scan(catalog, backend, listings, askers, cancel, adopt=adopt, layouts=layouts)
        listing = run.counted(read_ahead(backend.list(on_refused=run.refuse), cancel))
        number = listings.write(backend.name, listing, lambda count: _progress(listener, count))
        with on_failure(partial(listings.drop, number)):
            run.compare(number)
    unknown_files = listings.finish(number)
    catalog.reindex_dirty()
    return run.report(unknown_files, clock() - began_s)


def _progress(listener: BulkListener, count: int) -> None:
    tell(listener, BulkProgress(count, 0, 0, 0, f"{format_count(count)} files listed"))


@dataclass
class _Scan:
    """One scan on its way, and what it has counted."""

    catalog: Catalog
    backend: Backend
    listings: Listings
    askers: Askers
    cancel: threading.Event
    adopt: bool
    layouts: tuple[str, ...]
    listed_files: int = 0
    listed_bytes: int = 0
    known_files: int = 0
    missing_files: int = 0
    damaged_files: int = 0
    returned_files: int = 0
    adopted_files: int = 0
    doubt: str = ""
    missing: list[ScannedCopy] = field(default_factory=list)
    damaged: list[ScannedCopy] = field(default_factory=list)
    refused_files: int = 0
    refused: list[str] = field(default_factory=list)
    unclear_files: int = 0
    unclear: list[str] = field(default_factory=list)

    def refuse(self, name: str) -> None:
        """Take note of a file that no key can name."""
        self.refused_files += 1
        if len(self.refused) < SHOWN:
            self.refused.append(name)

    def counted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The listing, counted as it passes; what lies in the library's own trash is left out."""
        for entry in entries:
            if self.cancel.is_set():
                raise TransferCancelled("The scan was stopped.", "Run it again.")
            trashed = trashkeys.parse(entry.key)
            if trashed is None or not trashed.is_of(self.catalog.library_id):
                self.listed_files += 1
                self.listed_bytes += entry.size_bytes
                yield entry

    def compare(self, number: int) -> None:
        """Hold the listing against the catalog."""
        known, absent = self._counts(number)
        self.known_files = known - absent
        self.doubt = _doubt(self.listed_files, known, absent)
        if not self.doubt:
            self._note_absent(number)
            self._note_resized(number)
            self._note_returned(number)
            if self.adopt:
                self._adopt(number)
        self.listings.forget_known(number, self.catalog.database.path, self.backend.name)

    def report(self, unknown_files: int, seconds: float) -> ScanReport:
        """What was found."""
        return ScanReport(
            location=self.backend.name,
            listed_files=self.listed_files,
            listed_bytes=self.listed_bytes,
            known_files=self.known_files,
            missing=tuple(self.missing),
            missing_files=self.missing_files,
            damaged=tuple(self.damaged),
            damaged_files=self.damaged_files,
            returned_files=self.returned_files,
            adopted_files=self.adopted_files,
            unknown_files=unknown_files,
            doubt=self.doubt,
            seconds=seconds,
            refused=tuple(self.refused),
            refused_files=self.refused_files,
            unclear=tuple(self.unclear),
            unclear_files=self.unclear_files,
        )

    def _pages(self, sql: str, number: int, start: int | str) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query in pages, each read as a whole, so that no reader keeps the catalog from its writers."""
        path, location = self.catalog.database.path, stored_text(self.backend.name)
        while page := self.listings.compare(path, sql, (number, location, start)):
            yield page
            start = page[-1][0]

    def _copies(self, sql: str, number: int) -> Iterator[_Known]:
        return (_copy(row) for page in self._pages(sql, number, 0) for row in page)

    def _counts(self, number: int) -> tuple[int, int]:
        parameters = (number, stored_text(self.backend.name))
        ((known, absent),) = self.listings.compare(self.catalog.database.path, _COUNTS, parameters)
        return known, absent

    def _note_absent(self, number: int) -> None:
        """Ask for every copy that the listing lacks; it is missing only if the location says so."""
        for seen in self._looks(_ABSENT, number):
            self.known_files += sum(state is CopyState.PRESENT for _, state in seen)
            self._note(seen)

    def _note_resized(self, number: int) -> None:
        for seen in self._looks(_RESIZED, number):
            self.known_files -= sum(state is not CopyState.PRESENT for _, state in seen)  # counted by their keys
            self._note(seen)

    def _looks(self, sql: str, number: int) -> Iterator[list[tuple[_Known, CopyState | AudiotuiError]]]:
        """What the location says of the copies that a query finds, in groups."""
        for batch in chunks(self._copies(sql, number), 32 * THREADS):
            asked = [(copy, self.askers.ask(partial(self._look, copy))) for copy in batch]
            yield [(copy, self.askers.wait_for(answer)) for copy, answer in asked]

    def _note(self, seen: Sequence[tuple[_Known, CopyState | AudiotuiError]]) -> None:
        """Tell the catalog of what is not there or not right, and count it unless it is not so any more."""
        bad: list[tuple[_Known, CopyState]] = []
        for copy, state in seen:
            if isinstance(state, AudiotuiError):
                self.unclear_files += 1
                self.unclear += [str(state)] if len(self.unclear) < SHOWN else []
            elif state is not CopyState.PRESENT:
                bad.append((copy, state))
        news = [Look(copy.id, copy.before, state) for copy, state in bad if copy.before.state != state.value]
        held = dict(zip((look.copy_id for look in news), self.catalog.note_looks(news), strict=True))
        for copy, state in bad:
            if not held.get(copy.id, True):
                continue  # stored, proven or removed meanwhile
            shown = ScannedCopy(copy.key, copy.recording_uid, copy.name, copy.size_bytes)
            if state is CopyState.MISSING:
                self.missing_files += 1
                self.missing += [shown] if len(self.missing) < SHOWN else []
            else:
                self.damaged_files += 1
                self.damaged += [shown] if len(self.damaged) < SHOWN else []

    def _look(self, copy: _Known) -> CopyState | AudiotuiError:
        """The state that a copy is in; the error if the location has one for this file alone."""
        try:
            entry = self.backend.stat(copy.key)
        except KeyNotFound:
            return CopyState.MISSING
        except AudiotuiError as error:
            if is_about_location(error):
                raise
            return error
        return CopyState.PRESENT if entry.size_bytes == copy.size_bytes else CopyState.DAMAGED

    def _note_returned(self, number: int) -> None:
        for batch in chunks(self._copies(_RETURNED, number), NOTED_TOGETHER):
            looks = [Look(copy.id, copy.before, CopyState.PRESENT, VerifyLevel.SIZE) for copy in batch]
            count = sum(self.catalog.note_looks(looks))
            self.returned_files += count
            self.known_files += count

    def _adopt(self, number: int) -> None:
        """Take in files whose keys are those that the library gives to files of its recordings."""
        for page in self._pages(_STRANGE, number, ""):
            updates = list(self._adoptable([(original_text(key), size_bytes) for key, size_bytes in page]))
            if updates:
                mark_as_used(self.catalog, self.backend)
            self.catalog.put_copies(updates)
            self.adopted_files += len(updates)
            self.known_files += len(updates)

    def _adoptable(self, keys: Sequence[tuple[str, int]]) -> Iterator[CopyUpdate]:
        uids = {key: found[0] for key, _ in keys if (found := uids_in(key))}
        files = self.catalog.files_by_uids(set(uids.values()))
        for key, size_bytes in keys:
            for file in files.get(uids.get(key, ""), ()):
                if file.size_bytes == size_bytes and self._is_key_of(key, uids[key], file.kind, file.sha256):
                    yield CopyUpdate(
                        file.id, self.backend.name, key, size_bytes, verify_level=VerifyLevel.SIZE, managed=True
                    )
                    break

    def _is_key_of(self, key: str, uid: str, kind: str, sha256: str) -> bool:
        extension = clean_extension(key.rpartition("/")[2].rpartition(".")[2])
        return any(
            key == key_for(layout, uid=uid, kind=kind, sha256=sha256, extension=one)
            for layout in self.layouts
            for one in (extension, "")
        )


class _Known(NamedTuple):
    """A copy as the catalog has it."""

    id: int
    key: str
    size_bytes: int
    recording_uid: str
    name: str
    before: Belief


def _copy(row: Sequence[Any]) -> _Known:
    copy_id, key, size_bytes, state, uid, name, file_id, verified_at_ms, etag = row
    key = original_text(key)
    before = Belief(file_id, key, state, verified_at_ms, original_text(etag))
    return _Known(copy_id, key, size_bytes, uid, original_text(name) or key.rpartition("/")[2], before)


def _doubt(listed_files: int, known: int, absent: int) -> str:
    """Why a listing is not to be believed, as a sentence; '' if it is."""
    if known and not listed_files:
        return f"The listing is empty, and the catalog knows {format_count(known)} files there: nothing was changed."
    if absent > max(SHRINKS_BORNE, SHRINK_SHARE * known):
        return (
            f"The listing lacks {format_count(absent)} of the {format_count(known)} files that the catalog knows "
            "there: nothing was changed."
        )
    return ""


_JOINS = """
FROM library.copies AS c
JOIN library.locations AS l ON l.id = c.location_id
JOIN library.recording_files AS f ON f.id = c.file_id
JOIN library.recordings AS r ON r.id = f.recording_id
LEFT JOIN found ON found.scan = ?1 AND found.key = c.key
WHERE l.name = ?2
"""
_COLUMNS = "c.id, c.key, f.size_bytes, c.state, r.uid, f.original_name, c.file_id, c.verified_at, c.etag"
_PAGE = f"AND c.id > ?3 ORDER BY c.id LIMIT {NOTED_TOGETHER}"

_COUNTS = f"SELECT count(*), count(*) - count(found.key) {_JOINS} AND c.state IN ('present', 'damaged')"
_ABSENT = f"SELECT {_COLUMNS} {_JOINS} AND c.state IN ('present', 'damaged') AND found.key IS NULL {_PAGE}"
_RESIZED = f"SELECT {_COLUMNS} {_JOINS} AND c.state = 'present' AND found.size_bytes <> f.size_bytes {_PAGE}"
_RETURNED = f"SELECT {_COLUMNS} {_JOINS} AND c.state = 'missing' AND found.size_bytes = f.size_bytes {_PAGE}"

_STRANGE = f"""
SELECT found.key, found.size_bytes FROM found WHERE found.scan = ?1 AND found.key > ?3 AND NOT EXISTS (
    SELECT 1 FROM library.copies AS c JOIN library.locations AS l ON l.id = c.location_id
    WHERE l.name = ?2 AND c.key = found.key)
ORDER BY found.key LIMIT {NOTED_TOGETHER}
"""
