"""How far something is, on standard error: a bar in a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from audiotui.cli.output import is_terminal
from audiotui.cli.words import counted
from audiotui.text import format_bytes, format_count, format_eta, format_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.cli.session import Session

LINE_INTERVAL_S = 5.0
"""Without a terminal, progress is told at most this often."""


class Standing(NamedTuple):
    """How much is done of how much; the totals may still grow."""

    done_items: int
    total_items: int
    done_bytes: int
    total_bytes: int
    resumed_bytes: int = 0
    """Of those done, what was there before: no measure of how fast it goes."""
    waits_for: str = ""
    """The location that does not answer, while nothing moves because of that."""


@contextmanager
def meter(
    session: Session, title: str, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Standing], None]]:
    """A function to call with each new standing; nothing is shown with ``--quiet``."""
    if session.quiet:
        yield _show_nothing
    elif is_terminal(sys.stderr):
        from audiotui.cli.bar import Bar

        with Bar(title, clock=clock) as bar:
            yield bar.show
    else:
        yield LineMeter(title, session.say, clock=clock)


class LineMeter:
    """Tells the standing in a line, at most once per interval."""

    def __init__(self, title: str, say: Callable[[str], None], *, clock: Callable[[], float]) -> None:
        self._title = title
        self._say = say
        self._clock = clock
        self._started_s = self._told_s = clock()

    def __call__(self, standing: Standing) -> None:
        """Tell it if the last line is long enough ago."""
        now_s = self._clock()
        if now_s - self._told_s < LINE_INTERVAL_S:
            return
        self._told_s = now_s
        self._say(f"{self._title}: {', '.join(self._facts(standing, now_s - self._started_s))}")

    def _facts(self, standing: Standing, elapsed_s: float) -> list[str]:
        rate = (standing.done_bytes - standing.resumed_bytes) / elapsed_s
        if not standing.total_items:
            return [counted(standing.done_items, "file"), format_bytes(standing.done_bytes), format_rate(rate)]
        facts = [
            f"{format_count(standing.done_items)} of {counted(standing.total_items, 'file')}",
            f"{format_bytes(standing.done_bytes)} of {format_bytes(standing.total_bytes)}",
        ]
        if standing.waits_for:
            return [*facts, f"waiting for {standing.waits_for}"]
        facts.append(format_rate(rate))
        left_s = (standing.total_bytes - standing.done_bytes) / rate if rate else None
        return facts if left_s is None else [*facts, f"{format_eta(left_s)} left"]


def _show_nothing(standing: Standing) -> None:
    """The meter that shows nothing."""
