"""Many requests under way on one stream, and the coroutines that wait for their replies.

Every file that is moved is a coroutine: it asks, awaits replies, asks again. One thread runs them all, so that the long
wait of one is the work of another, and neither locks nor threads are needed. Requests go out in the order in which they
were asked, as far as the window allows: so many requests and so many bytes may be unanswered at a time.

No event loop of asyncio is used, because a backend may be called from a thread that runs one, and because this one
knows what to do first: answer the line, then send, then wait.
"""

from __future__ import annotations

import heapq
import select
import time
from collections import deque
from itertools import count
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from audiotui.backends.sftp.asides import Aside, Asides
from audiotui.backends.sftp.failures import ConnectionLost, ProtocolBroken, StatusError
from audiotui.backends.sftp.tasks import Stopped, Task, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

    from audiotui.backends.sftp.packets import Request

T = TypeVar("T")
ArgumentT = TypeVar("ArgumentT")

WINDOW_REQUESTS = 128
WINDOW_BYTES = 16 * 1024 * 1024

MAX_PACKET_BYTES = 1024 * 1024
"""Four times what any known server sends; more is refused before it is read."""

ANSWER_S = 60.0
"""A server that is silent for so long, while it owes an answer, is taken for gone."""

SEND_S = 0.1
"""How long sending may wait for room before answers are looked at again."""

_LENGTH, _HEAD = Struct(">I"), Struct(">BI")


class Stream(Protocol):
    """A connection to a server of the protocol; one thread uses it at a time."""

    @property
    def is_alive(self) -> bool:
        """False once it is known that the other side has gone."""

    def fileno(self) -> int:
        """A descriptor that is readable while there is something to receive, the end included."""

    def receive(self) -> bytes:
        """What has arrived, b'' if nothing has; never waits. ConnectionLost at the end, with the reason."""

    def send(self, pieces: Sequence[bytes | memoryview], wait_s: float) -> int:
        """Send the beginning of these bytes; how many were taken, 0 if there was no room within ``wait_s``."""

    def close(self) -> None:
        """End it; a second call does nothing."""


_NOBODY: Waiting[Any] = Waiting()
"""Waits for the answers to what was only told."""


