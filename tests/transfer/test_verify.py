"""Verification finds every wrong byte, raises no false alarm, and says nothing about what it could not see."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AccessDenied, Unreachable
from audiotui.events import Failed, Finished, Started
from audiotui.model import PART_BYTES, CopyState, NewCopy, NewFile, VerifyLevel
from audiotui.transfer.verify import VerifyReport, verify
from tests.faults import Fail, FaultyBackend, Hold, flip_byte
from tests.transfer.library import Heard, Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def look(library: Library, *locations: str, **options: Any) -> VerifyReport:
    return verify(library.catalog, library.backends.__getitem__, locations=locations or ("local", "archive"), **options)


def test_a_clean_library_raises_no_alarm(library: Library) -> None:
    ids = library.add_many(30)
    library.push(ids)
    report = look(library)

    assert report == VerifyReport(
        levels={VerifyLevel.READ_BACK: 60}, damaged=(), missing=(), problems=(), left=0, bytes_proven=60 * 300
    )
    assert report.is_clean


def test_one_flipped_bit_in_many_files_is_found(library: Library) -> None:
    ids = library.add_many(50)
    flip_byte(library.path("local", ids[33]), at=177)
    report = look(library)

    (bad,) = report.damaged
    assert (bad.location, bad.key) == ("local", library.files([ids[33]])[0].copies[0].key)
    assert "damaged" in bad.reason
    assert report.right == 49
    assert not report.is_clean
    assert library.states("local", ids).count(CopyState.DAMAGED) == 1


def test_a_flipped_bit_in_a_big_file_is_found(library: Library) -> None:
    ids = library.add(bytes(PART_BYTES) + b"short last part")
    flip_byte(library.path("local", ids[0]), at=PART_BYTES + 3)

    assert len(look(library).damaged) == 1


def test_missing_and_cut_files_are_told_apart(library: Library) -> None:
    gone, cut, fine = library.add(b"one", b"two", b"three")
    library.lose("local", [gone])
    library.path("local", cut).write_bytes(b"tw")
    report = look(library)

    assert [bad.name for bad in report.missing] == [library.files([gone])[0].original_name]
    assert [bad.name for bad in report.damaged] == [library.files([cut])[0].original_name]
    assert library.states("local", [gone, cut, fine]) == [CopyState.MISSING, CopyState.DAMAGED, CopyState.PRESENT]


def test_a_copy_that_was_damaged_and_is_right_again_is_present_again(library: Library) -> None:
    ids = library.add(b"one")
    path = library.path("local", ids[0])
    path.write_bytes(b"two")
    look(library)
    path.write_bytes(b"one")
    look(library)

    assert library.states("local", ids) == [CopyState.PRESENT]


def test_copies_that_are_known_to_be_missing_are_counted_and_no_news(library: Library) -> None:
    ids = library.add_many(5)
    library.push(ids)
    library.lose("archive", ids[:2])
    first = look(library)
    second = look(library)

    assert (len(first.missing), first.known_missing) == (2, 0)
    assert (second.missing, second.known_missing, second.right, second.left) == ((), 2, 8, 0)


def test_a_file_that_came_back_is_noticed_and_one_that_came_back_damaged_too(library: Library) -> None:
    ids = library.add_many(5)
    library.push(ids)
    contents = [library.path("archive", row).read_bytes() for row in ids[:2]]
    library.lose("archive", ids[:2])
    look(library)
    for row, content in zip(ids[:2], contents, strict=True):
        library.path("archive", row).parent.mkdir(parents=True, exist_ok=True)
        library.path("archive", row).write_bytes(content)
    flip_byte(library.path("archive", ids[1]))
    report = look(library)

    assert (report.returned, report.known_missing, len(report.damaged), report.right) == (1, 0, 1, 9)
    assert library.states("archive", ids[:2]) == [CopyState.PRESENT, CopyState.DAMAGED]


def test_a_copy_that_a_pull_brings_back_meanwhile_stays_present(library: Library) -> None:
    big, small = library.add(b"x" * 40_000_000, b"one")
    library.push([big, small])
    library.lose("local", [small])

    def pull_when_it_was_looked_at(event: object) -> None:
        if isinstance(event, Finished):  # of the big one, while what was found of the other waits for its turn
            library.pull([small])

    report = look(library, "local", recording_ids=[big, small], listener=pull_when_it_was_looked_at)

    assert (report.right, report.missing, report.left) == (1, (), 1)
    assert library.states("local", [small]) == [CopyState.PRESENT]


def test_a_right_copy_gets_the_time_and_the_level_of_its_proof(library: Library) -> None:
    ids = library.add(b"one")
    before = datetime.now(UTC)
    look(library)

    (copy,) = library.files(ids)[0].copies
    assert copy.verify_level is VerifyLevel.READ_BACK
    assert copy.verified_at is not None
    assert copy.verified_at.timestamp() >= before.timestamp() - 0.001


def test_only_some_recordings_and_some_locations_can_be_looked_at(library: Library) -> None:
    ids = library.add_many(5)
    library.push(ids)

    assert look(library, "archive", recording_ids=ids[:2]).right == 2


def test_a_quick_look_compares_sizes_only(library: Library) -> None:
    ids = library.add(b"one", b"two")
    library.path("local", ids[0]).write_bytes(b"eno")
    report = look(library, level=VerifyLevel.SIZE)

    assert (report.right, report.bytes_proven) == (2, 0)


def test_a_quick_look_does_not_clear_damage_that_only_a_reading_finds(library: Library) -> None:
    ids = library.add(b"one", b"two")
    flip_byte(library.path("local", ids[0]))
    look(library)
    heard = Heard()
    report = look(library, level=VerifyLevel.SIZE, listener=heard)

    assert (report.right, len(report.damaged), report.left) == (1, 1, 0)
    assert "found damaged before" in report.damaged[0].reason
    assert len(heard.of(Failed)) == len(heard.of(Finished)) == 1
    assert library.states("local", ids) == [CopyState.DAMAGED, CopyState.PRESENT]


def test_runs_that_are_cut_short_get_around_the_whole_library(library: Library) -> None:
    library.add_many(60)
    library.catalog.database.connection().execute("UPDATE copies SET verified_at = NULL")
    seen: list[int] = []
    for _ in range(60):
        ticks = iter(range(1_000))
        heard = Heard()
        report = look(library, listener=heard, max_time_s=25, clock=lambda ticks=ticks: float(next(ticks)))
        assert report.left > 0
        seen += [event.item_id for event in heard.of(Finished)]
        if len(set(seen)) == 60:
            break

    assert len(set(seen)) == 60
    assert seen[:60] == list(dict.fromkeys(seen))[: len(seen[:60])]


@pytest.mark.parametrize("harm", ["damaged", "missing", "a link"])
def test_bad_copies_do_not_keep_runs_that_are_cut_short_from_the_others(library: Library, harm: str) -> None:
    ids = library.add_many(60)
    for row in ids[:30]:
        path = library.path("local", row)
        if harm == "damaged":
            flip_byte(path)
        elif harm == "missing":
            path.unlink()
        else:
            path.rename(library.folder / path.name)
            path.symlink_to(library.folder / path.name)
    seen: list[int] = []
    for _ in range(60):
        ticks = iter(range(1_000))
        heard = Heard()
        look(library, "local", listener=heard, max_time_s=25, clock=lambda ticks=ticks: float(next(ticks)))
        seen += [event.item_id for event in heard.of(Finished, Failed)]
        if len(set(seen)) == 60:
            break

    assert len(set(seen)) == 60
    assert seen[:60] == list(dict.fromkeys(seen))[: len(seen[:60])]


def test_a_location_whose_root_is_gone_marks_nothing_missing(library: Library, tmp_path: Path) -> None:
    ids = library.add_many(20)
    library.push(ids)
    library.backends["archive"].close()
    shutil.move(tmp_path / "archive", tmp_path / "unmounted")
    report = look(library)

    assert (report.right, report.missing, report.left) == (20, (), 20)
    assert "archive" in report.problems[0]
    assert library.states("archive", ids) == [CopyState.PRESENT] * 20


def test_a_location_in_trouble_is_left_alone_and_the_others_go_on(library: Library) -> None:
    ids = library.add_many(40)
    library.push(ids)
    denied = AccessDenied("archive refuses to read.", "Check the rights.", location="archive")
    library.backends["archive"] = archive = FaultyBackend(
        library.backends["archive"], Fail(verb="stat", times=1_000, error=denied)
    )
    heard = Heard()
    report = look(library, listener=heard)

    assert (report.right, report.left) == (40, 40)
    assert report.problems == ("archive refuses to read. Check the rights.",)
    assert archive.calls["stat"] < 40
    assert heard.of(Failed)


def test_odd_files_are_told_each_and_keep_no_other_from_being_looked_at(library: Library) -> None:
    ids = library.add_many(60)
    library.push(ids)
    for row in ids[:5]:
        path = library.path("archive", row)
        path.rename(library.folder / path.name)
        path.symlink_to(library.folder / path.name)
    for row in ids[-10:]:
        flip_byte(library.path("archive", row))
    library.catalog.database.connection().execute("UPDATE copies SET verified_at = NULL")  # so the links come first
    report = look(library, "archive")

    assert (report.right, len(report.damaged), report.left) == (45, 10, 5)
    assert len(report.problems) == 5
    assert all("symbolic link" in problem for problem in report.problems)


def test_files_that_may_not_be_read_keep_no_other_from_being_looked_at(library: Library) -> None:
    ids = library.add_many(40)
    keys = [file.copies[0].key for file in library.files(ids)]
    locked = [AccessDenied(f"Cannot use {key!r}.", location="local", key=key) for key in keys[:5]]
    faults = [Fail(verb="stat", key=error.key, error=error) for error in locked]
    library.backends["local"] = FaultyBackend(library.backends["local"], *faults)
    report = look(library, "local")

    assert (report.right, report.left, len(report.problems)) == (35, 5, 5)


@pytest.mark.parametrize("key", ["", "some/key.wav"], ids=["of nothing", "of one key"])
def test_a_location_that_is_away_is_left_alone_whatever_was_asked_for(library: Library, key: str) -> None:
    library.add_many(40)
    away = Unreachable("local is away.", location="local", key=key)
    library.backends["local"] = local = FaultyBackend(
        library.backends["local"], Fail(verb="stat", times=1_000, error=away)
    )

    assert look(library, "local").left == 40
    assert local.calls["stat"] < 40


def test_a_run_can_be_stopped(library: Library) -> None:
    library.add_many(100)
    cancel = threading.Event()

    def stop(event: object) -> None:
        if isinstance(event, Finished):
            cancel.set()

    report = look(library, listener=stop, cancel=cancel)
    assert report.left > 0
    assert report.missing == report.damaged == ()


def test_a_run_that_waits_for_a_silent_location_can_be_stopped(library: Library) -> None:
    library.push(library.add_many(40))
    silence = Hold(verb="stat", times=1_000)
    library.backends["archive"] = FaultyBackend(library.backends["archive"], silence)
    cancel = threading.Event()

    def stop_while_it_is_silent() -> None:
        silence.reached.wait()
        cancel.set()

    stopper = threading.Thread(target=stop_while_it_is_silent)
    stopper.start()
    report = look(library, "archive", cancel=cancel)
    stopper.join()
    silence.release.set()

    assert (report.left, report.missing, report.damaged, report.problems) == (40, (), (), ())


def test_everything_that_is_begun_has_one_end(library: Library) -> None:
    ids = library.add_many(10)
    library.lose("local", ids[:1])
    flip_byte(library.path("local", ids[1]))
    heard = Heard()
    look(library, listener=heard)

    assert len(heard.of(Started)) == len(heard.of(Finished, Failed)) == 10
    assert len(heard.of(Failed)) == 2


def test_a_copy_that_leaves_meanwhile_is_not_called_present_again(library: Library) -> None:
    big, small = library.add(b"x" * 40_000_000, b"one")
    (copy,) = library.files([small])[0].copies

    def drop_when_it_was_looked_at(event: object) -> None:
        if isinstance(event, Finished):
            library.catalog.delete_copies([copy.id])

    report = look(library, recording_ids=[small, big], listener=drop_when_it_was_looked_at)

    assert (report.right, report.left) == (1, 1)
    assert library.states("local", [small]) == [None]


def test_a_file_that_got_a_new_version_in_its_place_meanwhile_ends_nothing(library: Library) -> None:
    (row,) = library.add(b"one")
    (file,) = library.files([row])

    def register_the_new_version(event: object) -> None:
        if isinstance(event, Finished):
            copy = NewCopy("local", file.copies[0].key, managed=False)
            library.catalog.add_file(
                row,
                NewFile(kind="audio", original_name="b.wav", size_bytes=3, sha256="0" * 64, copies=(copy,)),
            )

    report = look(library, listener=register_the_new_version)

    assert (report.right, report.left, report.problems) == (0, 1, ())
    new = library.files([row])[0]
    assert (new.version, new.copies[0].state) == (2, CopyState.PRESENT)


def test_quick_runs_that_are_cut_short_get_around_the_whole_library_too(library: Library) -> None:
    library.add_many(60)
    look(library)  # read back, which no quick look can renew
    seen: list[int] = []
    for _ in range(60):
        ticks = iter(range(1_000))
        heard = Heard()
        report = look(
            library,
            listener=heard,
            level=VerifyLevel.SIZE,
            max_time_s=25,
            clock=lambda ticks=ticks: float(next(ticks)),
        )
        assert report.left > 0
        seen += [event.item_id for event in heard.of(Finished)]
        if len(set(seen)) == 60:
            break

    assert len(set(seen)) == 60
    assert seen[:60] == list(dict.fromkeys(seen))
