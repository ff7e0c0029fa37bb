"""Questions to locations are answered in order, and one that never is keeps nobody waiting after a stop."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError
from functools import partial

import pytest

from audiotui.errors import TransferCancelled, Unreachable
from audiotui.transfer.askers import Askers


def test_answers_and_errors_come_to_those_who_asked() -> None:
    def fail() -> int:
        raise Unreachable("It is away.")

    with Askers(2, "ask", threading.Event()) as askers:
        asked = [askers.ask(partial(divmod, number, 7)) for number in range(50)]
        failed = askers.ask(fail)

        assert [askers.wait_for(answer) for answer in asked] == [divmod(number, 7) for number in range(50)]
        with pytest.raises(Unreachable):
            askers.wait_for(failed)


def test_after_a_stop_nobody_waits_for_an_answer_that_never_comes() -> None:
    cancel, never = threading.Event(), threading.Event()
    with Askers(1, "ask", cancel) as askers:
        hangs = askers.ask(never.wait)
        waits = askers.ask(never.wait)
        cancel.set()
        began_s = time.monotonic()
        for answer in (hangs, waits):
            with pytest.raises(TransferCancelled):
                askers.wait_for(answer)
    never.set()

    assert time.monotonic() - began_s < 2
    assert waits.cancelled()
    assert not hangs.cancelled()


def test_what_answers_soon_after_a_stop_is_heard() -> None:
    cancel, soon = threading.Event(), threading.Event()
    begun = threading.Event()

    def answer_late() -> bool:
        begun.set()
        return soon.wait()

    with Askers(1, "ask", cancel) as askers:
        answer = askers.ask(answer_late)
        begun.wait()
        cancel.set()
        threading.Timer(0.1, soon.set).start()

        assert askers.wait_for(answer) is True


def test_nothing_is_begun_after_the_end() -> None:
    held, began = threading.Event(), threading.Event()
    with Askers(1, "ask", threading.Event()) as askers:
        first = askers.ask(held.wait)
        second = askers.ask(began.set)
    held.set()

    assert first.result(10)
    with pytest.raises(CancelledError):
        second.result(10)
    assert not began.is_set()
