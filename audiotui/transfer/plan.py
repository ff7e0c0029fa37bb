"""What a push or a pull would do, file by file, before it does anything; made from the catalog and a look at both ends.

A plan is advice: when the job runs, the engine looks again at every file and never overwrites anything. The files of a
small plan are looked at where they lie. For more, the catalog is believed about the source, and the destination is
asked once for a listing, which is compared with the catalog; never for each file of a big set.
"""

from __future__ import annotations

from functools import partial
from posixpath import splitext
from typing import TYPE_CHECKING, Any

from audiotui.backends.base import Capability
from audiotui.cleanup import on_failure
from audiotui.core.encoding import stored_text
from audiotui.core.garbage import collected_seldom
from audiotui.errors import InvalidInput, LocationError
from audiotui.model import DEFAULT_KEY_LAYOUT, LOCAL, CopyState
from audiotui.transfer.candidates import Candidate, CopyRow, read_candidates
from audiotui.transfer.jobs import JobKind
from audiotui.transfer.layout import clean_extension, key_for
from audiotui.transfer.live_look import LiveLook
from audiotui.transfer.spool import KnownCopies, Spool
from audiotui.transfer.transfer_plan import IS_DAMAGED, Action, Tally, TransferPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog

LIVE_FILES = 200
"""One look at each of so many files costs less than being wrong."""

MOST_LOOKS = 2_000
"""More files than these are never looked at one by one through a network."""

MOST_STRANGERS = 200_000
"""A listing in which the library's own files do not turn up for so long is given up; the catalog is believed then."""

_KEYS_PER_PAGE = 1_000
_LOOKS_PER_PAGE = 50
"""What a page of a listing costs, in looks that are made many at a time."""


def plan_transfer(
    catalog: Catalog,
    backends: Callable[[str], Backend],
    *,
    verb: JobKind,
    recording_ids: Sequence[int],
    source: str = "",
    destination: str = LOCAL,
    kinds: Collection[str] | None = None,
    key_layout: str = DEFAULT_KEY_LAYOUT,
    fingerprint: Callable[[str], str] = lambda _name: "",
    live_files: int = LIVE_FILES,
    reads_only: bool = False,
) -> TransferPlan:
    """Plan to copy the current files of recordings to one location.

    Without a ``source``, each file comes from its best copy: of those that can be reached, the one that was proven
    furthest, and of those the one that was proven last. ``fingerprint`` tells what a location's name points at. Up to
    ``live_files`` files are looked at where they lie. With ``reads_only`` nothing is made anywhere, not even the folder
    of a location that is used for the first time.

    Raises:
        InvalidInput: source and destination are one, or a location is not configured.
        LocationError: the destination, or the source that was asked for, cannot be used now.
    """
    if source == destination:
        raise InvalidInput(f"{destination} is both source and destination.", "Name two different locations.")
    look = LiveLook(backends, reads_only=reads_only)
    for name in filter(None, (source, destination)):
        look.begin(name)
    spool = Spool(catalog)
    with on_failure(spool.close), collected_seldom():
        is_small = spool.choose(recording_ids, kinds) <= live_files
        look.refuse_trouble(destination)
        if source and is_small:
            look.refuse_trouble(source)
        planner = _Planner(look, source, destination, key_layout, is_small=is_small)
        if not is_small:
            planner.compare_listing(spool, backends(destination), live_files=live_files)
            planner.send_plain(spool)
        ends = {source, destination} if source else None
        for page in spool.undecided(partial(read_candidates, locations=ends)):
            planner.look_ahead(page)
            spool.add([planner.plan(candidate) for candidate in page])
        if source:  # of many files the catalog told what lies there, so it may answer while they are planned
            look.refuse_trouble(source)
        sources = spool.sources(Action.SEND)
    return TransferPlan(
        verb=verb,
        source=source or (sources[0] if verb is JobKind.PULL and len(sources) == 1 else ""),
        destination=destination,
        library_id=catalog.library_id,
        recording_count=len(recording_ids),
        spool=spool,
        counts={Action(action): Tally(files, size_bytes) for action, files, size_bytes in spool.counts()},
        fingerprints={name: fingerprint(name) for name in sorted({destination, *sources})},
        asked_source=source,
        kinds=None if kinds is None else tuple(kinds),
        troubles=look.troubles,
    )


