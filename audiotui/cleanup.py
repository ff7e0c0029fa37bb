"""Taking back what was begun when what follows it fails: the one place that catches whatever ends a block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Call ``undo`` if the block does not come to its end, whatever ends it; that goes on afterwards.

    For what the block hands over when it succeeds: a connection, a file under a temp name, a claim. What is to be
    closed in either case needs a plain ``with``.
    """
    try:
        yield
    except BaseException:  # an interrupt, too, must leave nothing open or half done behind; it is raised again
        undo()
        raise
