"""Scans: what lies at a location against what the catalog believes, in bounded memory, and nothing is ever deleted."""

from __future__ import annotations

import os
import threading
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.base import Entry
from audiotui.errors import AccessDenied, TransferCancelled
from audiotui.model import DEFAULT_KEY_LAYOUT, CopyState, VerifyLevel
from audiotui.transfer.layout import key_for
from audiotui.transfer.listings import Listings, Unknown, listings_path
from audiotui.transfer.scan import ScanReport, scan
from tests.faults import Fail, FaultyBackend, Meanwhile
from tests.transfer.library import Library
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@contextmanager
def listings(library: Library) -> Iterator[Listings]:
    """The file of listings beside the library."""
    with Listings(listings_path(library.folder / "registry.db")) as opened:
        yield opened


def look(library: Library, backend: Backend | None = None, **options: Any) -> ScanReport:
    """Scan the archive."""
    with listings(library) as opened:
        return scan(library.catalog, backend or library.backends["archive"], opened, **options)


def unknown(library: Library, prefix: str = "") -> list[str]:
    """The keys that the last scan left as not ours."""
    with listings(library) as opened:
        return [one.key for one in opened.unknown("archive", prefix)]


class Listed(FaultyBackend):
    """A backend whose listing is scripted; everything else is asked of the real one."""

    def __init__(self, inner: Backend, entries: Iterator[Entry]) -> None:
        super().__init__(inner)
        self._entries = entries

    def _list(self, prefix: str) -> Iterator[Entry]:
        yield from self._entries


def test_a_location_that_is_as_the_catalog_says_is_clean(library: Library) -> None:
    library.push(library.add_many(50))

    report = look(library)

    assert report.is_clean
    assert (report.listed_files, report.known_files, report.unknown_files) == (50, 50, 0)
    assert report.listed_bytes == 50 * 300


def test_what_is_gone_is_missing_and_what_is_back_is_present(library: Library) -> None:
    ids = library.add_many(30)
    library.push(ids)
    path = library.path("archive", ids[0])
    data = path.read_bytes()
    path.unlink()

    gone = look(library)
    assert (gone.missing_files, gone.known_files, gone.doubt) == (1, 29, "")
    assert [copy.key for copy in gone.missing] == [library.files(ids[:1])[0].copies[1].key]
    assert library.states("archive", ids[:1]) == [CopyState.MISSING]

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    back = look(library)

    assert (back.returned_files, back.known_files, back.is_clean) == (1, 30, True)
    (copy,) = (copy for copy in library.files(ids[:1])[0].copies if copy.location == "archive")
    assert (copy.state, copy.verify_level) == (CopyState.PRESENT, VerifyLevel.SIZE)


def test_a_file_of_another_size_is_damaged(library: Library) -> None:
    ids = library.add_many(30)
    library.push(ids)
    os.truncate(library.path("archive", ids[3]), 7)

    report = look(library)

    assert (report.damaged_files, report.known_files) == (1, 29)
    assert library.states("archive", [ids[3]]) == [CopyState.DAMAGED]


def test_a_listing_that_hides_a_file_does_not_make_it_missing(library: Library) -> None:
    ids = library.add_many(30)
    library.push(ids)
    archive = library.backends["archive"]
    hidden = Listed(archive, iter(list(archive.list())[1:]))

    report = look(library, hidden)

    assert (report.missing_files, report.known_files, report.listed_files) == (0, 30, 29)
    assert library.states("archive", ids) == [CopyState.PRESENT] * 30


@pytest.mark.parametrize("listed", [0, 60], ids=["empty", "shrunken"])
def test_a_listing_that_says_too_little_changes_nothing(library: Library, listed: int) -> None:
    ids = library.add_many(100)
    library.push(ids)
    archive = library.backends["archive"]
    entries = list(archive.list())[:listed]
    library.lose("archive", ids)

    report = look(library, Listed(archive, iter(entries)))

    assert report.doubt.endswith("nothing was changed.")
    assert not report.is_clean
    assert library.states("archive", ids) == [CopyState.PRESENT] * 100


def test_files_of_this_library_are_taken_in_and_others_listed(library: Library) -> None:
    ids = library.add_many(20)
    library.push(ids)
    lost_rows = [copy.id for file in library.files(ids[:5]) for copy in file.copies if copy.location == "archive"]
    library.catalog.delete_copies(lost_rows)
    for name in ("notes.txt", "other/take.wav"):
        path = library.folder / "archive" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"foreign")

    seen = look(library, adopt=False)
    report = look(library)

    assert (seen.adopted_files, seen.unknown_files) == (0, 7)
    assert (report.adopted_files, report.unknown_files, report.known_files) == (5, 2, 20)
    assert unknown(library) == ["notes.txt", "other/take.wav"]
    assert unknown(library, "other/") == ["other/take.wav"]
    assert library.states("archive", ids) == [CopyState.PRESENT] * 20


def test_files_that_no_key_can_name_are_told_and_left_alone(library: Library) -> None:
    library.push(library.add_many(3))
    folder = library.folder / "archive"
    odd = ["new\nline.wav", "back\\slash.wav", "x" * 201]
    for name in (*odd, ".0123abcd-00000001.atpart"):
        (folder / name).write_bytes(b"not ours")

    report = look(library)

    assert (report.listed_files, report.refused_files, sorted(report.refused)) == (3, 3, sorted(odd))
    assert report.is_clean
    assert all((folder / name).exists() for name in odd)


