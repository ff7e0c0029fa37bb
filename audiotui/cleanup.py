"""Taking back what was begun when what follows it fails: the one place that catches whatever ends a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


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