def _listing_is_cheaper(known: KnownCopies, destination: Backend) -> bool:
    """Whether to ask for everything that lies at the destination, instead of for each file that may be there."""
    if Capability.DIRECT in destination.capabilities:  # a look and an entry of a listing cost about the same
        return 2 * known.wanted > known.total
    return known.wanted > min(MOST_LOOKS, known.total / _KEYS_PER_PAGE * _LOOKS_PER_PAGE)


class _Planner:
    """Decides about one file after the other."""

    def __init__(self, look: LiveLook, source: str, destination: str, key_layout: str, *, is_small: bool) -> None:
        self._look = look
        self._source = source
        self._destination = destination
        self._key_layout = key_layout
        self._is_small = is_small
        self._most_looks: float = float("inf")
        """At the destination, as long as they go through a network."""
        self._saw_everything = True
        """Whether what was not listed is not there, as far as listings can be trusted."""
        self._is_live = True
        self._folder: Spool | None = None
        """What lies at the destination, if that is a folder and was walked to its end."""

    def compare_listing(self, spool: Spool, destination: Backend, *, live_files: int) -> None:
        """Decide at once about all files that a listing of the destination shows, if one is worth its time."""
        known = spool.known_copies(destination.name)
        if known.wanted <= live_files or not _listing_is_cheaper(known, destination):
            return
        entries = ((entry.key, entry.size_bytes) for entry in destination.list())
        self._saw_everything = spool.note_listing(entries, most=MOST_STRANGERS + 10 * known.total)
        self._most_looks = MOST_LOOKS
        spool.skip_listed(destination.name)
        if self._saw_everything and Capability.DIRECT in destination.capabilities:
            self._folder = spool

    def send_plain(self, spool: Spool) -> None:
        """Decide at once about all files of a big plan that only have to be copied from the source that was named."""
        if self._source:
            spool.send_plain(
                self._source, self._destination, new_key=partial(_new_key, self._key_layout),
                is_walked=self._folder is not None,
            )  # fmt: skip

    def look_ahead(self, found: Sequence[Candidate]) -> None:
        """Fetch at once what ``plan`` will ask of locations behind a network."""
        wanted = {self._source, self._destination} if self._is_small else {self._destination}
        self._look.forget()
        self._is_live = self._most_looks > 0
        if not self._is_live:
            return
        if self._folder is not None:  # a walk says as much as a look at each
            keys = [copy.key for candidate in found for copy in candidate.copies_at(self._destination)]
            self._look.note(self._destination, self._folder.listed(keys))
            return
        self._most_looks -= self._look.prefetch(
            (copy.location, copy.key)
            for candidate in found
            for copy in candidate.copies
            if copy.location in wanted and copy.state is not CopyState.TRASHED
        )

    def plan(self, candidate: Candidate) -> tuple[Any, ...]:
        """What is to be done about one file, and why nothing, if nothing is: a row of the spool."""
        old = next(iter(candidate.copies_at(self._destination)), None)
        if old is not None:
            action, reason = self._judge_old(candidate, old)
            if action is not Action.SEND:
                return self._planned(candidate, action, reason, source=None, old=old)
        best, reason = self._best_source(candidate)
        action = Action.IMPOSSIBLE if best is None else Action.SEND
        return self._planned(candidate, action, reason, source=best, old=old)

    def _judge_old(self, candidate: Candidate, old: CopyRow) -> tuple[Action, str]:
        """What the copy that the catalog knows at the destination means for the file."""
        if old.state not in _LOOKED_AT:
            return Action.SEND, ""
        damage = f"its copy at {self._destination} {IS_DAMAGED}"
        if not self._is_live:
            if old.state is CopyState.DAMAGED:
                return Action.DAMAGED, damage
            return (Action.SEND if self._saw_everything else Action.SKIP), ""  # if it is there, the engine will see it
        size, trouble = self._size(self._destination, old.key)
        if trouble:
            return Action.IMPOSSIBLE, trouble
        if size is None:
            return Action.SEND, ""
        if old.state is CopyState.DAMAGED:
            return Action.DAMAGED, damage
        if size != candidate.size_bytes:
            return Action.DAMAGED, f"{damage}: it has {size} bytes and should have {candidate.size_bytes}"
        return Action.SKIP, ""

    def _best_source(self, candidate: Candidate) -> tuple[CopyRow | None, str]:
        """The copy to read from, or why there is none."""
        if self._source:
            copies = candidate.copies_at(self._source)
        else:
            copies = [copy for copy in candidate.copies if copy.location != self._destination]
            copies.sort(key=lambda copy: (copy.verify_level, copy.verified_at_ms), reverse=True)
        reasons: dict[str, None] = {}
        for copy in copies:
            reason = self._why_not(candidate, copy)
            if not reason:
                return copy, ""
            reasons[reason] = None
        where = f"at {self._source}" if self._source else "anywhere else"
        return None, "; ".join(reasons) or f"it has no copy {where}"

    def _why_not(self, candidate: Candidate, copy: CopyRow) -> str:
        """Why a copy cannot be read from; '' if it can."""
        where = copy.location
        if where != self._source and (trouble := self._look.trouble(where)) is not None:
            return trouble.message.rstrip(".")
        if copy.state is CopyState.DAMAGED:
            return f"its copy at {where} {IS_DAMAGED}"
        if not self._is_small:
            return f"its file is missing at {where}" if copy.state is CopyState.MISSING else ""
        size, doubt = self._size(where, copy.key)
        if doubt:
            return doubt
        if size is None:
            return f"its file is missing at {where}"
        return "" if size == candidate.size_bytes else f"its copy at {where} {IS_DAMAGED}: it has {size} bytes"

    def _size(self, location: str, key: str) -> tuple[int | None, str]:
        """The size of what lies under a key, and why it cannot be used if only this file is in trouble.

        Raises:
            LocationError: the whole location may be, and may be no longer when it is tried again.
        """
        try:
            return self._look.size(location, key), ""
        except LocationError as error:
            if error.retryable:
                raise
            return None, error.message.rstrip(".")

    def _planned(
        self, candidate: Candidate, action: Action, reason: str, *, source: CopyRow | None, old: CopyRow | None
    ) -> tuple[Any, ...]:
        """A row of ``spool.FILE_COLUMNS``."""
        return (
            *(candidate.number, candidate.kind, action, stored_text(reason), candidate.file_id),
            *(candidate.recording_uid, stored_text(candidate.original_name)),
            stored_text(source.location) if source is not None else "",
            stored_text(source.key) if source is not None else "",
            stored_text(old.key) if old is not None else self._new_key(candidate, source),
            *(candidate.size_bytes, candidate.sha256, candidate.part_sha256),
            old.managed if old is not None else True,
        )

    def _new_key(self, candidate: Candidate, source: CopyRow | None) -> str:
        return _new_key(
            self._key_layout,
            *(candidate.recording_uid, candidate.kind, candidate.sha256, candidate.original_name),
            *(source.key if source is not None else "", candidate.format),
        )


def _new_key(
    layout: str, uid: str, kind: str, sha256: bytes, original_name: str, source_key: str, media_format: str
) -> str:
    """What ``spool.NewKey`` says, by a layout; the extension is the first plain one of those that the file has had."""
    extension = (
        clean_extension(splitext(original_name)[1])
        or clean_extension(splitext(source_key)[1])
        or clean_extension(media_format)
    )
    return key_for(layout, uid=uid, kind=kind, sha256=sha256.hex(), extension=extension)


_LOOKED_AT = (CopyState.PRESENT, CopyState.DAMAGED)
