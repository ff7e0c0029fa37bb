"""Jobs as lines with bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.text import age, format_count, format_eta, format_rate, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.summary import percent
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.cursor_list import Cell, MarkList

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.manager import JobInfo

SIGNS = {"queued": "·", "running": " ", "held": "‖", "done": "✓", "failed": "✗", "cancelled": "-"}
ARROWS = {"push": "↑", "pull": "↓", "verify": "=", "import": "+"}

WIDE = 98
"""From this width on bars are longer and the number of files has a column."""

PLACE_CELLS, TAIL_CELLS, FILES_CELLS = 10, 18, 15

SIGNS_CELLS = 4
"""The sign of the state and the arrow, each with a blank."""


class JobTable(MarkList["JobInfo"]):
    """One line a job: what, where, how far, how fast."""

    def __init__(self, *, now_ms: Callable[[], int], id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._now_ms = now_ms

    @property
    def job(self) -> JobInfo | None:
        """The job under the cursor."""
        return self.current

    def key(self, line: JobInfo) -> str:
        """The job's id."""
        return line.id

    def header(self, width: int) -> str:
        """The names above the columns."""
        columns = Columns.for_width(width)
        files = f"{'FILES':>{FILES_CELLS}}" if columns.has_files else ""
        title = pad("JOB", columns.title)
        return f"{'':{SIGNS_CELLS}}{title} {pad('PLACE', PLACE_CELLS)} {pad('PROGRESS', columns.bar + 5)}{files}"

    def cells(self, line: JobInfo, width: int) -> list[Cell]:
        """A job's line."""
        return Columns.for_width(width).cells(line, now_ms=self._now_ms())


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the columns are."""

    title: int
    bar: int
    has_files: bool

    @classmethod
    def for_width(cls, width: int) -> Columns:
        """The columns of a table so wide: the title takes what is left."""
        has_files = width >= WIDE
        bar_cells = 30 if has_files else 16
        used = SIGNS_CELLS + PLACE_CELLS + 2 + bar_cells + 5 + TAIL_CELLS + (FILES_CELLS if has_files else 0)
        return cls(max(8, width - used), bar_cells, has_files)

    def cells(self, job: JobInfo, *, now_ms: int) -> list[Cell]:
        """(style name, text) of each cell of a job's line."""
        share = job.done_bytes / job.total_bytes if job.total_bytes else float(job.state == "done")
        sign_style = {"failed": "bad", "done": "good"}.get(job.state, "")
        cells = [
            (sign_style, f"{SIGNS.get(job.state, ' ')} "),
            ("", f"{ARROWS.get(job.kind, ' ')} {pad(safe_text(job.title), self.title)} "),
            ("side", f"{pad(safe_text(job.location) or 'best copy', PLACE_CELLS)} "),
            ("accent", bar(share, self.bar)),
            ("", f"{percent(share):>5}"),
        ]
        if self.has_files:
            files = f"{format_count(job.done_items + job.skipped_items)} / {format_count(job.total_items)}"
            cells.append(("side", files.rjust(FILES_CELLS)))
        cells.append(("bad" if job.failed_items else "side", outcome(job, now_ms).rjust(TAIL_CELLS)[:TAIL_CELLS]))
        return cells


def outcome(job: JobInfo, now_ms: int) -> str:
    """What stands after the bar: speed and time left of what runs, else how it ended and when."""
    if job.wish is not None:
        return {"held": "holding…", "cancelled": "cancelling…"}.get(job.wish, "")
    if job.state == "running":
        if not job.is_live:
            return "interrupted"
        if job.waits_for:
            return f"waits for {pad(safe_text(job.waits_for), TAIL_CELLS - len('waits for ')).rstrip()}"
        return f"{format_rate(job.rate_bytes_s)} {format_eta(job.eta_s):>6}" if job.rate_bytes_s else "starting"
    word = f"{format_count(job.failed_items)} failed" if job.state == "failed" else str(job.state)
    if job.finished_at is None:
        return word
    return f"{word} {age(int(job.finished_at.timestamp() * 1000), now_ms):>4}"
