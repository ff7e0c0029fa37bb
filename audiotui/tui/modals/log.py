"""What the worker process did lately, and where its log lies."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Vertical
from textual.content import Content

from audiotui.text import safe_text
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from audiotui.manager import AudioManager
    from audiotui.tui.widgets.text_pane import Part

STYLES = {"ERROR": "$text-error", "WARNING": "$text-warning"}


class LogModal(Sheet[None]):
    """The end of the log, read again every second."""

    DEFAULT_CSS = """
    LogModal > .box { height: 90%; max-width: 116; }
    LogModal TextPane { height: 1fr; background: $surface; }
    """

    def __init__(self, manager: AudioManager) -> None:
        super().__init__()
        self._manager = manager
        self._lines: list[str] | None = None

    def compose(self) -> ComposeResult:
        """The lines."""
        with Vertical(classes="box") as box:
            path = safe_text(str(self._manager.worker_log_path), limit=100)
            box.border_title = Content(f"Log of the worker: {path}")
            box.border_subtitle = "esc closes"
            self._pane = TextPane()
            yield self._pane

    def on_mount(self) -> None:
        """Look at once, and again."""
        self._pane.focus()
        self._look()
        self.set_interval(1.0, self._look)

    @work(exclusive=True)
    async def _look(self) -> None:
        lines = await asyncio.to_thread(self._manager.worker_log)
        if lines != self._lines:
            self._lines = lines
            self._pane.show_parts([part for line in lines for part in _shown(line)] or [("Nothing yet.", "dim")])
            self._pane.action_bottom()


def _shown(line: str) -> list[Part]:
    level = next((word for word in STYLES if f" {word} " in line[:40]), "")
    return [(f"{safe_text(line, limit=1_000)}\n", STYLES.get(level, ""))]
