"""Jobs in a few words."""

from __future__ import annotations

import pytest

from audiotui.transfer.jobs import JobState
from audiotui.tui.screens.mode import SMALLEST
from audiotui.tui.summary import bytes_of, ended, summarise
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.job_table import outcome
from tests.tui.driving import driven
from tests.tui.generated import NOW, NOW_MS, GeneratedManager, job


def test_running_jobs_are_added_up() -> None:
    total = summarise(
        [job("a"), job("b", done_bytes=4_000_000_000), job("c", JobState.QUEUED), job("d", JobState.DONE)], NOW_MS
    )

    assert total.short == "⇅ 2 75%  20.0 MB/s"
    assert total.long == "2 jobs running   75%   1,204 of 2,408 files   6.0 of 8.0 GB   20.0 MB/s   1m 40s"


def test_without_a_running_job_it_says_what_was_queued_just_now() -> None:
    waiting = summarise([job("c", JobState.QUEUED, created_at=NOW), job("d", JobState.DONE)], NOW_MS)

    assert (waiting.short, waiting.long) == ("⇅ 1 queued", "1 job queued")
    assert (summarise([], NOW_MS).short, summarise([], NOW_MS).long) == ("", "Nothing is running.")


def test_jobs_that_nobody_is_going_to_take_on_wait_for_a_key() -> None:
    queued, interrupted = job("c", JobState.QUEUED), job("e", is_live=False, rate_bytes_s=None)
    one, two = (summarise([*jobs, job("d", JobState.HELD)], NOW_MS) for jobs in ([interrupted], [queued, interrupted]))

    assert (one.short, one.long) == ("⇅ 1 waits", "1 job waits and nothing runs: R goes on.")
    assert (two.short, two.long) == ("⇅ 2 wait", "2 jobs wait and nothing runs: R goes on.")


def test_jobs_that_wait_for_a_location_name_it_instead_of_a_speed_and_a_time() -> None:
    total = summarise([job("a", waits_for="nas"), job("b")], NOW_MS)

    assert total.short == "⇅ 2 50%  waits"
    assert total.long == "2 jobs running   50%   1,204 of 2,408 files   4.0 of 8.0 GB   waiting for nas"


def test_a_job_that_begins_has_no_speed_yet() -> None:
    assert summarise([job("a", rate_bytes_s=None, total_bytes=0, done_bytes=0)], NOW_MS).short == "⇅ 1 0%"


def test_only_what_ended_since_the_last_look_is_news() -> None:
    before = [job("a"), job("b"), job("c", JobState.DONE), job("e")]
    now = [
        job("a"),
        job("b", JobState.FAILED),
        job("c", JobState.DONE),
        job("d", JobState.DONE),
        job("e", JobState.CANCELLED),
    ]

    assert [one.id for one in ended(before, now)] == ["b", "d"]


def test_sizes_share_their_unit_where_they_can() -> None:
    assert bytes_of(1_500_000, 3_000_000) == "1.5 of 3.0 MB"
    assert bytes_of(1_500, 3_000_000) == "1.5 kB of 3.0 MB"


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0.0, "────"), (0.12, "────"), (0.13, "╸───"), (0.5, "━━──"), (1.0, "━━━━"), (1.5, "━━━━"), (-1, "────")],
)
def test_bars_are_exact_to_half_a_cell(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


@pytest.mark.parametrize(
    ("state", "changes", "words"),
    [
        (JobState.RUNNING, {}, "10.0 MB/s 3m 20s"),
        (JobState.RUNNING, {"rate_bytes_s": None}, "starting"),
        (JobState.RUNNING, {"is_live": False}, "interrupted"),
        (JobState.RUNNING, {"wish": JobState.HELD}, "holding…"),
        (JobState.RUNNING, {"wish": JobState.CANCELLED}, "cancelling…"),
        (JobState.QUEUED, {}, "queued"),
        (JobState.HELD, {"failed_items": 3}, "held"),
        (JobState.DONE, {}, "done   2h"),
        (JobState.FAILED, {"failed_items": 1204}, "1,204 failed   2h"),
    ],
)
def test_the_end_of_a_jobs_line_says_how_it_stands(state: JobState, changes: dict[str, object], words: str) -> None:
    assert outcome(job("a", state, **changes), NOW_MS) == words


async def test_the_smallest_screen_names_all_modes() -> None:
    async with driven(GeneratedManager(size=5).as_manager) as driver:
        await driver.pilot.resize_terminal(*SMALLEST)

        await driver.until_text("[1 Library] 2 Identities 3 Transfers 4 Locations")
