"""Push and pull through the manager: what a script gets back, and what it gets told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import IntegrityError, InvalidInput, KeyNotFound, Unreachable
from audiotui.events import Finished, JobEvent

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui import AudioManager
    from tests.manager.conftest import Sounds


def test_a_file_that_was_deleted_comes_back_with_the_same_bytes(manager: AudioManager, sound: Sounds) -> None:
    source = sound()
    uid = manager.register_recording("hello", file_paths={"audio": source})
    manager.push_recording(uid)
    path = manager.local_path(uid)
    assert path is not None
    path.unlink()

    manager.pull_recording(uid)

    assert path.read_bytes() == source.read_bytes()


def test_a_second_push_moves_nothing(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid)

    again = manager.push_recording(uid)

    assert again.job is None
    assert again.plan.skip_count == 1


def test_a_damaged_copy_is_an_error_and_is_left_as_it_is(manager: AudioManager, sound: Sounds, tmp_path: Path) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid)
    (copy,) = (tmp_path / "archive").rglob("*.wav")
    copy.chmod(0o600)
    copy.write_bytes(b"short")

    with pytest.raises(IntegrityError, match="damaged"):
        manager.push_recording(uid)

    assert copy.read_bytes() == b"short"


def test_a_pull_without_any_copy_says_so(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    path = manager.local_path(uid)
    assert path is not None
    path.unlink()

    with pytest.raises(KeyNotFound, match="no copy anywhere else"):
        manager.pull_recording(uid)


def test_a_server_that_does_not_answer_is_told_in_words(manager: AudioManager, sound: Sounds) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})

    with pytest.raises(Unreachable, match="Cannot use later: its host refused the connection"):
        manager.push_recording(uid, "later")


@pytest.mark.parametrize("destination", ["local", "nowhere"])
def test_a_push_goes_to_another_location_that_the_configuration_names(
    manager: AudioManager, sound: Sounds, destination: str
) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})

    with pytest.raises(InvalidInput):
        manager.push_recording(uid, destination)


def test_bulk_results_name_what_failed_and_the_others_go_on(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    uids = [manager.register_recording(f"take {number}", file_paths={"audio": sound()}) for number in range(3)]
    manager.push_recordings(uids[:1])
    (copy,) = (tmp_path / "archive").rglob("*.wav")
    copy.chmod(0o600)
    copy.write_bytes(b"short")

    done = manager.push_recordings("")

    assert done.job is not None
    assert done.job.done_items == 2
    assert [type(error) for error in done.errors] == [IntegrityError]


def test_a_listener_hears_one_end_for_each_file(manager: AudioManager, sound: Sounds) -> None:
    for number in range(3):
        manager.register_recording(f"take {number}", file_paths={"audio": sound()})
    heard: list[JobEvent] = []

    manager.push_recordings("", listener=heard.append)

    assert sorted(event.item_id for event in heard if isinstance(event, Finished)) == [1, 2, 3]


def test_a_queued_job_is_run_by_the_worker_process(manager: AudioManager, sound: Sounds, tmp_path: Path) -> None:
    from tests.waiting import eventually

    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    job_id = manager.queue(manager.plan_push([uid]))

    manager.start_worker()

    eventually(lambda: manager.get_job(job_id).state == "done")
    assert len(list((tmp_path / "archive").rglob("*.wav"))) == 1
    assert [copy.location for copy in manager.get_recording(uid).files[0].copies] == ["local", "archive"]


def test_what_waits_for_the_same_files_goes_first_and_keeps_to_the_same_limits(
    manager: AudioManager, sound: Sounds
) -> None:
    uids = [manager.register_recording(f"take {number}", file_paths={"audio": sound()}) for number in range(3)]
    waiting = manager.queue(manager.plan_push(uids[:2]))
    done = manager.transfer(manager.plan_push(""), bwlimit=10_000_000, jobs=2)

    assert [job.id for job in done.resumed] == [waiting]
    assert (done.resumed[0].bytes_per_s, done.resumed[0].parallel) == (10_000_000, 2)
    assert done.job is not None
    assert (done.job.total_items, done.job.bytes_per_s, done.job.parallel) == (1, 10_000_000, 2)


def test_a_copy_at_another_location_is_no_source_to_move(manager: AudioManager, sound: Sounds, tmp_path: Path) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": sound()})
    manager.push_recording(uid)
    (copy,) = (tmp_path / "archive").rglob("*.wav")

    with pytest.raises(InvalidInput, match="a file of the library already"):
        manager.register_recording("again", file_paths={"audio": copy}, move=True, allow_duplicate=True)

    assert copy.exists()


def test_what_an_open_job_had_sent_before_and_was_lost_since_is_sent_again(
    manager: AudioManager, sound: Sounds, tmp_path: Path
) -> None:
    first, second = (manager.register_recording(f"take {number}", file_paths={"audio": sound()}) for number in range(2))
    plan = manager.plan_push("")
    source = manager.local_path(second)
    assert source is not None
    hidden = source.rename(tmp_path / "hidden")
    job = manager.transfer(plan).job
    assert job is not None
    hidden.rename(source)
    manager.retry_job(job.id)
    (sent,) = (tmp_path / "archive").rglob("*.wav")
    sent.unlink()

    done = manager.transfer(manager.plan_push(""))

    assert [one.id for one in done.resumed] == [job.id]
    assert first in str(sent)
    assert len(list((tmp_path / "archive").rglob("*.wav"))) == 2
