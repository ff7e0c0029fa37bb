"""The manager's part for locations: what is known of them, whether they answer, what lies there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

from audiotui.core.encoding import now_ms, optional_time
from audiotui.errors import AccessDenied, AudiotuiError, HostKeyChanged, NotSupported, UnknownHostKey, Unreachable
from audiotui.manager.base import Library
from audiotui.manager.paging import check_page
from audiotui.transfer.reports import BulkListener, ignore_progress

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from audiotui.backends.check import CheckStep, LocationCheck
    from audiotui.core.catalog.locations import CopyCounts
    from audiotui.model import LocationInfo
    from audiotui.transfer.listings import Unknown
    from audiotui.transfer.scan import ScanReport

NOBODYS_KEY = "audiotui-ping"
"""A key that no file has, to ask a location for."""

BROWSED_TOGETHER = 200
"""So many entries are looked up in the catalog at once."""


class LocationState(StrEnum):
    """Whether a location can be used, as the last check or a ping found it."""

    UNKNOWN = "unknown"
    """Nobody looked."""
    OK = "ok"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    """The credentials are refused."""
    UNTRUSTED = "untrusted"
    """An SSH host whose key nobody has trusted, or another key than the trusted one."""
    FAULTY = "faulty"
    """It answers, and does not do what a location must."""
    NOT_READY = "not ready"
    """This version has no backend for its kind."""


@dataclass(frozen=True, slots=True)
class LocationOverview:
    """A location of the configuration, and what the catalog knows of it."""

    name: str
    kind: str
    address: str
    """Where it is, without any secret."""
    default: bool
    """Where a push goes that names no destination."""
    state: LocationState
    """As the last check found it."""
    reason: str
    """Why the state is not ok; '' if it is."""
    copies: int
    """Present ones."""
    size_bytes: int
    """Of the present ones."""
    damaged: int
    missing: int
    trashed: int
    unknown_files: int | None
    """Files that the last scan found there and that are not in the catalog; None before the first."""
    checked_at: datetime | None
    scanned_at: datetime | None
    capabilities: Mapping[str, str] = field(default_factory=dict)
    """What it can do, in words, as the last check found it."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Whether a location answers now."""

    location: str
    state: LocationState
    latency_s: float
    """How long the answer took; connecting is included the first time."""
    reason: str = ""
    """Why the state is not ok, or what else is worth knowing."""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at a location: a file, or a folder of files."""

    name: str
    """The last part of the key."""
    key: str
    """A folder's ends with '/'."""
    is_folder: bool
    size_bytes: int = 0
    modified_at: datetime | None = None
    recording_uid: str = ""
    """The recording that it belongs to, '' if it is not in the catalog."""
    is_trashed: bool = False
    """Whether that recording is in the trash."""


