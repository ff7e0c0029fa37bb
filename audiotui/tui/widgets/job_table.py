"""Jobs as lines with bars; the cursor stays on its job when others come or go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from audiotui.text import age, format_count, format_eta, format_rate, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.summary import percent
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.line_view import LineView
from audiotui.tui.widgets.vertical_keys import vertical_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from textual import events
    from textual.binding import BindingType

    from audiotui.manager import JobInfo

SIGNS = {"queued": "·", "running": " ", "held": "‖", "done": "✓", "failed": "✗", "cancelled": "-"}
ARROWS = {"push": "↑", "pull": "↓", "verify": "=", "import": "+"}

WIDE = 100
"""From this width on bars are longer and the number of files has a column."""

PLACE_CELLS, TAIL_CELLS, FILES_CELLS = 10, 18, 15


class JobTable(LineView):
    """One line a job: what, where, how far, how fast."""

    DEFAULT_CSS = """
    JobTable { height: 1fr; }
    JobTable > .job-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    JobTable:focus > .job-table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    JobTable > .job-table--header { color: $text-muted; text-style: bold; }
    JobTable > .job-table--side { color: $text-muted; }
    JobTable > .job-table--bar { color: $accent; }
    JobTable > .job-table--failed { color: $error; }
    JobTable > .job-table--done { color: $success; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "job-table--cursor",
        "job-table--header",
        "job-table--side",
        "job-table--bar",
        "job-table--failed",
        "job-table--done",
    }

    BINDINGS: ClassVar[list[BindingType]] = [*vertical_keys("jobs", "job")]

    @dataclass
    class Moved(Message):
        """The cursor is on another job."""

        table: JobTable
        job: JobInfo | None

        @property
        def control(self) -> JobTable:
            """The table, for ``@on`` selectors."""
            return self.table

    def __init__(self, *, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._jobs: Sequence[JobInfo] = ()
        self._at = 0
        self._told: str | None = None
        self._now_ms = now_ms

    @property
    def job(self) -> JobInfo | None:
        """The job under the cursor."""
        return self._jobs[self._at] if self._at < len(self._jobs) else None

    def show(self, jobs: Sequence[JobInfo]) -> None:
        """Show these jobs; the cursor stays on its job."""
        current = self.job
        self._jobs = jobs
        ids = [job.id for job in jobs]
        at = ids.index(current.id) if current is not None and current.id in ids else self._at
        self.set_line_count(len(jobs) + 1)
        self._go(at)
        self.refresh()

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self.set_line_count(len(self._jobs) + 1)
        self._go(self._at)

    def on_click(self, event: events.Click) -> None:
        """The mouse moves the cursor."""
        index = self.scroll_offset.y + event.y - 1
        if event.y > 0 and index < len(self._jobs):
            self._go(index)

    def action_move(self, by: int) -> None:
        """Move the cursor by jobs."""
        self._go(self._at + by)

    def action_half_page(self, by: int) -> None:
        """Move the cursor by half screens."""
        self._go(self._at + by * max(1, self._body_height // 2))

    def action_page(self, by: int) -> None:
        """Move the cursor by screens."""
        self._go(self._at + by * max(1, self._body_height - 1))

    def action_top(self) -> None:
        """Go to the first job."""
        self._go(0)

    def action_bottom(self) -> None:
        """Go to the last job."""
        self._go(len(self._jobs) - 1)

    def render_line(self, y: int) -> Strip:
        """The header in the first line, below it one job a line."""
        width = self.scrollable_content_region.width
        columns = Columns.for_width(width)
        if y == 0:
            style = self.look("job-table--header")
            return Strip([Segment(columns.header(), style)]).adjust_cell_length(width, style)
        index = self.scroll_offset.y + y - 1
        if index >= len(self._jobs):
            return Strip.blank(width, self.look())
        job, at_cursor = self._jobs[index], index == self._at
        segments = [
            Segment(text, self._style(name, at_cursor=at_cursor))
            for name, text in columns.cells(job, cursor="▸" if at_cursor else " ", now_ms=self._now_ms())
        ]
        return Strip(segments).adjust_cell_length(width, self._style("", at_cursor=at_cursor))

    @property
    def _body_height(self) -> int:
        return max(1, self.size.height - 1)

    def _go(self, index: int) -> None:
        self._at = max(0, min(index, len(self._jobs) - 1))
        self.show_line(self._at, self._body_height)
        self.refresh()
        job_id = self.job.id if self.job is not None else None
        if job_id != self._told:
            self._told = job_id
            self.post_message(self.Moved(self, self.job))

    def _style(self, name: str, *, at_cursor: bool) -> Style:
        if at_cursor:
            return self.look("job-table--cursor")
        return self.look(f"job-table--{name}" if name else "")


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
        used = 6 + PLACE_CELLS + 1 + bar_cells + 5 + TAIL_CELLS + (FILES_CELLS if has_files else 0)
        return cls(max(8, width - used - 1), bar_cells, has_files)

    def header(self) -> str:
        """The names above the columns."""
        files = f"{'FILES':>{FILES_CELLS}}" if self.has_files else ""
        return f"      {pad('JOB', self.title)} {pad('PLACE', PLACE_CELLS)} {pad('PROGRESS', self.bar + 5)}{files}"

    def cells(self, job: JobInfo, *, cursor: str, now_ms: int) -> list[tuple[str, str]]:
        """(style name, text) of each cell of a job's line."""
        share = job.done_bytes / job.total_bytes if job.total_bytes else float(job.state == "done")
        sign_style = job.state if job.state in ("failed", "done") else ""
        cells = [
            ("", f"{cursor} "),
            (sign_style, f"{SIGNS.get(job.state, ' ')} "),
            ("", f"{ARROWS.get(job.kind, ' ')} {pad(safe_text(job.title), self.title)} "),
            ("side", f"{pad(safe_text(job.location) or 'best copy', PLACE_CELLS)} "),
            ("bar", bar(share, self.bar)),
            ("", f"{percent(share):>5}"),
        ]
        if self.has_files:
            files = f"{format_count(job.done_items + job.skipped_items)} / {format_count(job.total_items)}"
            cells.append(("side", files.rjust(FILES_CELLS)))
        cells.append(("failed" if job.failed_items else "side", outcome(job, now_ms).rjust(TAIL_CELLS)[:TAIL_CELLS]))
        return cells


def outcome(job: JobInfo, now_ms: int) -> str:
    """What stands after the bar: speed and time left of what runs, else how it ended and when."""
    if job.wish is not None:
        return {"held": "holding…", "cancelled": "cancelling…"}.get(job.wish, "")
    if job.state == "running":
        if not job.is_live:
            return "interrupted"
        return f"{format_rate(job.rate_bytes_s)} {format_eta(job.eta_s):>6}" if job.rate_bytes_s else "starting"
    word = f"{format_count(job.failed_items)} failed" if job.state == "failed" else str(job.state)
    if job.finished_at is None:
        return word
    return f"{word} {age(int(job.finished_at.timestamp() * 1000), now_ms):>4}"
