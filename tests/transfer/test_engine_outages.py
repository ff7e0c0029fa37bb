"""A location that goes away while a job runs: what is waited for, for how long, and what is told of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import (
    Unreachable,
)
from audiotui.events import Failed, LocationAway, LocationBack, Retrying
from audiotui.model import PART_BYTES
from audiotui.transfer.jobs import JobState
from audiotui.transfer.leases import boot_clock_s
from audiotui.transfer.pacing import FIRST_DOWN_S
from tests.faults import (
    Fail,
    Hold,
    Meanwhile,
)
from tests.transfer.library import Heard, Library, spoil
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


def unreachable(times: int) -> Fail:
    return Fail(verb="put_small", times=times, error=Unreachable("The line is down.", location="archive"))


def test_short_trouble_on_the_line_is_waited_out(library: Library) -> None:
    spoil(library, "archive", unreachable(times=2))
    heard = Heard()
    job = library.push(library.add_many(6), heard)

    assert (job.state, job.done_items) == (JobState.DONE, 6)
    assert [event.attempt for event in heard.of(Retrying)] == [2, 2]
    assert all("The line is down." in event.reason for event in heard.of(Retrying))


def test_a_location_that_never_answers_fails_the_job_soon_and_says_why(library: Library) -> None:
    spoil(library, "archive", unreachable(times=1_000))
    heard = Heard()
    job = library.push(library.add_many(40), heard)

    assert (job.state, job.failed_items) == (JobState.FAILED, 40)
    assert job.error == "The line is down."
    assert len(heard.of(Failed)) == 40
    assert heard.of(LocationAway) == [], "it is not waited for"


def test_a_connection_that_breaks_under_many_files_costs_each_of_them_one_repetition(library: Library) -> None:
    lost = Unreachable("The line is down.", location="archive", broke_off=True)
    spoil(library, "archive", Fail(verb="put_small", times=30, error=lost))
    library.requests = 30
    heard = Heard()
    job = library.push(library.add_many(40), heard)

    assert (job.state, job.done_items) == (JobState.DONE, 40)
    assert heard.of(LocationAway) == []


def test_a_line_on_which_no_connection_lasts_is_pressed_no_further(tmp_path: Path) -> None:
    with Library(tmp_path, boot_clock=lambda: boot_clock_s() * 200) as library:
        lost = Unreachable("The line is down.", location="archive", broke_off=True)
        archive = spoil(library, "archive", Fail(verb="put_small", times=10_000, error=lost))
        heard = Heard()
        job = library.push(library.add_many(200), heard)

        assert job.state is JobState.FAILED
        assert heard.of(LocationAway)
        assert archive.calls["put_small"] < 200


def test_a_location_that_goes_away_and_comes_back_is_waited_for(tmp_path: Path) -> None:
    def fast_clock() -> float:
        return boot_clock_s() * 100

    with Library(tmp_path, boot_clock=fast_clock) as library:
        ids = library.add_many(60)
        archive, elsewhere = tmp_path / "archive", tmp_path / "unmounted"
        hold = Hold(verb="put_small", on=20)
        spoil(library, "archive", hold)
        library.requests = 1
        heard = _Waits(back=lambda: elsewhere.rename(archive))
        run = threading.Thread(target=library.run, args=(library.queue("push", ids), heard))
        run.start()
        assert hold.reached.wait(30)
        archive.rename(elsewhere)
        hold.release.set()
        run.join(60)

        (job,) = library.journal.jobs()
        assert (job.state, job.done_items) == (JobState.DONE, 60)
        assert heard.of(Retrying)
        assert library.untruths("archive") == []
        [away, back] = heard.of(LocationAway, LocationBack)
        assert isinstance(away, LocationAway)
        assert away.reason.startswith("Cannot reach archive")
        assert 0 < away.wait_s <= FIRST_DOWN_S < away.patience_s
        assert back == LocationBack(job.id, "archive")


@pytest.mark.parametrize("timeout_s", [0.0, 40.0])
def test_a_single_big_file_waits_for_a_location_that_goes_away_in_the_middle_too(
    tmp_path: Path, timeout_s: float
) -> None:
    waited_s = 0.0

    def fast_clock() -> float:
        return boot_clock_s() * 200 + waited_s

    def time_out() -> None:
        nonlocal waited_s
        waited_s += timeout_s
        raise Unreachable("The line is down.", location="archive")

    with Library(tmp_path, boot_clock=fast_clock) as library:
        ids = library.add(bytes(PART_BYTES + 1))
        spoil(library, "archive", Meanwhile(verb="write_part", act=time_out, on=2, times=9))
        library.requests = 1
        heard = Heard()
        job = library.push(ids, heard)

        assert (job.state, job.done_items) == (JobState.DONE, 1)
        [away, back] = heard.of(LocationAway, LocationBack)
        assert (away.location, back.location) == ("archive", "archive")
        assert library.untruths("archive") == []


def test_a_location_is_back_with_the_first_bytes_that_it_takes_and_not_with_the_end_of_a_big_file(
    tmp_path: Path,
) -> None:
    with Library(tmp_path, boot_clock=lambda: boot_clock_s() * 200) as library:
        ids = library.add(bytes(2 * PART_BYTES + 1))
        held = Hold(verb="write_part", on=12)
        down = Fail(verb="write_part", on=2, times=9, error=Unreachable("The line is down.", location="archive"))
        spoil(library, "archive", down, held)
        library.requests = 1
        heard = Heard()
        run = threading.Thread(target=library.run, args=(library.queue("push", ids), heard))
        run.start()
        try:
            assert held.reached.wait(PATIENCE_S)  # the second part has arrived, the third is on its way
            eventually(lambda: heard.of(LocationBack))
        finally:
            held.release.set()
            run.join(PATIENCE_S)

        assert len(heard.of(LocationAway, LocationBack)) == 2
        assert library.untruths("archive") == []


def test_a_file_that_alone_is_never_taken_fails_in_the_end_and_the_others_are_done(tmp_path: Path) -> None:
    with Library(tmp_path, boot_clock=lambda: boot_clock_s() * 200) as library:
        ids = library.add_many(20)
        key = library.files(ids[3:4])[0].copies[0].key
        refused = Unreachable("The line is down.", location="archive", key=key)
        spoil(library, "archive", Fail(verb="put_small", key=key, times=999, error=refused))

        job = library.push(ids)

        assert (job.done_items, job.failed_items) == (19, 1)


class _Waits(Heard):
    """Brings a location back after the tenth failure."""

    def __init__(self, back: Callable[[], object]) -> None:
        super().__init__()
        self._back = back

    def __call__(self, event: object) -> None:
        super().__call__(event)  # type: ignore[arg-type]
        if isinstance(event, Retrying) and len(self.of(Retrying)) == 8:
            self._back()
