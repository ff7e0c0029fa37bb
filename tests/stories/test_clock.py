"""A clock that jumps, by hours or into another age, breaks no order, no undo and no list."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from audiotui.core.search import open_searcher
from audiotui.model import NewRecording
from audiotui.transfer.jobs import JobKind, NewJob
from audiotui.transfer.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

YEAR_MS = 365 * 86_400_000
JUMPS_MS = [56 * YEAR_MS, 130 * YEAR_MS, YEAR_MS, -5_000, 10**18, 0, 56 * YEAR_MS - 3_600_000]


def test_newest_first_is_the_order_of_arrival_whatever_the_clock_says(tmp_path: Path) -> None:
    now = [0]
    with Catalog(tmp_path / "library.db", clock=lambda: now[0]) as catalog:
        uids = []
        for now[0] in JUMPS_MS:
            uids.append(catalog.add_recording(NewRecording(text="tick")))
            catalog.edit_recordings([catalog.resolve_recording(uids[-1])], {"title": f"at {now[0]}"})

        with open_searcher(tmp_path / "library.db") as searcher:
            assert [row.uid for row in searcher.rows("tick")] == uids[::-1]
            assert searcher.count("date:2026..2030") == 0
        assert catalog.check() == []
        assert [catalog.recording(uid).uid for uid in uids] == uids


def test_undo_takes_back_what_was_done_last_also_when_the_clock_went_back(tmp_path: Path) -> None:
    now = [130 * YEAR_MS]
    with Catalog(tmp_path / "library.db", clock=lambda: now[0]) as catalog:
        number = catalog.resolve_recording(catalog.add_recording(NewRecording(text="tick")))
        catalog.edit_recordings([number], {"title": "first"})
        now[0] = YEAR_MS
        catalog.edit_recordings([number], {"title": "second"})

        catalog.undo()

        assert catalog.recordings_by_ids([number])[0].title == "first"


@pytest.mark.parametrize("now_ms", JUMPS_MS)
def test_jobs_are_made_listed_and_forgotten_at_any_time(tmp_path: Path, now_ms: int) -> None:
    now = [time.time_ns() // 1_000_000]
    journal = Journal(tmp_path / "library.jobs.db", library_id="one", clock=lambda: now[0])
    before = journal.create_job(NewJob(JobKind.PUSH, "before the jump"), [])
    now[0] = now_ms
    during = journal.create_job(NewJob(JobKind.PUSH, "during"), [])
    journal.cancel(during)

    listed = {job.id: job for job in journal.jobs()}
    forgotten = journal.forget_finished()
    journal.close()

    assert set(listed) == {before, during}
    assert listed[during].created_at >= datetime.min.replace(tzinfo=UTC)
    assert forgotten == 1
