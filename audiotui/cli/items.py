"""Commands over several items: failures are told one by one, and the exit code sums up."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from audiotui.cli.failures import exit_code_of, say_error
from audiotui.errors import AudiotuiError
from audiotui.text import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from audiotui.cli.session import Session

TOLD_ERRORS = 20
"""So many errors are told one by one; a dead location would otherwise bury everything under a million lines."""

Item = TypeVar("Item")


def each(session: Session, items: Iterable[Item], do: Callable[[Item], object], *, done: str = "") -> int:
    """Do it to every item; ``done`` is what is said of one that went well, with ``{}`` for its name ('': nothing).

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
            if done:
                session.say(done.format(item))
    return exit_code_of(errors, done=count)


def tell_errors(session: Session, errors: Sequence[AudiotuiError], *, more: int = 0) -> None:
    """Tell errors one by one, as many as a person reads and each once, and count the rest and ``more``."""
    counts = Counter((error.message, error.hint) for error in errors)
    for (message, hint), times in islice(counts.items(), TOLD_ERRORS):
        say_error(f"{message} ({format_count(times)} times)" if times > 1 else message, hint)
    if more := more + sum(islice(counts.values(), TOLD_ERRORS, None)):
        session.say(f"{format_count(more)} more failed.")
