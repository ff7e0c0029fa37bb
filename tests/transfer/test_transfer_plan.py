"""A plan's files lie on disk, and can still be used like a sequence in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.transfer import spool
from audiotui.transfer.transfer_plan import Action

if TYPE_CHECKING:
    from tests.transfer.library import Library


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "PAGE_FILES", 7)


def test_its_files_can_be_counted_sliced_and_read_again_and_again(library: Library) -> None:
    plan = library.plan("push", library.add_many(20))
    names = [file.item.name for file in plan.files]

    assert len(names) == len(set(names)) == len(plan.files) == 20
    assert [file.item.name for file in plan.files] == names
    assert [file.item.name for file in plan.files[3:17:5]] == names[3:17:5]
    assert [file.item.name for file in plan.files[::-1]] == names[::-1]
    assert [file.item.name for file in plan.sample(5)] == names[:5]
    assert (plan.files[0].item.name, plan.files[-1].item.name) == (names[0], names[-1])
    assert plan.files[30:] == []
    with pytest.raises(IndexError):
        plan.files[20]


def test_the_counts_of_a_plan_add_up(library: Library) -> None:
    ids = library.add_many(10)
    library.push(ids[:4])
    library.lose("local", ids[9:])
    plan = library.plan("push", ids)

    assert (plan.send_count, plan.skip_count, plan.count(Action.IMPOSSIBLE)) == (5, 4, 1)
    assert (len(plan.items()), len(plan.problems), len(plan.troubled)) == (5, 1, 1)


def test_what_another_job_settled_is_left_out(library: Library) -> None:
    plan = library.plan("push", library.add_many(9))
    first = plan.items()[0]

    assert plan.covers([(first.recording_uid, first.key)])
    assert not plan.covers([(first.recording_uid, first.key), (first.recording_uid, "elsewhere")])
    plan.leave_out([(first.recording_uid, first.key)])
    assert first not in plan.items()
    assert len(plan.items()) == 8


def test_it_can_be_read_in_another_thread_than_the_one_that_made_it(library: Library) -> None:
    plan = library.plan("push", library.add_many(9))
    counts: list[int] = []
    thread = threading.Thread(target=lambda: counts.append(len(list(plan.items()))))
    thread.start()
    thread.join()

    assert counts == [9]


def test_nothing_of_it_stays_on_the_disk(library: Library) -> None:
    plan = library.plan("push", library.add_many(9))

    assert list(library.folder.glob("*.plan")) == []
    assert len(plan.files) == 9
    plan.close()
    assert plan.send_count == 9
