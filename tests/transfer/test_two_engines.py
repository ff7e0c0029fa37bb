"""Engines of several processes work on one library at the same time, and share what they know of its locations."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from audiotui.events import Finished, Started
from audiotui.transfer.jobs import JobState
from audiotui.transfer.leases import boot_clock_s
from tests.transfer.library import Heard, Library
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.events import JobEvent
    from audiotui.transfer.jobs import JobInfo
    from audiotui.transfer.pacing import Health

RATE = 2_000_000


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.fixture
def other(library: Library, tmp_path: Path) -> Iterator[Library]:
    """The same library, as another process has it open."""
    del library
    with Library(tmp_path) as other:
        yield other


class Timed(Heard):
    """Notes when items started."""

    def __init__(self) -> None:
        super().__init__()
        self.starts_s: list[float] = []

    def __call__(self, event: JobEvent) -> None:
        super().__call__(event)
        if isinstance(event, Started):
            self.starts_s.append(boot_clock_s())


class Run(threading.Thread):
    """One job in a thread."""

    def __init__(self, library: Library, job_id: str, heard: Heard | None = None) -> None:
        super().__init__()
        self._work: Callable[[], JobInfo] = lambda: library.run(job_id, heard)
        self.job: JobInfo | None = None

    def run(self) -> None:
        """Carry it out."""
        self.job = self._work()


def _unreachable(health: Health) -> Health:
    return health.unreachable(boot_clock_s())


def limited(library: Library, ids: list[int], bytes_per_s: int = RATE) -> str:
    plan = library.plan("push", ids)
    return library.journal.create_job(plan.new_job(bytes_per_s=bytes_per_s), plan.items())


def test_a_rate_limit_holds_for_two_processes_together(library: Library, other: Library) -> None:
    ids = library.add_many(80, size_bytes=50_000)
    runs = [Run(library, limited(library, ids[:40])), Run(other, limited(other, ids[40:]))]
    begun_s = time.monotonic()
    for run in runs:
        run.start()
    for run in runs:
        run.join(PATIENCE_S)
    took_s = time.monotonic() - begun_s

    assert [run.job.state for run in runs if run.job] == [JobState.DONE] * 2
    assert took_s > 0.9 * 80 * 50_000 / RATE


def test_a_limit_can_be_lifted_by_another_process_while_the_job_runs(library: Library, other: Library) -> None:
    job_id = limited(library, library.add_many(200, size_bytes=1_000), bytes_per_s=2_000)  # a hundred seconds
    heard = Heard()
    run = Run(library, job_id, heard)
    run.start()
    eventually(lambda: bool(heard.of(Finished)))
    other.journal.set_limits(job_id, parallel=2, bytes_per_s=None)
    run.join(PATIENCE_S)

    assert run.job is not None
    assert run.job.done_items == 200


@pytest.mark.matrix
def test_a_location_that_asked_one_process_for_quiet_is_left_alone_by_the_other(
    library: Library, other: Library
) -> None:
    heard = Timed()
    run = Run(library, limited(library, library.add_many(400, size_bytes=20_000)), heard)
    run.start()
    eventually(lambda: bool(heard.of(Finished)))
    asked_s = boot_clock_s()
    other.journal.location_health.change("archive", lambda health: health.throttled(asked_s, 3.0))
    run.join(PATIENCE_S)

    assert run.job is not None
    assert run.job.done_items == 400
    assert [at_s for at_s in heard.starts_s if asked_s + 2.0 < at_s < asked_s + 3.0] == []


def test_what_two_processes_learn_at_once_is_not_lost(library: Library, other: Library) -> None:
    both = [library.journal.location_health, other.journal.location_health]
    for number in range(4):
        both[number % 2].change("archive", _unreachable)
    assert not both[0].load("archive").is_down

    both[0].change("archive", _unreachable)
    assert both[1].load("archive").is_down


def test_each_job_is_run_by_one_of_them(library: Library, other: Library) -> None:
    ids = library.add_many(60)
    job_ids = [library.queue("push", ids[start : start + 20]) for start in (0, 20, 40)]
    ran: list[str] = []

    def work(mine: Library) -> None:
        while (job_id := mine.journal.next_job()) is not None:
            try:
                mine.run(job_id)
            except Exception:  # noqa: BLE001 - the other one was faster
                continue
            ran.append(job_id)

    threads = [threading.Thread(target=work, args=(one,)) for one in (library, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert {library.journal.job(job_id).done_items for job_id in job_ids} == {20}
    assert library.untruths("archive") == []
