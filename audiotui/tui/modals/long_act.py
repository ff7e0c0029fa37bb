"""Something that takes a while: how far it is, a way to stop it, and what came of it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from textual import on, work
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from audiotui.errors import AudiotuiError, TransferCancelled
from audiotui.text import format_count, safe_text
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.summary import percent
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from audiotui.tui.widgets.text_pane import Part

Report = TypeVar("Report")

PERCENT_CELLS = 7
"""What a bar leaves free: its percentage, and the scrollbar that a long report needs."""


class Progress(Protocol):
    """How far an act is; ``name`` is what it did last."""

    @property
    def done_items(self) -> int:
        """What is over."""
        ...

    @property
    def total_items(self) -> int:
        """0 if it is not known."""
        ...

    @property
    def name(self) -> str:
        """May come from outside."""
        ...


@dataclass
class Gone(Message):
    """How far it is; sent from the thread that does it."""

    progress: Progress


class LongActModal(Sheet[Report], Generic[Report]):
    """Ends with the report of the act, None if it was stopped or failed."""

    DEFAULT_CSS = """
    LongActModal > .box { max-width: 78; height: auto; }
    LongActModal TextPane { height: 14; background: $surface; }
    """

    def __init__(
        self,
        title: str,
        beginning: str,
        act: Callable[..., Report],
        describe: Callable[[Report], Sequence[Part]],
    ) -> None:
        """``act`` takes a ``listener`` of ``Progress`` and an event ``cancel``; it runs in a thread."""
        super().__init__()
        self._title = title
        self._beginning = beginning
        self._act: Callable[..., Any] = act
        self._describe = describe
        self._cancel = threading.Event()
        self._report: Report | None = None
        self._is_over: bool = False

    def compose(self) -> ComposeResult:
        """What it is doing, then what came of it."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._title, limit=60))
            box.border_subtitle = "esc stops"
            self._pane = TextPane()
            yield self._pane

    def on_mount(self) -> None:
        """Begin at once."""
        self._pane.focus()
        self._pane.show_parts([(self._beginning, "dim")])
        self._run()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._cancel.set()

    @property
    def unfinished(self) -> str:
        """What runs."""
        return "" if self._is_over else f"{self._title}: it is running, and stops where it is. What it did stays."

    def give_up(self) -> None:
        """Stop it."""
        self._cancel.set()

    def action_leave(self) -> None:
        """Stop, or close what is over."""
        self._cancel.set()
        if self._is_over:
            self.dismiss(self._report)
        else:
            self._pane.show_parts([("stopping…", "$text-warning")])

    @work(exclusive=True)
    async def _run(self) -> None:
        try:
            report: Report = await asyncio.to_thread(self._act, listener=self._listen, cancel=self._cancel)
        except TransferCancelled:
            self._is_over = True
            self.dismiss(None)
            return
        except AudiotuiError as error:
            self._pane.show_parts([(f"✗ {safe_text(str(error))}", "$text-error")])
        else:
            self._report = report
            self._pane.show_parts(self._describe(report))
        self._is_over = True
        self.query_one(".box").border_subtitle = "esc closes"
        if self._cancel.is_set():
            self.dismiss(self._report)

    @on(Gone)
    def _gone(self, message: Gone) -> None:
        if not self._is_over and not self._cancel.is_set():
            now = message.progress
            count = f"{format_count(now.done_items)}{f' of {format_count(now.total_items)}' if now.total_items else ''}"
            self._pane.show_parts(
                [(f"{count} files\n", "bold"), *self._bar(now), (safe_text(now.name, limit=200), "dim")]
            )

    def _bar(self, now: Progress) -> list[Part]:
        if not now.total_items:
            return []
        share = now.done_items / now.total_items
        return [(f"{bar(share, max(10, self._pane.size.width - PERCENT_CELLS))} {percent(share):>4}\n", "$text-accent")]

    def _listen(self, progress: Progress) -> None:
        self.post_message(Gone(progress))
