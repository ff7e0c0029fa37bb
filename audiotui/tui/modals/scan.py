"""Comparing a location with the library, as ``audiotui locations scan`` does: how far it is, and what it found."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from audiotui.errors import AudiotuiError, TransferCancelled
from audiotui.text import format_bytes, format_count, safe_text
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_pane import TextPane
from audiotui.tui.words import things

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, BulkProgress, ScanReport
    from audiotui.tui.widgets.text_pane import Part

NAMED = 5
"""Copies of each sort that are named; the Library finds all of them."""


@dataclass
class Seen(Message):
    """So many files are listed; sent from the thread that scans."""

    files: int


class ScanModal(Sheet[bool]):
    """Ends with True if the catalog may be another one now."""

    DEFAULT_CSS = """
    ScanModal > .box { max-width: 78; height: auto; }
    ScanModal TextPane { height: 14; background: $surface; }
    """

    def __init__(self, manager: AudioManager, location: str) -> None:
        super().__init__()
        self._manager = manager
        self._location = location
        self._cancel = threading.Event()
        self._is_over: bool = False

    def compose(self) -> ComposeResult:
        """What it is doing, then what it found."""
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Scan of {safe_text(self._location)}")
            box.border_subtitle = "esc stops"
            self._pane = TextPane()
            yield self._pane

    def on_mount(self) -> None:
        """Begin at once."""
        self._pane.focus()
        self._pane.show_parts([("Listing what lies there; nothing is deleted…", "dim")])
        self._scan()

    def action_leave(self) -> None:
        """Stop, or close what is over."""
        self._cancel.set()
        if self._is_over:
            self.dismiss(True)

    @work(exclusive=True)
    async def _scan(self) -> None:
        scan = partial(self._manager.scan_location, self._location, listener=self._tell, cancel=self._cancel)
        try:
            report = await asyncio.to_thread(scan)
        except TransferCancelled:
            self.dismiss(False)
            return
        except AudiotuiError as error:
            self._pane.show_parts([(f"✗ {safe_text(str(error))}", "$error")])
        else:
            self._pane.show_parts(findings(report))
        self._is_over = True
        self.query_one(".box").border_subtitle = "esc closes"
        if self._cancel.is_set():
            self.dismiss(True)

    @on(Seen)
    def _seen(self, message: Seen) -> None:
        if not self._is_over:
            self._pane.show_parts([(f"{things(message.files, 'file')} listed…", "")])

    def _tell(self, progress: BulkProgress) -> None:
        self.post_message(Seen(progress.done_items))


def findings(report: ScanReport) -> list[Part]:
    """A scan in lines."""
    parts: list[Part] = [
        (f"{things(report.listed_files, 'file')}, {format_bytes(report.listed_bytes)} lie there.\n\n", "bold")
    ]
    if report.doubt:
        return [*parts, (f"✗ Nothing was changed. {safe_text(report.doubt, limit=500)}\n", "$error")]
    for count, what, style in (
        (report.known_files, "are copies that the library knows", "$success"),
        (report.adopted_files, "belong to the library and are known now", "$success"),
        (report.returned_files, "were missing and are there again", "$success"),
        (report.missing_files, "are missing", "$error"),
        (report.damaged_files, "have another size than they should", "$error"),
        (report.unknown_files, "are not in the library; enter in the list shows them, i imports", "$warning"),
    ):
        if count:
            parts += [(f"{format_count(count):>9}  ", "bold"), (f"{what}\n", style)]
    named = (*report.missing[:NAMED], *report.damaged[:NAMED])
    return [*parts, *((f"           {safe_text(copy.key, limit=120)}\n", "dim") for copy in named)]
