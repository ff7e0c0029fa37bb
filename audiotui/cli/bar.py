"""The bar that shows in a terminal how far something is; imported only there, for Rich takes long to load."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from audiotui.cli.output import is_terminal
from audiotui.text import format_count, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from audiotui.cli.progress import Standing

INTERVAL_S = 0.05
"""The bar hears of progress at most this often: drawing it must not slow down what it shows."""

SPEED_S = 10.0
"""The speed is that of so long: after an outage it is soon the real one."""


class Bar:
    """A line at the foot of the terminal, as long as its block lasts."""

    def __init__(self, title: str, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown_s = float("-inf")
        self._waits_for = ""
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[items]}", markup=False),
            _Amount(),
            _Speed(),
            _Remaining(),
            console=Console(stderr=True),
            transient=True,
            speed_estimate_period=SPEED_S,
            # The bar and the lines of data share one screen only if both go to the terminal.
            redirect_stdout=is_terminal(sys.stdout),
        )
        self._task = self._progress.add_task(safe_text(title), total=None, items="", waits_for="", has_begun=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, standing: Standing) -> None:
        """Show how things stand, unless that was done just now and this is no news."""
        is_news = standing.done_items == standing.total_items or standing.waits_for != self._waits_for
        if self._clock() - self._shown_s < INTERVAL_S and not is_news:
            return
        self._shown_s, self._waits_for = self._clock(), standing.waits_for
        items = format_count(standing.done_items)
        if standing.total_items:
            items += f"/{format_count(standing.total_items)}"
        self._progress.update(
            self._task,
            completed=standing.done_bytes,
            total=standing.total_bytes or None,
            items=items,
            waits_for=safe_text(standing.waits_for),
            has_begun=True,
        )


class _Amount(DownloadColumn):
    """The bytes, once anybody knows how many there are."""

    def render(self, task: Task) -> Text:
        """Nothing before the first standing."""
        return super().render(task) if task.fields["has_begun"] else Text()


class _Speed(TransferSpeedColumn):
    """The speed, unless nothing can move."""

    def render(self, task: Task) -> Text:
        """Nothing while a location is waited for, or before the first standing."""
        moves = task.fields["has_begun"] and not task.fields["waits_for"]
        return super().render(task) if moves else Text()


class _Remaining(TimeRemainingColumn):
    """The time left, unless nobody can know it."""

    max_refresh = 0.0

    def render(self, task: Task) -> Text:
        """What is waited for, in its place."""
        if not task.fields["has_begun"]:  # what is there of a file is looked at, which can take as long as reading it
            return Text("looking at what is there")
        waits_for = task.fields["waits_for"]
        return Text(f"waiting for {waits_for}") if waits_for else super().render(task)
