"""Work that other threads do for the coroutines of a wire, because it takes its time on this machine."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from audiotui.backends.sftp.tasks import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
ArgumentT = TypeVar("ArgumentT")

THREADS = 16
"""Mostly they wait for a disk, which syncs many files as fast as few."""


class Aside(Waiting[T]):
    """The result of such work; it cannot be given up half way."""


class _Work(NamedTuple):
    """A call under way, and who waits for its results."""

    waiting: Sequence[Aside[Any]]
    call: Callable[..., Any]
    arguments: Sequence[Any]
    at_once: int = 0
    """How many such calls may run at a time where each is made for many; else 0."""


class _Done(NamedTuple):
    work: _Work
    results: Sequence[Any]
    """A value, or the exception that was raised, for each that waits."""


@dataclass(slots=True)
class _Gathering:
    """What one call is to be made for next, and how often it runs now."""

    wanted: list[tuple[Any, Aside[Any]]] = field(default_factory=list)
    running: int = 0

    def share(self, at_once: int) -> tuple[Sequence[Any], Sequence[Aside[Any]]]:
        """Take what the next call is made for, and leave as much for each of the others that may run beside it."""
        count = -(-len(self.wanted) // (at_once - self.running))
        arguments, waiting = zip(*self.wanted[:count], strict=True)
        del self.wanted[:count]
        self.running += 1
        return arguments, waiting


class Asides:
    """The threads beside one wire; all but what they run is called by the wire's own thread. Close them.

    ``fileno`` is readable when something was done, until ``hear`` was called.
    """

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._done: deque[_Done] = deque()
        self._gathered: dict[Callable[..., Any], _Gathering] = {}
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)

    @property
    def has_finished(self) -> bool:
        """Whether ``finished`` would give anything now."""
        return bool(self._done)

    def fileno(self) -> int:
        """For a poll."""
        return self._wake_reader

    def hear(self) -> None:
        """Note that somebody was woken by ``fileno``."""
        with suppress(BlockingIOError):
            os.read(self._wake_reader, 4096)

    def close(self) -> None:
        """Wait for what runs, and end the threads."""
        if self._threads is not None:
            self._threads.shutdown()
        for descriptor in (self._wake_reader, self._wake_writer):
            if descriptor >= 0:
                os.close(descriptor)
        self._wake_reader = self._wake_writer = -1

    def do(self, call: Callable[..., T], arguments: Sequence[Any]) -> Aside[T]:
        """Make a call."""
        waiting: Aside[T] = Aside()
        self._submit(_Work((waiting,), call, arguments))
        return waiting

    def gather(
        self, call: Callable[[list[ArgumentT]], Sequence[T | Exception]], argument: ArgumentT, *, at_once: int = 1
    ) -> Aside[T]:
        """Make a call that takes many arguments sooner than each alone; it returns a result for each, or an exception.

        Arguments that come while ``at_once`` such calls run are those of the next ones.
        """
        waiting: Aside[T] = Aside()
        self._gathered.setdefault(call, _Gathering()).wanted.append((argument, waiting))
        self._go_on(call, at_once)
        return waiting

    def finished(self) -> Iterator[Waiting[Any]]:
        """Those whose result is there now."""
        while self._done:
            work, results = self._done.popleft()
            if work.at_once:
                self._gathered[work.call].running -= 1
                self._go_on(work.call, work.at_once)
            for waiting, result in zip(work.waiting, results, strict=True):
                if isinstance(result, BaseException):
                    waiting.finish(None, result)
                else:
                    waiting.finish(result)
                yield waiting

    def _go_on(self, call: Callable[..., Any], at_once: int) -> None:
        """Make a call for those that wait for one, unless enough of them run."""
        gathering = self._gathered[call]
        if gathering.wanted and gathering.running < at_once:
            arguments, waiting = gathering.share(at_once)
            self._submit(_Work(waiting, call, arguments, at_once))
        elif not gathering.running:
            del self._gathered[call]

    def _submit(self, work: _Work) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="audiotui-aside")
        arguments = (list(work.arguments),) if work.at_once else work.arguments
        self._threads.submit(work.call, *arguments).add_done_callback(partial(self._note, work))

    def _note(self, work: _Work, done: Future[Any]) -> None:
        failure = done.exception()  # raised again where it is awaited
        results: Sequence[Any]
        if failure is not None:
            results = [failure] * len(work.waiting)
        else:
            results = done.result() if work.at_once else (done.result(),)
        self._done.append(_Done(work, results))
        with suppress(BlockingIOError, OSError):  # full: it is awake already; closed: nobody waits
            os.write(self._wake_writer, b"!")
