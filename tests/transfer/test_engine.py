"""The engine copies what a job lists, proves it, writes it down, and says so."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AlreadyExists, IntegrityError, InvalidInput, KeyNotFound, RecordingNotFound, TransferError
from audiotui.events import Failed, Finished, Progressed
from audiotui.model import PART_BYTES, CopyState, CopyUpdate, VerifyLevel
from audiotui.transfer.engine import Engine
from audiotui.transfer.jobs import JobKind, JobState
from audiotui.transfer.leased_job import LeaseLost
from tests.faults import FaultyBackend, flip_byte
from tests.transfer.library import Heard, Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend, Feed, Limits, Outcome, PutItem

BIG = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the short last part"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def test_a_push_copies_every_file_and_writes_it_down(library: Library) -> None:
    ids = library.add_many(50)
    job = library.push(ids)

    assert (job.state, job.done_items, job.failed_items, job.open_items) == (JobState.DONE, 50, 0, 0)
    assert job.done_bytes == job.total_bytes == 50 * 300
    assert library.states("archive", ids) == [CopyState.PRESENT] * 50
    assert library.untruths("archive") == []


def test_a_pull_brings_back_what_was_deleted(library: Library) -> None:
    ids = library.add_many(20)
    library.push(ids)
    library.lose("local", ids)
    job = library.pull(ids)

    assert (job.state, job.done_items) == (JobState.DONE, 20)
    assert library.untruths("local") == []


def test_every_copy_is_proven_and_the_catalog_knows_how_far(library: Library) -> None:
    ids = library.add(b"sound")
    heard = Heard()
    library.push(ids, heard)

    (finished,) = heard.of(Finished)
    (file,) = library.files(ids)
    (copy,) = (copy for copy in file.copies if copy.location == "archive")
    assert finished.level is copy.verify_level is VerifyLevel.READ_BACK
    assert copy.verified_at is not None


def test_empty_and_big_files_are_copied_too(library: Library) -> None:
    ids = library.add(b"", BIG)
    job = library.push(ids)

    assert job.state is JobState.DONE
    assert library.path("archive", ids[1]).read_bytes() == BIG
    assert library.untruths("archive") == []


def test_every_item_has_its_events_in_order_and_exactly_one_end(library: Library) -> None:
    heard = Heard()
    library.backends["archive"] = FaultyBackend(library.backends["archive"])  # one that proves nothing by itself
    library.push(library.add_many(30), heard)

    assert len(heard.by_item()) == 30
    for names in heard.by_item().values():
        assert [name for name in names if name != "Progressed"] == ["Queued", "Started", "Verifying", "Finished"]
    assert all(event.job_id for event in heard.events)


def test_the_progress_of_a_big_file_can_be_followed(library: Library) -> None:
    heard = Heard()
    ids = library.add(BIG)
    job_id = library.queue("push", ids)
    library.journal.set_limits(job_id, parallel=1, bytes_per_s=100_000_000)
    library.run(job_id, heard)

    steps = [event.done_bytes for event in heard.of(Progressed)]
    assert steps == sorted(set(steps))
    assert all(0 < step <= len(BIG) for step in steps)


def test_the_same_push_again_has_nothing_to_do(library: Library) -> None:
    ids = library.add_many(5)
    library.push(ids)
    again = library.push(ids)

    assert (again.state, again.total_items) == (JobState.DONE, 0)


def test_a_job_that_was_planned_twice_finds_the_second_time_all_there(library: Library) -> None:
    ids = library.add_many(10)
    first, second = library.queue("push", ids), library.queue("push", ids)
    library.run(first)
    heard = Heard()
    job = library.run(second, heard)

    assert (job.state, job.done_items, job.skipped_items) == (JobState.DONE, 0, 10)
    assert all(event.skipped for event in heard.of(Finished))
    assert library.untruths("archive") == []


def test_a_finished_job_is_returned_as_it_is(library: Library) -> None:
    job = library.push(library.add_many(3))

    assert library.run(job.id) == job


def test_two_engines_on_one_job_do_not_get_in_each_others_way(library: Library, tmp_path: Path) -> None:
    job_id = library.queue("push", library.add_many(5))
    lease = library.journal.lease(job_id)
    assert lease is not None

    with Library(tmp_path) as other, pytest.raises(TransferError, match="Another process"):
        other.run(job_id)


def test_two_engines_with_jobs_of_the_same_files_both_succeed(library: Library, tmp_path: Path) -> None:
    ids = library.add_many(100)
    jobs = [library.queue("push", ids) for _ in range(2)]
    states: list[JobState] = []

    def work(job_id: str) -> None:
        with Library(tmp_path) as own:
            states.append(own.run(job_id).state)

    threads = [threading.Thread(target=work, args=(job_id,)) for job_id in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert states == [JobState.DONE, JobState.DONE]
    assert library.untruths("archive") == []


def test_damage_at_the_destination_is_reported_and_not_overwritten(library: Library) -> None:
    ids = library.add(b"good bytes", b"other bytes")
    first, second = library.queue("push", ids), library.queue("push", ids)
    library.run(first)
    damaged = library.path("archive", ids[0])
    damaged.write_bytes(b"bad  bytes")
    heard = Heard()
    job = library.run(second, heard)

    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, IntegrityError)
    assert "damaged" in failed.error.message
    assert damaged.read_bytes() == b"bad  bytes"
    assert (job.state, job.failed_items, job.skipped_items) == (JobState.FAILED, 1, 1)
    assert library.states("archive", ids) == [CopyState.DAMAGED, CopyState.PRESENT]


def test_a_file_of_somebody_else_under_an_unmanaged_key_is_in_the_way(library: Library) -> None:
    ids = library.add(b"ours")
    plan = library.plan("push", ids)
    foreign = plan.items()[0]._replace(key="theirs/take.wav", managed=False)
    library.backends["archive"].put_small("theirs/take.wav", b"theirs", sha256=sha256(b"theirs").hexdigest())
    heard = Heard()
    library.run(library.journal.create_job(plan.new_job(), [foreign]), heard)

    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, AlreadyExists)
    assert library.states("archive", ids) == [None]


def test_a_damaged_source_is_not_copied_and_the_catalog_learns_of_it(library: Library) -> None:
    ids = library.add(b"good bytes", b"other bytes")
    flip_byte(library.path("local", ids[0]))
    heard = Heard()
    job = library.push(ids, heard)

    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, IntegrityError)
    assert (job.done_items, job.failed_items) == (1, 1)
    assert library.states("local", ids) == [CopyState.DAMAGED, CopyState.PRESENT]
    assert library.states("archive", ids) == [None, CopyState.PRESENT]


def test_a_source_that_is_gone_is_missing_from_then_on(library: Library) -> None:
    ids = library.add(b"one", b"two")
    job_id = library.queue("push", ids)
    library.lose("local", ids[:1])
    heard = Heard()
    job = library.run(job_id, heard)

    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, KeyNotFound)
    assert (job.state, job.done_items, job.failed_items) == (JobState.FAILED, 1, 1)
    assert library.states("local", ids) == [CopyState.MISSING, CopyState.PRESENT]


def test_a_recording_that_is_purged_meanwhile_fails_its_item_and_no_other(library: Library) -> None:
    ids = library.add(b"one", b"two", b"three")
    job_id = library.queue("push", ids)
    library.catalog.trash_recordings(ids[:1])
    library.catalog.purge_recordings(ids[:1])
    job = library.run(job_id)

    assert (job.state, job.done_items, job.failed_items) == (JobState.FAILED, 2, 1)
    assert library.states("archive", ids[1:]) == [CopyState.PRESENT] * 2


def test_a_purged_recording_fails_its_item_also_beside_a_copy_that_the_catalog_refuses(library: Library) -> None:
    purged, refused, fine, other = library.add(b"one", b"two", b"three", b"four")
    job_id = library.queue("push", [purged, refused, fine])
    (_, taken, _) = library.journal.items(job_id)
    (file,) = library.files([other])
    library.catalog.put_copies([CopyUpdate(file.id, "archive", taken.key, file.size_bytes)])
    library.catalog.trash_recordings([purged])
    library.catalog.purge_recordings([purged])
    heard = Heard()
    job = library.run(job_id, heard)

    assert (job.state, job.done_items, job.failed_items) == (JobState.FAILED, 1, 2)
    assert {type(event.error) for event in heard.of(Failed)} == {AlreadyExists, RecordingNotFound}
    assert library.states("archive", [refused, fine]) == [None, CopyState.PRESENT]


def test_files_of_one_job_may_come_from_several_locations(library: Library, tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    library.use("nas", tmp_path / "nas")
    near, far = library.add(b"near", b"far")
    library.push([near])
    library.run(library.queue("push", [far], destination="nas"))
    library.lose("local", [near, far])
    heard = Heard()
    job = library.pull([near, far], heard)

    assert (job.state, job.done_items, job.source) == (JobState.DONE, 2, "")
    assert library.untruths("local") == []


def test_a_location_that_points_elsewhere_by_now_is_not_written_to(library: Library) -> None:
    ids = library.add(b"sound")
    plan = library.plan("push", ids, fingerprint=lambda name: f"folder:{name}")
    job_id = library.journal.create_job(plan.new_job(), plan.items())
    engine = Engine(
        library.catalog, library.journal, library.backends.__getitem__, fingerprint=lambda name: f"other:{name}"
    )
    job = engine.run(job_id)

    assert job.state is JobState.FAILED
    assert "points at another place" in job.error
    assert library.states("archive", ids) == [None]


def test_a_job_whose_location_is_not_configured_any_more_fails_with_the_reason(library: Library) -> None:
    def backends(name: str) -> Backend:
        raise InvalidInput(f"There is no location named {name!r}.", "Add it.")

    job_id = library.queue("push", library.add(b"one", b"two"))
    heard = Heard()
    job = Engine(library.catalog, library.journal, backends, listener=heard).run(job_id)

    assert (job.state, job.failed_items, job.error) == (JobState.FAILED, 2, "There is no location named 'local'.")
    assert len(heard.of(Failed)) == 2


def test_a_listener_that_raises_does_no_harm(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: object) -> None:
        raise RuntimeError("the listener is broken")

    engine = Engine(library.catalog, library.journal, library.backends.__getitem__, listener=broken)

    assert engine.run(library.queue("push", library.add_many(3))).state is JobState.DONE
    assert "the listener is broken" in caplog.text


def test_a_job_of_a_kind_that_the_engine_does_not_run_fails_and_says_so(library: Library) -> None:
    plan = library.plan("push", library.add(b"one"))
    job = library.run(library.journal.create_job(replace(plan.new_job(), kind=JobKind.VERIFY), plan.items()))

    assert (job.state, job.failed_items) == (JobState.FAILED, 1)
    assert "verify" in job.error


def test_an_item_whose_record_is_damaged_fails_and_no_other(library: Library) -> None:
    plan = library.plan("push", library.add(b"one", b"two"))
    first, second = plan.items()
    without_parts = first._replace(size_bytes=PART_BYTES + 1)
    job = library.run(library.journal.create_job(plan.new_job(), [without_parts, second]))

    assert (job.state, job.done_items, job.failed_items) == (JobState.FAILED, 1, 1)
    assert "damaged" in library.journal.items(job.id)[0].error


def test_a_backend_that_breaks_down_fails_the_job_and_keeps_what_was_done(library: Library) -> None:
    class Broken(FaultyBackend):
        def put_many(self, feed: Feed[PutItem], limits: Limits) -> Iterator[Outcome[PutItem]]:
            outcomes = super().put_many(feed, limits)
            yield from itertools.islice(outcomes, 3)
            raise RuntimeError("the backend is broken")

    ids = library.add_many(50)
    library.backends["archive"] = Broken(library.backends["archive"])
    job = library.push(ids)

    assert job.state is JobState.FAILED
    assert "the backend is broken" in job.error
    assert job.done_items >= 3
    assert job.open_items == 0
    assert library.states("archive", ids).count(CopyState.PRESENT) == job.done_items


def test_a_job_that_another_process_took_over_is_left_to_it(library: Library) -> None:
    job_id = library.queue("push", library.add_many(300))  # more than the journal hears of at a time
    taken: list[str] = []

    def take_over(event: object) -> None:
        if isinstance(event, Finished) and not taken:
            taken.append("another process")
            connection = library.journal._db.connection()
            connection.execute("UPDATE jobs SET owner = 'another|process|of|this'")

    engine = Engine(library.catalog, library.journal, library.backends.__getitem__, listener=take_over)
    with pytest.raises(LeaseLost):
        engine.run(job_id)

    assert library.journal.job(job_id).state is JobState.RUNNING
    assert library.journal.job(job_id).owner == "another|process|of|this"


def test_a_copy_that_the_catalog_refuses_fails_its_item_and_no_other(library: Library) -> None:
    first, second, third = library.add(b"same bytes", b"other", b"third")
    theirs = library.plan("push", [first]).items()[0]
    library.push([first])
    plan = library.plan("push", [second, third])
    ours, right = plan.items()
    wrong = theirs._replace(file_id=ours.file_id, recording_uid=ours.recording_uid)
    heard = Heard()
    job = library.run(library.journal.create_job(plan.new_job(), [wrong, right]), heard)

    assert (job.done_items, job.failed_items) == (1, 1)
    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, AlreadyExists)
    assert library.untruths("archive") == []


def test_a_key_that_another_recording_has_is_not_called_damage(library: Library) -> None:
    first, second = library.add(b"mine", b"yours")
    key = library.plan("push", [first]).items()[0].key
    library.push([first])
    plan = library.plan("push", [second])
    (item,) = plan.items()
    heard = Heard()
    library.run(library.journal.create_job(plan.new_job(), [item._replace(key=key)]), heard)

    (failed,) = heard.of(Failed)
    assert isinstance(failed.error, AlreadyExists)
    assert library.states("archive", [first]) == [CopyState.PRESENT]
