"""Whether the servers of a service can be used now, told soon also by one that keeps silent."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from audiotui.cleanup import caught
from audiotui.errors import DatabaseFailed, UploadFailed
from audiotui.library.threads import begun

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.errors import ServiceError
    from audiotui.library.parts import Parts

LIMIT_S = 3.0
"""How long a server may take: those who watch a service ask often, and the time-outs of its work are far longer."""


class Health:
    """The health of one service; any thread may ask."""

    def __init__(self, parts: Parts, *, limit_s: float = LIMIT_S) -> None:
        self._probes = (
            Probe(parts.documents.ping, parts.documents.name, DatabaseFailed, limit_s),
            Probe(parts.shelf.ping, parts.shelf.name, UploadFailed, limit_s),
        )

    def check(self) -> None:
        """Raise unless documents and storage can be used now."""
        for probe in self._probes:
            probe.begin()
        for probe in self._probes:
            probe.wait()


class Probe:
    """A question to one server, asked once at a time however many want to know."""

    def __init__(
        self,
        ask: Callable[[], None],
        name: str,
        kind: type[ServiceError],
        limit_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._name = name
        self._kind = kind
        self._limit_s = limit_s
        self._clock = clock
        self._lock = threading.Lock()
        self._begun_s = 0.0
        self._answer: Future[None] = Future()
        self._answer.set_result(None)

    def begin(self) -> None:
        """Ask, unless a question is still open."""
        with self._lock:
            if not self._answer.done():
                return
            answer: Future[None] = Future()
            # A daemon, because a server that keeps silent must not keep the program from its end.
            if begun(None, partial(self._run, answer), "audiotui-health") is None:
                answer.set_exception(
                    self._kind(
                        f"{self._name} cannot be asked: the system has no thread to give now.",
                        "Let the program do less at once, or allow it more threads.",
                        service=self._name,
                        retryable=True,
                    )
                )
            self._begun_s, self._answer = self._clock(), answer

    def wait(self) -> None:
        """Raise what the question raised, or that there is no answer in time."""
        with self._lock:
            answer, until_s = self._answer, self._begun_s + self._limit_s
        try:
            answer.result(max(0.0, until_s - self._clock()))
        except TimeoutError as error:
            raise self._kind(
                f"{self._name} does not answer within {self._limit_s:g} s.",
                "Check that it runs and can be reached.",
                service=self._name,
                retryable=True,
            ) from error

    def _run(self, answer: Future[None]) -> None:
        with caught() as question:
            self._ask()
        if question.error is not None:
            answer.set_exception(question.error)  # whoever asked raises it
        else:
            answer.set_result(None)
