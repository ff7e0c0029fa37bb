"""The journal keeps jobs for all processes of a library, and lets only one of them work on each."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from audiotui.core.database import sqlite3
from audiotui.errors import AmbiguousId, InvalidInput, JobNotFound, NotACatalog, SchemaTooNew
from audiotui.transfer.intents import IntendedFile
from audiotui.transfer.jobs import ItemState, JobKind, JobState, NewJob, new_job_id
from audiotui.transfer.journal import Journal, journal_path
from audiotui.transfer.journal_schema import VERSION
from audiotui.transfer.leased_job import LeaseLost, Mark
from audiotui.transfer.pacing import Health
from audiotui.transfer.progress import Rate
from tests.transfer.journals import LIBRARY, PUSH, item, leased


def test_the_journal_lies_beside_the_catalog() -> None:
    assert journal_path(Path("/data/registry.db")) == Path("/data/registry.jobs.db")


def test_only_its_owner_may_read_a_journal(journal: Journal) -> None:
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_job_keeps_what_it_was_made_of(journal: Journal) -> None:
    new = replace(PUSH, parallel=4, bytes_per_s=1_000, params={"query": "voice:aria"})
    job_id = journal.create_job(new, [item(1), item(2, 50)])

    job = journal.job(job_id)
    assert (job.kind, job.title, job.source, job.destination) == (JobKind.PUSH, new.title, "local", "archive")
    assert (job.state, job.total_items, job.total_bytes, job.open_items) == (JobState.QUEUED, 2, 150, 2)
    assert (job.parallel, job.bytes_per_s, job.params) == (4, 1_000, {"query": "voice:aria"})
    assert job.location == "archive"


def test_items_are_handed_to_the_engine_as_they_were_planned(journal: Journal) -> None:
    big = item(1, 40 << 20)._replace(part_sha256=("a" * 64, "b" * 64, "c" * 64), managed=False)
    job = leased(journal, journal.create_job(PUSH, [big, item(2)]))

    assert [one.item for one in job.waiting_items("local")] == [big, item(2)]


def test_a_job_without_items_is_possible(journal: Journal) -> None:
    assert journal.job(journal.create_job(PUSH, [])).total_items == 0


def test_job_ids_sort_by_time_also_when_the_clock_goes_back() -> None:
    now_ms = 1_800_000_000_000
    first = new_job_id(now_ms, None)
    second = new_job_id(now_ms - 86_400_000, first)

    assert len(first) == len(second) == 8
    assert first < second


def test_a_job_is_found_by_a_prefix_in_any_case(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [])

    assert journal.job(job_id[:4].upper()).id == job_id


def test_a_prefix_of_two_jobs_is_ambiguous(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [])
    journal.create_job(PUSH, [])

    with pytest.raises(AmbiguousId):
        journal.job(job_id[:3])


@pytest.mark.parametrize("job_id", ["", "zzzz", "%", "'; DROP TABLE jobs"])
def test_an_unknown_job_is_not_found(journal: Journal, job_id: str) -> None:
    journal.create_job(PUSH, [])

    with pytest.raises(JobNotFound):
        journal.job(job_id)


def test_items_are_listed_by_page_and_by_state(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, map(item, range(1, 11)))
    leased(journal, job_id).write([Mark(3, ItemState.DONE, 100), Mark(7, ItemState.DONE, 100)], {}, None)

    assert [one.id for one in journal.items(job_id, limit=3, offset=4)] == [5, 6, 7]
    assert [one.id for one in journal.items(job_id, states=[ItemState.DONE])] == [3, 7]
    assert journal.items(job_id, states=[]) == []


def test_all_waiting_items_of_a_job_of_many_pages_come_once(journal: Journal) -> None:
    job = leased(journal, journal.create_job(PUSH, map(item, range(1, 2_501))))
    seen = []
    for one in job.waiting_items("local"):
        seen.append(one.number)
        if one.number % 100 == 0:
            job.write([Mark(one.number, ItemState.DONE, 100)], {}, None)

    assert seen == list(range(1, 2_501))


def test_a_leased_job_is_taken_by_nobody_else(journal: Journal, elsewhere: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    leased(journal, job_id)

    assert journal.lease(job_id) is None
    assert elsewhere.lease(job_id) is None
    assert elsewhere.next_job() is None
    assert journal.job(job_id).is_live


def test_the_job_of_a_dead_process_is_free_at_once_and_its_items_wait_again(journal: Journal, crashed: Journal) -> None:
    job_id = crashed.create_job(PUSH, [item(1), item(2)])
    leased(crashed, job_id).write([Mark(1, ItemState.DONE, 100)], {2: (40, 1)}, None)

    assert journal.next_job() == job_id
    assert not journal.job(job_id).is_live
    assert [(one.number, one.done_bytes) for one in leased(journal, job_id).waiting_items("local")] == [(2, 40)]


def test_a_job_that_cannot_be_judged_is_taken_when_its_lease_ran_out(tmp_path: Path, elsewhere: Journal) -> None:
    now_s = elsewhere.boot_clock()
    job_id = elsewhere.create_job(PUSH, [item(1)])
    old = leased(elsewhere, job_id)
    later = Journal(elsewhere.path, library_id=LIBRARY, boot_clock=lambda: now_s + 3_600)

    assert later.lease(job_id) is not None
    with pytest.raises(LeaseLost):
        old.write([Mark(1, ItemState.DONE, 100)], {}, None)
    assert later.job(job_id).done_items == 0
    later.close()


def test_a_reserved_job_waits_for_the_process_that_made_it(journal: Journal, elsewhere: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)], reserve=True)

    assert elsewhere.next_job() is None
    assert elsewhere.lease(job_id) is None
    assert journal.lease(job_id) is not None


def test_marks_and_progress_add_up_in_the_job(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, map(item, range(1, 7)))
    job = leased(journal, job_id)
    marks = [
        Mark(1, ItemState.DONE, 100),
        Mark(2, ItemState.SKIPPED, 100),
        Mark(3, ItemState.FAILED, 100, attempt=3, error="It broke.", hint="Mend it."),
    ]
    job.write(marks, {4: (30, 2)}, Rate(bytes_s=10.0, items_s=1.0))

    info = journal.job(job_id)
    assert (info.done_items, info.skipped_items, info.failed_items, info.open_items) == (1, 1, 1, 3)
    assert (info.done_bytes, info.rate_bytes_s, info.eta_s) == (230, 10.0, 37.0)
    items = journal.items(job_id)
    assert [one.state for one in items[:4]] == ["done", "skipped", "failed", "active"]
    assert (items[2].error, items[2].hint, items[2].attempt) == ("It broke.", "Mend it.", 3)
    assert (items[3].done_bytes, items[3].attempt) == (30, 2)


def test_an_upload_is_remembered_until_its_item_is_done(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1), item(2)])
    job = leased(journal, job_id)
    job.save_token(1, "upload-1")
    job.save_token(2, "upload-2")
    job.write([Mark(1, ItemState.FAILED, 100, keep_token=True), Mark(2, ItemState.DONE, 100)], {}, None)
    job.finish()
    journal.retry(job_id)

    assert [one.token for one in leased(journal, job_id).waiting_items("local")] == ["upload-1"]


def given_up(journal: Journal, *, token: str, done_bytes: int, new: NewJob = PUSH) -> str:
    """A job of items 1 and 2, cancelled while item 2 was on its way."""
    job_id = journal.create_job(new, [item(1), item(2)])
    job = leased(journal, job_id)
    job.save_token(2, token)
    job.write([Mark(1, ItemState.DONE, 100)], {2: (done_bytes, 1)}, None)
    job.release(JobState.CANCELLED)
    return job_id


def test_a_new_job_goes_on_with_the_upload_that_another_left_of_its_file(journal: Journal) -> None:
    old = given_up(journal, token="upload-2", done_bytes=60)
    new = journal.create_job(PUSH, [item(3), item(2), item(1)])

    waiting = [(one.token, one.done_bytes) for one in leased(journal, new).waiting_items("local")]
    assert waiting == [("", 0), ("upload-2", 60), ("", 0)]
    journal.retry(old)
    assert [one.token for one in leased(journal, old).waiting_items("local")] == [""], "it belongs to one item only"


def test_no_upload_of_another_place_of_other_bytes_or_of_a_job_that_may_go_on_is_taken_over(journal: Journal) -> None:
    given_up(journal, token="elsewhere", done_bytes=60, new=replace(PUSH, destination="nas"))
    given_up(journal, token="moved", done_bytes=60, new=replace(PUSH, fingerprints={"archive": "another disk"}))
    held = given_up(journal, token="held", done_bytes=60)
    journal.retry(held)
    journal.hold(held)
    given_up(journal, token="other bytes", done_bytes=60)
    new = journal.create_job(PUSH, [item(2)._replace(sha256="f" * 64), item(4)._replace(key="to/4.wav")])

    assert {one.token for one in leased(journal, new).waiting_items("local")} == {""}


def test_open_jobs_are_listed_first_and_finished_ones_newest_first(journal: Journal) -> None:
    old, new, waiting = (journal.create_job(PUSH, []) for _ in range(3))
    for job_id in (new, old):
        leased(journal, job_id).finish()

    assert [job.id for job in journal.jobs()] == [waiting, new, old]
    assert [job.id for job in journal.jobs(1, offset=1)] == [new]


def test_limits_of_a_running_job_can_be_changed(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    job = leased(journal, job_id)
    journal.set_limits(job_id, parallel=3, bytes_per_s=None)

    assert (job.orders().parallel, job.orders().bytes_per_s) == (3, None)
    with pytest.raises(InvalidInput):
        journal.set_limits(job_id, parallel=0, bytes_per_s=None)


def test_finished_jobs_are_forgotten_when_they_are_old_enough(journal: Journal) -> None:
    done, open_job = journal.create_job(PUSH, []), journal.create_job(PUSH, [item(1)])
    leased(journal, done).finish()

    assert journal.forget_finished(older_than_s=3_600) == 0
    assert journal.forget_finished() == 1
    assert [job.id for job in journal.jobs()] == [open_job]


def test_all_engines_share_the_health_of_a_location(journal: Journal, elsewhere: Journal) -> None:
    health = Health(pause_s=0.5, not_before_s=12.0, failures_s=(1.0, 2.0))
    journal.location_health.change("nas", lambda _old: health)

    assert elsewhere.location_health.load("nas") == health
    assert elsewhere.location_health.load("other") == Health()


def test_a_live_job_tells_which_location_it_waits_for(journal: Journal) -> None:
    job_id, other = journal.create_job(PUSH, [item(1)]), journal.create_job(PUSH, [item(1)])
    leased(journal, job_id)
    down = Health(down_until_s=15.0, down_for_s=15.0)
    journal.location_health.change(PUSH.destination, lambda _old: down)

    assert journal.job(job_id).waits_for == PUSH.destination
    assert [job.waits_for for job in journal.jobs() if job.id == other] == [""]
    journal.location_health.change(PUSH.destination, Health.succeeded)
    assert journal.job(job_id).waits_for == ""


def test_intents_of_a_live_process_are_not_abandoned(journal: Journal) -> None:
    journal.intents.intend([IntendedFile("local", "t", "k")])

    assert journal.intents.abandoned() == []


def test_intents_of_a_dead_process_are_found_until_they_are_settled(journal: Journal, crashed: Journal) -> None:
    files = (IntendedFile("local", "t1", "k1", "ab" * 32), IntendedFile("local", "t2", "k2"))
    crashed.intents.intend([IntendedFile("local", "t0", "k0")])
    batch = crashed.intents.intend(files)
    crashed.intents.settled(batch - 1)

    assert journal.intents.abandoned() == [(batch, files)]


def test_the_number_of_a_settled_batch_is_not_used_again(journal: Journal) -> None:
    first = journal.intents.intend([IntendedFile("local", "t", "k")])
    journal.intents.settled(first)

    assert journal.intents.intend([IntendedFile("local", "t", "k")]) > first


def test_the_journal_of_another_library_is_refused(journal: Journal) -> None:
    with pytest.raises(NotACatalog, match="another library"):
        Journal(journal.path, library_id="other")


def test_a_journal_of_the_first_version_is_upgraded_and_keeps_its_jobs(journal: Journal) -> None:
    job_id = journal.create_job(PUSH, [item(1)])
    connection = sqlite3.connect(journal.path)
    connection.executescript("DROP TABLE lines; PRAGMA user_version = 1")
    connection.close()
    newer = Journal(journal.path, library_id=LIBRARY)

    assert newer.job(job_id).total_items == 1
    assert newer.line("nas", "to").seconds_until(0.0) == 0
    newer.close()


def test_a_newer_journal_is_refused(journal: Journal) -> None:
    connection = sqlite3.connect(journal.path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()

    with pytest.raises(SchemaTooNew):
        Journal(journal.path, library_id=LIBRARY)


def test_a_file_of_another_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "registry.jobs.db"
    path.write_bytes(b"something else entirely")

    with pytest.raises(NotACatalog):
        Journal(path, library_id=LIBRARY)
    assert path.read_bytes() == b"something else entirely"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["home", "registry.jobs.db"]


def test_the_data_version_moves_with_every_change(journal: Journal, elsewhere: Journal) -> None:
    before = journal.data_version()
    elsewhere.create_job(PUSH, [])

    assert journal.data_version() != before


def test_a_pull_from_the_best_copies_says_which_of_their_locations_it_waits_for(journal: Journal) -> None:
    pull = NewJob(JobKind.PULL, "Pull 2 recordings", source="", destination="local")
    job_id = journal.create_job(pull, [item(1)._replace(source="nas"), item(2)._replace(source="bucket")])
    job = leased(journal, job_id)
    for name in ("nas", "bucket"):
        journal.location_health.change(name, lambda _: Health(down_until_s=1e9, down_for_s=15.0))

    assert journal.job(job_id).waits_for == "nas"
    job.write([Mark(1, ItemState.FAILED, 0)], {}, None)
    assert [one.waits_for for one in journal.jobs()] == ["bucket"]
    job.release(JobState.QUEUED)
    assert journal.job(job_id).waits_for == ""