class Wire:
    """Runs coroutines that ask one server. Close it; after a ConnectionLost nothing else is of use."""

    def __init__(self, stream: Stream, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._numbers = count(1)
        self._asked: deque[tuple[Request[Any], Waiting[Any]]] = deque()
        self._unanswered: dict[int, tuple[Request[Any], Waiting[Any]]] = {}
        self._bytes_under_way = 0
        self._output: deque[bytes | memoryview] = deque()
        self._partial: list[memoryview] = []
        self._needed_bytes = 4
        self._ready: deque[Waiting[Any]] = deque()
        self._timers: list[tuple[float, int, Waiting[None]]] = []
        self._asides = Asides()
        self._heard_s = clock()
        self._asked_alone_s: float | None = None
        self.quickest_answer_s = 0.0
        """Of the questions before which nothing was under way; 0 if there was none yet."""
        self._lost: ConnectionLost | None = None
        self.is_broken = False
        """True once the stream failed by itself: then all that shares its connection is in doubt."""
        self._poll = select.poll()
        self._descriptor = stream.fileno()
        self._poll.register(self._descriptor, select.POLLIN)
        self._poll.register(self._asides.fileno(), select.POLLIN)

    @property
    def is_usable(self) -> bool:
        """True if the stream is alive and nobody waits for anything on it: another caller may have it."""
        under_way = (*self._unanswered.values(), *self._asked)
        return self._lost is None and all(reply is _NOBODY for _, reply in under_way) and self._stream.is_alive

    @property
    def is_lost(self) -> bool:
        """True once the stream has failed."""
        return self._lost is not None

    def close(self) -> None:
        """End the stream and the threads beside it."""
        self._stream.close()
        self._asides.close()
        self._lost = self._lost or ConnectionLost("the connection was closed")

    def ask(self, request: Request[T]) -> Waiting[T]:
        """Send a request when its turn has come; await the reply. StatusError if the server refuses."""
        reply: Waiting[T] = Waiting()
        if self._lost is not None:
            reply.finish(None, self._lost)
        else:
            self._asked.append((request, reply))
        return reply

    def tell(self, request: Request[Any]) -> None:
        """Send a request whose answer nobody waits for, when its turn has come."""
        if self._lost is None:
            self._asked.append((request, _NOBODY))

    def pause(self, seconds: float) -> Waiting[None]:
        """Await it to do nothing for a while."""
        waiting: Waiting[None] = Waiting()
        heapq.heappush(self._timers, (self._clock() + seconds, next(self._numbers), waiting))
        return waiting

    def aside(self, work: Callable[..., T], *arguments: Any) -> Waiting[T]:
        """Let another thread do some work that takes its time; await the result."""
        return self._asides.do(work, arguments)

    def together(
        self, work: Callable[[list[ArgumentT]], Sequence[T | Exception]], argument: ArgumentT, *, at_once: int = 1
    ) -> Waiting[T]:
        """Like ``aside``, for work that is done sooner for many than for each; await the result of one.

        What several coroutines want while ``at_once`` threads do such work is done next, in one go. ``work`` returns a
        result for each argument, or an exception.
        """
        return self._asides.gather(work, argument, at_once=at_once)

    def start(self, steps: Coroutine[Any, Any, T]) -> Task[T]:
        """Run a coroutine beside the others, up to its first wait."""
        task = Task(steps)
        task.step()
        return task

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, alone or beside others that were started."""
        task = self.start(steps)
        while not task.is_done:
            self.turn()
        return task.result

    def stop(self, tasks: Iterable[Task[Any]]) -> None:
        """End tasks by raising Stopped in them, once no other thread works for them; the wire is of no use then."""
        for task in tasks:
            while not task.is_done:
                if isinstance(task.waits_for, Aside):
                    self._poll.poll(SEND_S * 1000)
                    self._ready.extend(self._asides.finished())
                    self._run_ready()
                else:
                    task.step(Stopped())
        self._lose(ConnectionLost("the transfer was stopped"))

    def turn(self, wait_s: float = ANSWER_S) -> None:
        """Send what may be sent, wait for something to happen, and let those run on that it concerns.

        The failure of the stream is not raised here, but in every coroutine that waits for a reply.
        """
        try:
            self._fill_output()
            self._send()
            self._await_events(self._patience_s(wait_s))
            if self._lost is None:
                self._receive()
        except ConnectionLost as lost:
            self.is_broken = self._lost is None
            self._lose(lost)
        except OSError as error:
            self.is_broken = self._lost is None
            self._lose(ConnectionLost(error.strerror or "the connection broke off"))
        self._ready.extend(self._asides.finished())
        self._finish_pauses()
        self._run_ready()

    def _run_ready(self) -> None:
        while self._ready:
            if (task := self._ready.popleft().waiter) is not None:
                task.step()

    def _fill_output(self) -> None:
        while (
            self._asked
            and len(self._unanswered) < WINDOW_REQUESTS
            and (not self._bytes_under_way or self._bytes_under_way + self._asked[0][0].weight <= WINDOW_BYTES)
        ):
            request, reply = self._asked.popleft()
            if not self._unanswered:
                self._heard_s = self._asked_alone_s = self._clock()
            number = next(self._numbers) & 0xFFFFFFFF
            self._unanswered[number] = request, reply
            self._bytes_under_way += request.weight
            self._output.append(request.head(number))
            if request.data:
                self._output.append(request.data)

    def _send(self) -> None:
        if not self._output:
            return
        taken = self._stream.send(self._output, SEND_S)
        if taken:
            self._heard_s = self._clock()
        while taken:
            piece = self._output[0]
            if taken < len(piece):
                self._output[0] = memoryview(piece)[taken:]
                return
            taken -= len(piece)
            self._output.popleft()

    def _patience_s(self, wait_s: float) -> float:
        """How long to wait for events now: not at all if there is more to send or to run."""
        if self._output or self._ready or self._asides.has_finished:
            return 0.0
        if self._asked and not self._unanswered:
            return 0.0
        if self._timers:
            wait_s = min(wait_s, max(0.0, self._timers[0][0] - self._clock()))
        return wait_s

    def _await_events(self, wait_s: float) -> None:
        for descriptor, _ in self._poll.poll(wait_s * 1000):
            if descriptor != self._descriptor:
                self._asides.hear()
        if self._unanswered and self._clock() - self._heard_s > ANSWER_S:
            raise ConnectionLost(f"it has not answered for {ANSWER_S:.0f} s")

    def _receive(self) -> None:
        data = self._stream.receive()
        if not data:
            return
        self._heard_s = self._clock()
        view = memoryview(data)
        while self._partial:
            missing = self._needed_bytes - sum(map(len, self._partial))
            self._partial.append(view[:missing])
            if len(view) < missing:
                return
            packet, self._partial, view = memoryview(b"".join(self._partial)), [], view[missing:]
            self._split(packet)
        self._split(view)

    def _split(self, view: memoryview) -> None:
        """Handle the whole packets at the beginning, and keep the rest until that one is whole."""
        done = 0
        self._needed_bytes = 4
        while len(view) - done >= 4:
            (length,) = _LENGTH.unpack_from(view, done)
            if not 5 <= length <= MAX_PACKET_BYTES:
                raise ProtocolBroken(f"the server sent a packet of {length} bytes")
            self._needed_bytes = 4 + length
            if len(view) - done < self._needed_bytes:
                break
            kind, number = _HEAD.unpack_from(view, done + 4)
            self._handle(kind, number, view[done + 9 : done + self._needed_bytes])
            done += self._needed_bytes
            self._needed_bytes = 4
        if done < len(view):
            self._partial = [view[done:]]

    def _handle(self, kind: int, number: int, payload: memoryview) -> None:
        asked = self._unanswered.pop(number, None)
        if asked is None:
            raise ProtocolBroken("the server answered a question that nobody asked")
        if self._asked_alone_s is not None:
            took_s = self._clock() - self._asked_alone_s
            self.quickest_answer_s = min(took_s, self.quickest_answer_s or took_s)
            self._asked_alone_s = None
        request, reply = asked
        self._bytes_under_way -= request.weight
        try:
            reply.finish(request.decode(kind, payload))
        except StatusError as status:
            reply.finish(None, status)
        except ProtocolBroken as broken:
            reply.finish(None, broken)
            raise
        finally:
            self._ready.append(reply)

    def _finish_pauses(self) -> None:
        while self._timers and self._timers[0][0] <= self._clock():
            pause = heapq.heappop(self._timers)[2]
            pause.finish(None)
            self._ready.append(pause)

    def _lose(self, lost: ConnectionLost) -> None:
        """Tell everybody who waits for an answer that none will come."""
        if self._lost is not None:
            return
        self._lost = lost
        self._poll.unregister(self._descriptor)
        waiting = [reply for _, reply in (*self._unanswered.values(), *self._asked)]
        self._unanswered.clear()
        self._asked.clear()
        self._output.clear()
        self._stream.close()
        for reply in waiting:
            reply.finish(None, lost)
        self._ready.extend(waiting)