def test_files_in_folders_that_no_key_can_name_are_told_too(library: Library) -> None:
    library.push(library.add_many(3))
    folder = library.folder / "archive"
    odd = ["dir\\bad/f.wav", "dir\\bad/sub/g.wav", os.fsdecode(b"no utf-8 \xff/h.wav")]
    for name in (*odd, "dir\\bad/.0123abcd-00000001.atpart"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"not ours")

    report = look(library)

    assert (report.listed_files, report.refused_files, sorted(report.refused)) == (3, 3, sorted(odd))
    assert not list(library.backends["archive"].list_unfinished())
    assert all((folder / name).exists() for name in odd)


@pytest.mark.parametrize("harm", ["size", "hash", "stranger"])
def test_only_what_really_is_ours_is_taken_in(library: Library, harm: str) -> None:
    (row,) = library.add(b"one")
    (file,) = library.files([row])
    uid = library.catalog.recordings_by_ids([row])[0].uid
    if harm == "stranger":
        uid = "0" * 8 + uid[8:]
    sha256 = "f" * 64 if harm == "hash" else file.sha256
    key = key_for(DEFAULT_KEY_LAYOUT, uid=uid, kind="audio", sha256=sha256, extension="wav")
    path = library.folder / "archive" / key
    path.parent.mkdir(parents=True)
    path.write_bytes(b"four" if harm == "size" else b"one")

    report = look(library)

    assert (report.adopted_files, report.unknown_files) == (0, 1)


def test_a_listing_with_an_error_in_the_middle_changes_nothing(library: Library) -> None:
    ids = library.add_many(30)
    library.push(ids)
    library.lose("archive", ids[:3])
    look_before = unknown(library)

    def broken() -> Iterator[Entry]:
        yield Entry("strange", 1)
        raise AccessDenied("The second page is denied.", location="archive")

    with pytest.raises(AccessDenied):
        look(library, Listed(library.backends["archive"], broken()))

    assert library.states("archive", ids) == [CopyState.PRESENT] * 30
    assert unknown(library) == look_before


def test_a_scan_can_be_stopped(library: Library) -> None:
    library.push(library.add_many(5))
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(TransferCancelled):
        look(library, cancel=cancel)


@pytest.mark.parametrize("verb", ["list", "stat"])
def test_a_scan_that_is_stopped_waits_for_no_host_that_keeps_silent(library: Library, verb: str) -> None:
    ids = library.add_many(5)
    library.push(ids)
    library.lose("archive", ids[:2])
    cancel, answer = threading.Event(), threading.Event()

    def keep_silent() -> None:
        cancel.set()
        assert answer.wait(PATIENCE_S)

    silent = Meanwhile(verb=verb, act=keep_silent, times=99)
    with pytest.raises(TransferCancelled):
        look(library, FaultyBackend(library.backends["archive"], silent), cancel=cancel)
    answer.set()

    assert library.states("archive", ids) == [CopyState.PRESENT] * 5


def test_a_location_that_fails_when_asked_marks_nothing_missing(library: Library) -> None:
    ids = library.add_many(30)
    library.push(ids)
    library.lose("archive", ids[:1])
    denied = AccessDenied("archive refuses.", location="archive")

    with pytest.raises(AccessDenied):
        look(library, FaultyBackend(library.backends["archive"], Fail(verb="stat", times=99, error=denied)))

    assert library.states("archive", ids) == [CopyState.PRESENT] * 30


@pytest.mark.parametrize("harm", ["a link", "no rights"])
def test_keys_that_cannot_be_looked_at_are_told_and_the_scan_goes_on(library: Library, harm: str) -> None:
    ids = library.add_many(30)
    library.push(ids)
    backend: Backend = library.backends["archive"]
    keys = sorted(library.path("archive", row).relative_to(library.folder / "archive").as_posix() for row in ids[:3])
    for row in ids[:3]:
        path = library.path("archive", row)
        path.rename(library.folder / path.name)
        path.symlink_to(library.folder / path.name)
    if harm == "no rights":
        locked = [AccessDenied(f"Cannot use {key!r}.", location="archive", key=key) for key in keys]
        backend = FaultyBackend(backend, *(Fail(verb="stat", key=error.key, error=error) for error in locked))
    library.lose("archive", [ids[3]])
    (library.folder / "archive" / "theirs.wav").write_bytes(b"foreign")

    report = look(library, backend)

    assert (report.known_files, report.missing_files, report.unknown_files) == (26, 1, 1)
    assert report.unclear_files == len(report.unclear) == 3
    assert all(any(repr(key) in told for told in report.unclear) for key in keys)
    assert not report.is_clean
    assert library.states("archive", ids[:4]) == [CopyState.PRESENT] * 3 + [CopyState.MISSING]


def test_a_newer_scan_replaces_the_older_one(library: Library) -> None:
    library.push(library.add_many(2))
    (library.folder / "archive" / "old.txt").write_bytes(b"x")
    look(library)
    (library.folder / "archive" / "old.txt").rename(library.folder / "archive" / "new.txt")

    look(library)

    assert unknown(library) == ["new.txt"]


def test_a_listing_of_any_length_fits_into_little_memory(library: Library) -> None:
    library.push(library.add_many(3))
    entries = (Entry(f"foreign/{number:07}/take.wav", number) for number in range(30_000))
    known = list(library.backends["archive"].list())

    def all_of_them() -> Iterator[Entry]:
        yield from known
        yield from entries

    tracemalloc.start()
    report = look(library, Listed(library.backends["archive"], all_of_them()))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (report.listed_files, report.unknown_files, report.known_files) == (30_003, 30_000, 3)
    assert peak_bytes < 6_000_000
    with listings(library) as opened:
        assert opened.unknown("archive", limit=1, offset=29_999) == [Unknown("foreign/0029999/take.wav", 29_999, None)]
