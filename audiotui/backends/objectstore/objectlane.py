"""Many small objects asked for at a time, by one thread: it sends the next request while the answers come in.

A thread for each request would spend more time on handing the interpreter to the others than on its own file.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from audiotui.backends.objectstore.objectline import Range, body_of
from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused
from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S
from audiotui.backends.objectstore.wire import Connection
from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.objectstore.objectline import ObjectLine
    from audiotui.backends.objectstore.wire import Head

LOOK_S = 1.0
"""How often those that are silent are looked for."""

TicketT = TypeVar("TicketT")


@dataclass(slots=True)
class _Question(Generic[TicketT]):
    ticket: TicketT
    wanted: Range
    connection: Connection
    request: bytes
    """What is to be sent once there is a connection; nothing afterwards."""
    heard_s: float


class ObjectLane(Generic[TicketT]):
    """What ``items.Lane`` promises; ``name`` tells what the file of a key is called in the bucket."""

    def __init__(self, line: ObjectLine, name: Callable[[str], str]) -> None:
        self._line = line
        self._name = name
        self._news = select.poll()
        self._asked: dict[int, _Question[TicketT]] = {}
        self._place: tuple[int, Any] | None = None
        self._looked_s = time.monotonic()

    @property
    def open_count(self) -> int:
        """How many questions have no answer yet."""
        return len(self._asked)

    def ask(self, ticket: TicketT, key: str, length: int, *, etag: str = "") -> None:
        """Ask for the first bytes of a file; raises NoAnswer if there is no connection to ask on."""
        wanted = Range(self._name(key), 0, length, etag)
        request = self._line.request(wanted)
        connection = self._line.kept()
        waits_for = select.POLLIN
        if connection is None and self._place is not None:
            connection, waits_for = self._connecting(*self._place), select.POLLOUT
        elif connection is None:
            connection = self._line.connected()
            self._place = connection.place
        with on_failure(connection.close):
            if waits_for == select.POLLIN:
                connection.begin(request)
                request = b""
            self._news.register(connection, waits_for)
        self._asked[connection.fileno()] = _Question(ticket, wanted, connection, request, time.monotonic())

    def answers(self, wait_s: float) -> Iterator[tuple[TicketT, memoryview | Exception | None]]:
        """What came within so many seconds: the bytes, good until the next answer is taken, or why there are none.

        None stands for an answer that is not understood here: the question is to be asked in another way.
        """
        for number, _ in self._news.poll(wait_s * 1000):
            question = self._asked[number]
            question.heard_s = time.monotonic()
            answer: memoryview | Exception | None
            try:
                head = self._go_on(question)
                if head is None:
                    continue
                answer = body_of(head, question.connection, question.wanted)
            except (NoAnswer, Refused) as error:
                answer = error
            self._forget(number)
            with on_failure(question.connection.close):
                yield question.ticket, answer
            self._line.keep(question.connection)
        yield from self._silent()

    def close(self) -> None:
        """Wait for nothing more."""
        for number in tuple(self._asked):
            self._forget(number).connection.close()

    def _go_on(self, question: _Question[TicketT]) -> Head | None:
        if not question.request:
            return question.connection.advance(waits=False)
        if problem := question.connection.problem:
            self._place = None
            raise NoAnswer("There is no connection.") from OSError(problem, os.strerror(problem))
        question.connection.begin(question.request)
        question.request = b""
        self._news.modify(question.connection, select.POLLIN)
        return None

    def _silent(self) -> Iterator[tuple[TicketT, Exception]]:
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        for number, question in tuple(self._asked.items()):
            patience_s = CONNECT_TIMEOUT_S if question.request else self._line.silence_s
            if now_s - question.heard_s > patience_s:
                self._forget(number).connection.close()
                silence = NoAnswer("It is silent.")
                silence.__cause__ = TimeoutError("timed out")
                yield question.ticket, silence

    def _forget(self, number: int) -> _Question[TicketT]:
        self._news.unregister(number)
        return self._asked.pop(number)

    def _connecting(self, family: int, place: Any) -> Connection:
        """A connection that comes about while others are in use, to where one led already."""
        plain = socket.socket(family, socket.SOCK_STREAM)
        with on_failure(plain.close):
            plain.setblocking(False)
            problem = plain.connect_ex(place)
            if problem not in {0, errno.EINPROGRESS}:
                self._place = None
                raise NoAnswer("There is no connection.") from OSError(problem, os.strerror(problem))
            return Connection(plain, self._line.silence_s)
