"""Threads that ask locations, for callers who may stop waiting: what never gets an answer keeps nobody from ending."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future, wait
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Self, TypeVar

from audiotui.errors import TransferCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

POLL_S = 0.1

GRACE_S = 0.8
"""After a stop, those who were asked already have so long to answer; most do, and what they say is not lost."""

READ_TOGETHER = 200
"""So many things are handed from one thread to another at once."""

T = TypeVar("T")


class Askers:
    """A few threads that answer questions in their order. Use it as a context manager: what is asked ends with it.

    They are none of a pool, which would keep a program that is stopped from ending before a dead host has answered.
    A thread that waits for one is left behind, and ends by itself.
    """

    def __init__(self, threads: int, name: str, cancel: threading.Event) -> None:
        self._most_threads = threads
        self._name = name
        self._cancel = cancel
        self._questions: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = 0
        self._is_closed = False
        self._ends_s: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        for _ in range(self._threads):
            self._questions.put(None)

    def ask(self, question: Callable[[], T]) -> Future[T]:
        """Let a thread find the answer; one whose turn has not come by a stop is cancelled."""
        answer: Future[T] = Future()
        self._questions.put(partial(self._answer, question, answer))
        if self._threads < self._most_threads:
            self._threads += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        return answer

    def wait_for(self, answer: Future[T]) -> T:
        """The answer, or the error that was raised instead.

        Raises:
            TransferCancelled: there was a stop, and no answer soon after it.
        """
        while not answer.done():
            patience_s = self._patience_s()
            if patience_s <= 0:
                answer.cancel()
                break
            wait([answer], timeout=min(POLL_S, patience_s))
        if answer.cancelled() or not answer.done():
            raise TransferCancelled("It was stopped before its location answered.", "Run it again.")
        return answer.result()

    def _patience_s(self) -> float:
        if not self._cancel.is_set():
            return POLL_S
        if self._ends_s is None:
            self._ends_s = time.monotonic() + GRACE_S
        return self._ends_s - time.monotonic()

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            question()

    def _answer(self, question: Callable[[], T], answer: Future[T]) -> None:
        if self._is_closed or self._cancel.is_set():
            answer.cancel()
        if not answer.set_running_or_notify_cancel():
            return
        try:
            result = question()
        except BaseException as error:  # noqa: BLE001 - the last handler of this thread; raised where it is waited for
            answer.set_exception(error)
        else:
            answer.set_result(result)


def read_ahead(items: Iterator[T], cancel: threading.Event) -> Iterator[T]:
    """The items of an iterator that asks a location, such as a listing; another thread reads them.

    Raises:
        TransferCancelled: there was a stop, and no answer soon after it.
    """
    with Askers(1, "audiotui-read-ahead", cancel) as reader:
        page = reader.ask(partial(_page, items))
        while read := reader.wait_for(page):
            page = reader.ask(partial(_page, items))
            yield from read


def _page(items: Iterator[T]) -> list[T]:
    return list(islice(items, READ_TOGETHER))
