"""Commands over several items: each is done on its own, failures are told as they happen, and the exit code sums up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from audiotui.cli.failures import exit_code_of, say_error
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audiotui.cli.session import Session

Item = TypeVar("Item")


def each(session: Session, items: Iterable[Item], do: Callable[[Item], object], *, done: str) -> int:
    """Do it to every item; ``done`` is what is said of one that went well, with ``{}`` for its name.

    Returns the exit code: 0 if all are done, 8 if some are, else that of the failures.
    """
    errors = []
    count = 0
    for item in items:
        try:
            do(item)
        except AudiotuiError as error:
            say_error(error.message, error.hint)
            errors.append(error)
        else:
            count += 1
            session.say(done.format(item))
    return exit_code_of(errors, done=count)
