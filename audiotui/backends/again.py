"""Questions that are asked once more: one "slow down", or one connection that breaks, ends no command.

Only for what changes nothing at a location. Files that move are tried again by the engine, which knows what of them
has arrived; and a location that is away is not waited for here.
"""

from __future__ import annotations

import random
import time
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar, cast

from audiotui.cleanup import caught
from audiotui.errors import AudiotuiError, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

PAUSES_S = (0.2, 0.4, 0.8)
"""After each failure a random pause up to this; somebody may be waiting at a screen."""

PATIENCE_S = 2.0
"""What took longer to fail is not asked again: a host that is silent would stay so."""

_MARK = "_audiotui_asked_again"
"""The attribute of an error that ended a series of questions."""


def asked_again(
    ask: Callable[[], T],
    *,
    meaning: Callable[[Exception], AudiotuiError | None] | None = None,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """What a question gives, asked up to four times while it fails soon and for a reason that may pass.

    ``meaning`` is our own error that stands for one of an SDK, None for one that has none.
    """
    for longest_s in PAUSES_S:
        began_s = time.monotonic()
        with caught() as trouble:
            return ask()
        error = cast("Exception", trouble.error)  # else it had returned
        known = error if isinstance(error, AudiotuiError) else meaning(error) if meaning is not None else None
        pause_s = random.random() * longest_s
        if isinstance(known, Throttled) and known.retry_after is not None:
            pause_s = max(pause_s, known.retry_after)
        passes_soon = known is not None and known.retryable and pause_s <= longest_s
        if not passes_soon or _was_asked_again(error) or time.monotonic() - began_s > patience_s:
            raise error
        sleep(pause_s)
    with caught() as trouble:
        return ask()
    error = cast("Exception", trouble.error)
    setattr(error, _MARK, True)  # who asks for more than this asks again for none of it
    raise error


def _was_asked_again(error: BaseException | None) -> bool:
    """Whether it, or what it stands for, is the end of such a series already."""
    while error is not None and not getattr(error, _MARK, False):
        error = error.__cause__
    return error is not None


def begun(values: Iterator[T]) -> Iterator[T]:
    """The same values, of which the first was asked for already: what fails before it fails here."""
    return chain(list(islice(values, 1)), values)
