"""What a push or a pull would do, file by file, before it does anything; made from the catalog and a look at the disk.

A plan is advice: when the job runs, the engine looks again at every file and never overwrites anything. The files of a
small plan are looked at where they lie; for more, the catalog is believed, except about files that are to be pulled
into ``local``, because people delete those to save space.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.model import DEFAULT_KEY_LAYOUT, LOCAL, CopyState
from audiotui.transfer.candidates import Candidate, CopyRow, candidates
from audiotui.transfer.jobs import JobItem, JobKind
from audiotui.transfer.layout import clean_extension, key_for
from audiotui.transfer.live_look import LiveLook
from audiotui.transfer.transfer_plan import Action, PlannedFile, TransferPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from audiotui.backends.base import Backend
    from audiotui.core.catalog import Catalog

LIVE_FILES = 200
"""One look at each of so many files costs less than being wrong."""


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
) -> TransferPlan:
    """Plan to copy the current files of recordings to one location.

    Without a ``source``, each file comes from its best copy: of those that can be reached, the one that was proven
    furthest, and of those the one that was proven last. ``fingerprint`` tells what a location's name points at. Up to
    ``live_files`` files are looked at where they lie.

    Raises:
        InvalidInput: source and destination are one, or a location is not configured.
        LocationError: the destination, or the source that was asked for, cannot be used now.
    """
    if source == destination:
        raise InvalidInput(f"{destination} is both source and destination.", "Name two different locations.")
    look = LiveLook(backends)
    for name in filter(None, (source, destination)):
        if (trouble := look.trouble(name)) is not None:
            raise trouble
    found = list(candidates(catalog, recording_ids, kinds))
    planner = _Planner(look, source, destination, key_layout, is_small=len(found) <= live_files)
    planner.look_ahead(found)
    files = tuple(planner.plan(candidate) for candidate in found)
    used = sorted({destination, *(file.item.source for file in files if file.action is Action.SEND)})
    return TransferPlan(
        verb=verb,
        source=source or (_only(files) if verb is JobKind.PULL else ""),
        destination=destination,
        files=files,
        library_id=catalog.library_id,
        fingerprints={name: fingerprint(name) for name in used},
        recording_count=len(recording_ids),
    )


class _Planner:
    """Decides about one file after the other."""

    def __init__(self, look: LiveLook, source: str, destination: str, key_layout: str, *, is_small: bool) -> None:
        self._look = look
        self._source = source
        self._destination = destination
        self._key_layout = key_layout
        self._is_small = is_small

    def look_ahead(self, found: Sequence[Candidate]) -> None:
        """Fetch at once what ``plan`` will ask of locations behind a network."""
        if self._is_small:
            wanted = {self._source, self._destination}
            self._look.prefetch(
                (copy.location, copy.key)
                for candidate in found
                for copy in candidate.copies
                if copy.location in wanted and copy.state is not CopyState.TRASHED
            )

    def plan(self, candidate: Candidate) -> PlannedFile:
        """What is to be done about one file, and why nothing, if nothing is."""
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
        is_live = self._is_small or self._destination == LOCAL
        size = self._look.size(self._destination, old.key) if is_live and old.state in _LOOKED_AT else None
        damage = f"its copy at {self._destination} is damaged"
        if old.state is CopyState.DAMAGED:
            return (Action.SEND, "") if is_live and size is None else (Action.DAMAGED, damage)
        if old.state is not CopyState.PRESENT or (is_live and size is None):
            return Action.SEND, ""
        if is_live and size != candidate.size_bytes:
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
        if (trouble := self._look.trouble(where)) is not None:
            return trouble.message.rstrip(".")
        if copy.state in (CopyState.DAMAGED, CopyState.TRASHED):
            return f"its copy at {where} is {copy.state}"
        if not self._is_small:
            return f"its file is missing at {where}" if copy.state is CopyState.MISSING else ""
        size = self._look.size(where, copy.key)
        if size is None:
            return f"its file is missing at {where}"
        return "" if size == candidate.size_bytes else f"its copy at {where} is damaged: it has {size} bytes"

    def _planned(
        self, candidate: Candidate, action: Action, reason: str, *, source: CopyRow | None, old: CopyRow | None
    ) -> PlannedFile:
        key = old.key if old is not None else self._new_key(candidate, source)
        item = JobItem(
            file_id=candidate.file_id,
            recording_uid=candidate.recording_uid,
            name=candidate.original_name or key.rpartition("/")[2],
            source=source.location if source is not None else "",
            source_key=source.key if source is not None else "",
            key=key,
            size_bytes=candidate.size_bytes,
            sha256=candidate.sha256,
            part_sha256=candidate.part_sha256,
            managed=old.managed if old is not None else True,
        )
        return PlannedFile(kind=candidate.kind, action=action, item=item, reason=reason)

    def _new_key(self, candidate: Candidate, source: CopyRow | None) -> str:
        names = (candidate.original_name, source.key if source is not None else "", f"x.{candidate.format}")
        extensions = (clean_extension(PurePosixPath(name).suffix) for name in names)
        return key_for(
            self._key_layout,
            uid=candidate.recording_uid,
            kind=candidate.kind,
            sha256=candidate.sha256,
            extension=next(filter(None, extensions), ""),
        )


_LOOKED_AT = (CopyState.PRESENT, CopyState.DAMAGED)


def _only(files: Sequence[PlannedFile]) -> str:
    """The one location that all files come from, '' if they come from several."""
    sources = {file.item.source for file in files if file.action is Action.SEND}
    return sources.pop() if len(sources) == 1 else ""
