"""Many small objects asked for at a time, by one thread: it sends the next request while the answers come in.

A thread for each request would spend more time on handing the interpreter to the others than on its own file.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from audiotui.backends.objectstore.objectline import Range, body_of
from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused
from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S
from audiotui.backends.objectstore.wire import Connection, Stale
from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from audiotui.backends.objectstore.objectline import ObjectLine, Place
    from audiotui.backends.objectstore.wire import Head

LOOK_S = 1.0
"""How often those that are silent are looked for."""

NOWHERE: Sequence[Place] = ()

TicketT = TypeVar("TicketT")


@dataclass(slots=True)
class _Question(Generic[TicketT]):
    ticket: TicketT
    wanted: Range
    request: bytes
    connection: Connection
    places: Sequence[Place]
    """Where a connection is coming about, and where else one may lead; none once there is one."""
    heard_s: float


class ObjectLane(Generic[TicketT]):
    """What ``items.Lane`` promises; ``name`` tells what the file of a key is called in the bucket."""

    def __init__(self, line: ObjectLine, name: Callable[[str], str]) -> None:
        self._line = line
        self._name = name
        self._news = select.poll()
        self._asked: dict[int, _Question[TicketT]] = {}
        self._places: Sequence[Place] = ()
        self._looked_s = time.monotonic()
        self._waited_s = 0.0

    @property
    def open_count(self) -> int:
        """How many questions have no answer yet."""
        return len(self._asked)

    def ask(self, ticket: TicketT, key: str, length: int, *, etag: str = "") -> None:
        """Ask for the first bytes of a file; raises NoAnswer if there is no connection to ask on."""
        wanted = Range(self._name(key), 0, length, etag)
        request = self._line.request(wanted)
        connection, places = self._line.kept(), NOWHERE
        if connection is None:
            connection, places = self._connecting(self._known_places())
        with on_failure(connection.close):
            if not places:
                connection.begin(request)
            self._listen(_Question(ticket, wanted, request, connection, places, time.monotonic()))

    def answers(self, wait_s: float) -> Iterator[tuple[TicketT, memoryview | Exception | None]]:
        """What came within so many seconds: the bytes, good until the next answer is taken, or why there are none.

        None stands for an answer that is not understood here: the question is to be asked in another way.
        """
        begun_s = time.monotonic()
        news = self._news.poll(wait_s * 1000)
        self._waited_s += time.monotonic() - begun_s
        for number, _ in news:
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
            if isinstance(answer, memoryview):
                with on_failure(question.connection.close):
                    yield question.ticket, answer
                self._line.keep(question.connection)
            else:  # the connection is given back before: another request may follow at once
                self._line.keep(question.connection)
                yield question.ticket, answer
        yield from self._silent()

    def take_waited_s(self) -> float:
        """For how long nothing had come since this was asked the last time."""
        waited_s, self._waited_s = self._waited_s, 0.0
        return waited_s

    def close(self) -> None:
        """Wait for nothing more."""
        for number in tuple(self._asked):
            self._forget(number).connection.close()

    def _go_on(self, question: _Question[TicketT]) -> Head | None:
        """Do what the news of a connection asks for; the beginning of the answer once all of it is there."""
        if not question.places:
            try:
                return question.connection.advance(waits=False)
            except Stale:  # whoever only reads may ask once more
                self._connect_again(question, self._known_places())
        elif problem := question.connection.problem:
            self._connect_again(question, question.places[1:], OSError(problem, os.strerror(problem)))
        else:
            self._places, question.places = question.places, ()
            question.connection.begin(question.request)
            self._news.modify(question.connection, select.POLLIN)
        return None

    def _silent(self) -> Iterator[tuple[TicketT, Exception]]:
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        waiting = {number for number, _ in self._news.poll(0)}  # nobody looked while the last files were written
        for number, question in tuple(self._asked.items()):
            patience_s = CONNECT_TIMEOUT_S if question.places else self._line.silence_s
            if number in waiting or now_s - question.heard_s <= patience_s:
                continue
            silence = NoAnswer("It is silent.")
            silence.__cause__ = TimeoutError("timed out")
            if question.places[1:]:
                with suppress(NoAnswer):
                    self._connect_again(question, question.places[1:])
                    continue
            self._forget(number).connection.close()
            yield question.ticket, silence

    def _listen(self, question: _Question[TicketT]) -> None:
        self._news.register(question.connection, select.POLLOUT if question.places else select.POLLIN)
        self._asked[question.connection.fileno()] = question

    def _forget(self, number: int) -> _Question[TicketT]:
        self._news.unregister(number)
        return self._asked.pop(number)

    def _known_places(self) -> Sequence[Place]:
        if not self._places:
            self._places = self._line.places()
        return self._places

    def _connect_again(self, question: _Question[TicketT], places: Sequence[Place], why: OSError | None = None) -> None:
        """Ask on a new connection; raises NoAnswer, and leaves the old one to the caller, if there is none."""
        connection, places = self._connecting(places, why)
        self._forget(question.connection.fileno()).connection.close()
        question.connection, question.places, question.heard_s = connection, places, time.monotonic()
        self._listen(question)

    def _connecting(self, places: Sequence[Place], why: OSError | None = None) -> tuple[Connection, Sequence[Place]]:
        """A connection that comes about while others are in use: to the first place that does not refuse at once.

        With it those that are left, its own before the others. Raises NoAnswer if there is none, because of ``why``.
        """
        for number, place in enumerate(places):
            try:
                return self._connecting_to(place), places[number:]
            except OSError as error:
                why = error
        self._places = ()
        raise NoAnswer("There is no connection.") from why

    def _connecting_to(self, place: Place) -> Connection:
        plain = socket.socket(place.family, socket.SOCK_STREAM)
        with on_failure(plain.close):
            plain.setblocking(False)
            problem = plain.connect_ex(place.address)
            if problem not in {0, errno.EINPROGRESS}:
                raise OSError(problem, os.strerror(problem))
            return Connection(plain, self._line.silence_s)
