"""Work of other threads for the coroutines of a wire."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

from audiotui.backends.sftp.asides import Asides
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.backends.sftp.asides import Aside


class Desk:
    """Takes many numbers at a time, each only when the test lets it; negative ones are refused."""

    def __init__(self) -> None:
        self.calls: list[Sequence[int]] = []
        self.may_end = threading.Semaphore(0)

    def double(self, numbers: list[int]) -> list[int | Exception]:
        """Twice each number, or why not."""
        self.calls.append(tuple(numbers))
        assert self.may_end.acquire(timeout=PATIENCE_S)
        return [2 * number if number >= 0 else ValueError(f"{number} is negative") for number in numbers]

    def break_down(self, numbers: list[int]) -> list[int | Exception]:
        """Fail as a whole."""
        raise RuntimeError(f"no desk for {len(numbers)}")


def results(asides: Asides, *waiting: Aside[int]) -> list[int | str]:
    """What was awaited, or the words of the error, once all of it is there."""

    def is_done() -> bool:
        list(asides.finished())
        return all(one.is_done for one in waiting)

    eventually(is_done)
    return [_result(one) for one in waiting]


def _result(one: Aside[int]) -> int | str:
    try:
        next(iter(one.__await__()))
    except StopIteration as end:
        return int(end.value)
    except (ValueError, RuntimeError) as error:
        return str(error)
    raise AssertionError("it still waits")


def test_what_comes_while_a_gathered_call_runs_is_done_by_the_next_one() -> None:
    desk = Desk()
    with closing(Asides()) as asides:
        waiting = [asides.gather(desk.double, number) for number in (1, 2, 3)]
        desk.may_end.release(2)

        assert results(asides, *waiting) == [2, 4, 6]
    assert desk.calls == [(1,), (2, 3)]


def test_calls_that_may_run_at_once_share_what_came_meanwhile() -> None:
    desk = Desk()
    with closing(Asides()) as asides:
        waiting = [asides.gather(desk.double, number, at_once=2) for number in (1, 2, 3, 4, 5)]
        eventually(lambda: len(desk.calls) == 2)
        desk.may_end.release(4)

        assert results(asides, *waiting) == [2, 4, 6, 8, 10]
    assert sorted(number for call in desk.calls for number in call) == [1, 2, 3, 4, 5]
    assert set(map(tuple, desk.calls[:2])) == {(1,), (2,)}


def test_an_error_of_one_argument_is_told_to_nobody_else() -> None:
    desk = Desk()
    with closing(Asides()) as asides:
        waiting = [asides.gather(desk.double, number) for number in (1, -2, 3)]
        desk.may_end.release(2)

        assert results(asides, *waiting) == [2, "-2 is negative", 6]


def test_a_gathered_call_that_breaks_down_is_told_to_all_of_its_arguments_and_made_again_for_the_next() -> None:
    desk = Desk()
    with closing(Asides()) as asides:
        first = results(asides, asides.gather(desk.break_down, 1))
        waiting = [asides.gather(desk.break_down, number) for number in (2, 3)]

        assert first == ["no desk for 1"]
        assert results(asides, *waiting) == ["no desk for 1", "no desk for 1"]


def test_calls_of_different_kinds_do_not_wait_for_each_other() -> None:
    desk, other = Desk(), Desk()
    with closing(Asides()) as asides:
        slow = asides.gather(desk.double, 1)
        other.may_end.release()

        assert results(asides, asides.gather(other.double, 2)) == [4]
        desk.may_end.release()
        assert results(asides, slow) == [2]
