"""Jobs as lines with bars, drawn as text: a progress bar widget for each would cost more than the transfer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from audiotui.text import format_eta, format_rate, safe_text
from audiotui.tui.columns import pad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.manager import JobInfo

SIGNS = {"queued": "·", "running": "▶", "held": "⏸", "done": "✓", "failed": "✗", "cancelled": "-"}
ARROWS = {"push": "↑", "pull": "↓", "verify": "=", "import": "+"}


class JobTable(ScrollView, can_focus=True):
    """One line a job, newest first; the cursor stays on its job when others come."""

    DEFAULT_CSS = """
    JobTable { height: 1fr; background: $background; scrollbar-size-vertical: 1; overflow-x: hidden; }
    JobTable > .job-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    JobTable:focus > .job-table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    JobTable > .job-table--bar { color: $accent; }
    JobTable > .job-table--failed { color: $error; }
    JobTable > .job-table--done { color: $success; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "job-table--cursor", "job-table--bar", "job-table--failed", "job-table--done",
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", id="jobs.down", tooltip="Next job", show=False),
        Binding("k,up", "move(-1)", "Up", id="jobs.up", tooltip="Previous job", show=False),
        Binding("g,home", "move(-100000)", "Top", id="jobs.top", tooltip="First job", show=False),
        Binding("G,end", "move(100000)", "Bottom", id="jobs.bottom", tooltip="Last job", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another job."""

        table: JobTable
        job: JobInfo | None

        @property
        def control(self) -> JobTable:
            """The table, for ``@on`` selectors."""
            return self.table

    def __init__(self) -> None:
        super().__init__()
        self._jobs: Sequence[JobInfo] = ()
        self._at = 0

    @property
    def job(self) -> JobInfo | None:
        """The job under the cursor."""
        return self._jobs[self._at] if self._at < len(self._jobs) else None

    def show(self, jobs: Sequence[JobInfo]) -> None:
        """Show these jobs; the cursor stays on its job."""
        current = self.job
        self._jobs = jobs
        ids = [job.id for job in jobs]
        if current is not None and current.id in ids:
            self._at = ids.index(current.id)
        self._at = max(0, min(self._at, len(jobs) - 1))
        self.virtual_size = Size(self.scrollable_content_region.width, len(jobs))
        self.refresh()
        self.post_message(self.Moved(self, self.job))

    def action_move(self, by: int) -> None:
        """Move the cursor by jobs."""
        self._at = max(0, min(self._at + by, len(self._jobs) - 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self._at < top or self._at >= top + height:
            self.scroll_to(y=self._at if self._at < top else self._at - height + 1, animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved(self, self.job))

    def render_line(self, y: int) -> Strip:
        """One job."""
        width, index = self.scrollable_content_region.width, self.scroll_offset.y + y
        if index >= len(self._jobs):
            return Strip.blank(width, self.rich_style)
        job, base = self._jobs[index], self.rich_style
        if index == self._at:
            base = self.get_component_rich_style("job-table--cursor")
        state = "" if job.state not in {"failed", "done"} or index == self._at else f"job-table--{job.state}"
        sign = self.get_component_rich_style(state) if state else base
        bar_cells = 16 if width < 100 else 30
        done = job.done_bytes / job.total_bytes if job.total_bytes else float(job.state == "done")
        tail = tail_of(job)
        title = width - bar_cells - len(tail) - 24
        cells = [
            Segment("▸" if index == self._at else " ", base),
            Segment(f"{SIGNS.get(job.state, ' ')} ", sign),
            Segment(f"{ARROWS.get(job.kind, ' ')} {pad(safe_text(job.title), max(8, title))} ", base),
            Segment(f"{pad(safe_text(job.location), 12)} ", base),
            Segment(
                bar(done, bar_cells), base if index == self._at else self.get_component_rich_style("job-table--bar")
            ),
            Segment(f" {int(100 * done):3d}% {tail}", base),
        ]
        return Strip(cells).adjust_cell_length(width, base)


def bar(share: float, cells: int) -> str:
    """A bar of so many cells; the filled and the empty part differ in shape, not only in colour."""
    filled = max(0, min(cells, int(share * cells)))
    return "━" * filled + "─" * (cells - filled)


def tail_of(job: JobInfo) -> str:
    """What stands after the bar: speed and remaining time of what runs, else how it ended. Always 19 cells."""
    if job.state == "running" and job.rate_bytes_s:
        eta = format_eta(job.eta_s) if job.eta_s is not None else ""
        return f"{format_rate(job.rate_bytes_s):>10} {eta:>8}"
    if job.failed_items:
        return f"{job.failed_items} failed".rjust(19)
    if job.state == "running":
        return ("starting" if job.is_live else "interrupted").rjust(19)
    return str(job.state).rjust(19)