class Locations(Library):
    """Looking after the places where files lie."""

    def list_locations(self, *, cancel: threading.Event | None = None) -> list[LocationOverview]:
        """All configured locations in the file's order, with their numbers; asks no location, so it is quick.

        Raises:
            SearchInterrupted: ``cancel`` was set while a million copies were counted.
        """
        from audiotui.core.catalog.locations import CopyCounts

        counts = self.catalog.copy_counts(cancel=cancel)
        return [self._overview(info, counts.get(info.name, CopyCounts())) for info in self.locations()]

    def ping_location(self, name: str) -> Ping:
        """Whether a location answers now: one small request, nothing is written. Never raises for its troubles.

        Raises:
            InvalidInput: the configuration has no such location.
        """
        path = getattr(self._options(name), "path", None)
        began_s = time.monotonic()
        if path is not None and not path.exists() and not self.catalog.was_used(name):
            # Only a first file makes the folder: a look must not, where a disk is perhaps not mounted.
            return Ping(name, LocationState.OK, 0.0, f"{path} is not there yet; it is made with the first file.")
        try:
            self.backend(name).exists(NOBODYS_KEY)
        except AudiotuiError as error:
            return Ping(name, _state_of(error), time.monotonic() - began_s, error.message, error.hint)
        return Ping(name, LocationState.OK, time.monotonic() - began_s)

    def check_location(self, name: str, *, listener: Callable[[CheckStep], None] = lambda _step: None) -> LocationCheck:
        """Try out everything that a location must be able to do, on the user's own storage, and clean up behind it.

        ``listener`` hears of each step as it ends. What was found stays in the catalog, for ``list_locations``.

        Raises:
            InvalidInput: the configuration has no such location.
            NotSupported: this version has no backend for its kind.
        """
        from audiotui.backends.check import check

        report = check(self.backend(name), listener=listener)
        state, reason = LocationState.OK, ""
        if report.failure is not None and report.failure.error is not None:
            state, reason = _state_of(report.failure.error), report.failure.error.message
        facts = {"at": now_ms(), "state": state.value, "reason": reason}
        self.catalog.set_probe(name, {"check": facts, "capabilities": dict(report.capabilities)})
        return report

    def scan_location(
        self,
        name: str,
        *,
        adopt: bool = True,
        listener: BulkListener = ignore_progress,
        cancel: threading.Event | None = None,
    ) -> ScanReport:
        """Compare what lies at a location with the catalog, in bounded memory; nothing is ever deleted.

        Copies that are gone are noted as missing, each after the location said so; copies that are back as present.
        With ``adopt``, files of this library that the catalog did not know there become copies. A listing that is
        empty or has shrunk by much changes nothing, and the report's ``doubt`` says so.

        Raises:
            InvalidInput, NotSupported: no such location, or no backend for its kind.
            TransferCancelled: ``cancel`` was set.
            LocationError: the location does not answer.
        """
        from audiotui.transfer.listings import Listings, listings_path
        from audiotui.transfer.scan import scan

        with Listings(listings_path(self.config.db_path)) as listings:
            report = scan(
                self.catalog,
                self.backend(name),
                listings,
                key_layout=self.config.key_layout,
                adopt=adopt,
                listener=listener,
                cancel=cancel,
            )
        facts = {"at": now_ms(), "doubt": report.doubt, "unknown": report.unknown_files, "files": report.listed_files}
        self.catalog.set_probe(name, {"scan": facts})
        return report

    def list_unknown(self, name: str, prefix: str = "", *, limit: int | None = None, offset: int = 0) -> list[Unknown]:
        """What lay at a location and was not in the catalog when it was last scanned, by key.

        ``prefix`` is the beginning of the keys.

        Raises:
            InvalidInput: the configuration has no such location.
        """
        from audiotui.transfer.listings import Listings, listings_path

        self._options(name)
        check_page(limit, offset)
        path = listings_path(self.config.db_path)
        if not path.exists():
            return []
        with Listings(path) as listings:
            return listings.unknown(name, prefix, limit=limit, offset=offset)

    def browse_location(self, name: str, folder: str = "") -> Iterator[Found]:
        """What lies in a folder of a location now ('' is the top), streamed in the order of its listing.

        Each folder comes once, when its first file is listed. The trash of drops is left out.

        Raises:
            InvalidInput, NotSupported: no such location, or no backend for its kind.
            LocationError: the location cannot be listed.
        """
        from audiotui.transfer.trashkeys import FOLDER

        prefix = f"{folder.rstrip('/')}/" if folder.strip("/") else ""
        return self._with_recordings(name, self._entries(name, prefix, FOLDER))

    def _entries(self, name: str, prefix: str, left_out: str) -> Iterator[Found]:
        folders: set[str] = set()
        for entry in self.backend(name).list(prefix):
            first, slash, _ = entry.key[len(prefix) :].partition("/")
            key = f"{prefix}{first}{slash}"
            if not slash:
                yield Found(first, key, False, entry.size_bytes, entry.modified_at)
            elif key not in folders and key != left_out:
                folders.add(key)
                yield Found(first, key, True)

    def _overview(self, info: LocationInfo, counts: CopyCounts) -> LocationOverview:
        known = self.catalog.location(info.name)
        facts: dict[str, Any] = {} if known is None else known.probe
        check, scan = facts.get("check", {}), facts.get("scan", {})
        state = LocationState(check.get("state", LocationState.UNKNOWN)) if info.ready else LocationState.NOT_READY
        return LocationOverview(
            name=info.name,
            kind=info.kind,
            address=info.address,
            default=info.default,
            state=state,
            reason=check.get("reason", "") if info.ready else "this version cannot use locations of this kind",
            copies=counts.present,
            size_bytes=counts.present_bytes,
            damaged=counts.damaged,
            missing=counts.missing,
            trashed=counts.trashed,
            unknown_files=scan.get("unknown"),
            checked_at=optional_time(check.get("at")),
            scanned_at=optional_time(scan.get("at")),
            capabilities=facts.get("capabilities", {}),
        )

    def _with_recordings(self, name: str, found: Iterator[Found]) -> Iterator[Found]:
        from dataclasses import replace

        while batch := list(islice(found, BROWSED_TOGETHER)):
            holders = self.catalog.recordings_at(name, [one.key for one in batch if not one.is_folder])
            for one in batch:
                holder = holders.get(one.key)
                yield one if holder is None else replace(one, recording_uid=holder.uid, is_trashed=holder.is_trashed)


def _state_of(error: AudiotuiError) -> LocationState:
    if isinstance(error, (UnknownHostKey, HostKeyChanged)):
        return LocationState.UNTRUSTED
    if isinstance(error, AccessDenied):
        return LocationState.DENIED
    if isinstance(error, NotSupported):
        return LocationState.NOT_READY
    return LocationState.UNREACHABLE if isinstance(error, Unreachable) else LocationState.FAULTY
