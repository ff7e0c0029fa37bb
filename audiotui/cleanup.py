"""What happens when a block fails, whatever it fails with: what was begun is taken back, or the error is held fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self


class on_failure:  # noqa: N801 - reads as the verb that it is, like contextlib's suppress
    """Call ``undo`` if the block does not come to its end, whatever ends it; that goes on afterwards.

    For what the block hands over when it succeeds: a connection, a file under a temp name, a claim. What is to be
    closed in either case needs a plain ``with``. An interrupt, too, must leave nothing open or half done behind.
    """

    __slots__ = ("_undo",)

    def __init__(self, undo: Callable[[], object]) -> None:
        self._undo = undo

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._undo()


class caught:  # noqa: N801 - as above
    """Hold fast what the block raises: ``error`` afterwards, None if it came to its end.

    For two uses. The last handler of a thread, out of which nothing may fall, as somebody waits for its word. And work
    for one of many, whose error is its outcome and concerns none of the others. What was caught has to be told by
    whoever caught it. Interrupts and what else is to end the program pass.
    """

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True
