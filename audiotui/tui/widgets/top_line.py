"""The first line of every mode: the program, the modes with their keys, and what the jobs are doing."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class TopLine(Static):
    """Name, modes (the current one in brackets) and the job summary at the right."""

    DEFAULT_CSS = """
    TopLine { height: 1; background: $panel; color: $text; padding: 0; }
    """

    def __init__(self, modes: tuple[tuple[str, str, str], ...], current: str) -> None:
        """``modes``: (mode, key, title) of each."""
        super().__init__()
        self._modes = modes
        self._current = current
        self._jobs = ""

    def show_jobs(self, summary: str) -> None:
        """Show a summary made by this program (no text from outside)."""
        if summary != self._jobs:
            self._jobs = summary
            self._draw()

    def on_mount(self) -> None:
        """Draw with the first size."""
        self._draw()

    def on_resize(self) -> None:
        """The summary sticks to the right edge."""
        self._draw()

    def _draw(self) -> None:
        parts: list[tuple[str, str]] = [(" audiotui  ", "bold $primary")]
        for mode, key, title in self._modes:
            current = mode == self._current
            parts.append((f"[{key} {title}]" if current else f" {key} {title} ", "bold" if current else "$text-muted"))
            parts.append(("  ", ""))
        used = sum(len(text) for text, _ in parts)
        room = self.size.width - used - 1
        summary = self._jobs if len(self._jobs) <= room else self._jobs[: max(0, room)]
        parts.append((" " * max(0, room - len(summary)), ""))
        parts.append((summary, "$accent"))
        self.update(Content.assemble(*parts), layout=False)
