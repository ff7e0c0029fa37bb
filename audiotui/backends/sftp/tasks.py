"""Coroutines that a wire runs, and what they wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

T = TypeVar("T")


class Stopped(BaseException):
    """Raised in a coroutine that has to end at once, without asking anything more."""


class Waiting(Generic[T]):
    """Something that a coroutine can await: a reply, the end of a pause, work done by another thread."""

    __slots__ = ("_error", "_is_done", "_task", "_value")

    def __init__(self) -> None:
        self._task: Task[Any] | None = None
        self._is_done = False
        self._value: T | None = None
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Waiting[T], None, T]:
        if not self._is_done:
            yield self
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # it was set when it was done

    @property
    def is_done(self) -> bool:
        """True once awaiting it would not wait."""
        return self._is_done

    def wake(self, task: Task[Any]) -> None:
        """Resume a task when this is done."""
        self._task = task

    def finish(self, value: T | None, error: BaseException | None = None) -> None:
        """Note the result."""
        self._is_done, self._value, self._error = True, value, error

    @property
    def waiter(self) -> Task[Any] | None:
        """The task that waits for this and for nothing else by now."""
        return self._task if self._task is not None and self._task.waits_for is self else None


class Task(Generic[T]):
    """A coroutine that the wire runs; ``result`` when ``is_done``."""

    def __init__(self, steps: Coroutine[Any, Any, T]) -> None:
        self._steps = steps
        self.is_done = False
        self.waits_for: Waiting[Any] | None = None
        self._value: T | None = None
        self._error: BaseException | None = None

    @property
    def result(self) -> T:
        """What the coroutine returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # it was set when it was done

    def step(self, error: BaseException | None = None) -> None:
        """Run on to the next wait, or to the end; ``error`` is raised where the coroutine waits."""
        try:
            waiting = self._steps.throw(error) if error is not None else self._steps.send(None)
        except StopIteration as end:
            self.is_done, self._value = True, end.value
        except BaseException as failure:  # noqa: BLE001 - handed on by ``result``, to whoever asks for it
            self.is_done, self._error = True, failure
        else:
            self.waits_for = waiting
            waiting.wake(self)
