"""The thread that counts facets: what was asked for last is answered, whenever it was asked."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from audiotui.tui.answers import Faceted
from audiotui.tui.facet_reader import FacetReader
from tests.tui.generated import GeneratedManager
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message


class OverJustNow(threading.Condition):
    """A wait whose time is over at the very moment in which something is asked for."""

    def __init__(self, ask: Callable[[], None]) -> None:
        super().__init__()
        self._asks = [ask]

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None or not self._asks:
            return super().wait(timeout)
        self._asks.pop()()
        return False


def test_a_query_that_comes_when_the_one_before_has_just_rested_is_answered() -> None:
    answers: queue.Queue[Message] = queue.Queue()
    reader = FacetReader(lambda: GeneratedManager().as_manager, answers.put, marked=list)
    reader._wake = OverJustNow(lambda: reader.count("7"))
    reader.count("")
    reader.start()

    answer = answers.get(timeout=PATIENCE_S)
    while isinstance(answer, Faceted) and answer.query != "7":
        answer = answers.get(timeout=PATIENCE_S)
    reader.close()
    assert isinstance(answer, Faceted)
