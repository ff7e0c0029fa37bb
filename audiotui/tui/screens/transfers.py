"""The Transfers mode: jobs with live bars, below them the files of the one under the cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from audiotui.errors import AudiotuiError
from audiotui.text import format_bytes, format_count, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.keys import ACT, APP
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.summary import percent, summarise
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.job_table import JobTable
from audiotui.tui.widgets.text_pane import Part, TextPane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.widget import Widget

    from audiotui.manager import ItemInfo, JobInfo
    from audiotui.tui.watcher import FilesSeen

FILE_SIGNS = {"waiting": "·", "active": "▶", "done": "✓", "skipped": "↷", "failed": "✗", "cancelled": "-"}

LAST_HINTS = (("go.library", ""), ("app.help", ""), ("app.palette", ""), ("app.quit", "quit; jobs go on"))

NO_JOBS = "Nothing has been moved yet.\n\nIn the Library (1), P pushes and p pulls what is marked."


class TransfersScreen(ModeScreen):
    """Watching and steering jobs; they run in another process and go on when the app is left."""

    mode = "transfers"
    AUTO_FOCUS = "JobTable"

    DEFAULT_CSS = """
    TransfersScreen #jobs-empty { display: none; padding: 3 4; height: 1fr; }
    TransfersScreen.-no-jobs #jobs-empty { display: block; }
    TransfersScreen.-no-jobs JobTable, TransfersScreen.-no-jobs #files { display: none; }
    TransfersScreen #summary { height: 2; padding: 0 1; background: $background; text-wrap: nowrap; }
    TransfersScreen #files { height: 2fr; padding: 0 1; border-top: solid $panel; }
    TransfersScreen #files:focus { border-top: heavy $primary; }
    TransfersScreen.-low #files { display: none; }
    TransfersScreen.-low #files:focus { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel", "cancel", id="jobs.cancel", tooltip="Cancel the job; what arrived stays", group=ACT),
        Binding("R", "retry", "retry", id="jobs.retry", tooltip="Try what failed or was cancelled again", group=ACT),
        Binding("H", "hold", "hold, resume", id="jobs.hold", tooltip="Hold the job, or let it go on", group=ACT),
        Binding("escape", "step_back", "back", id="jobs.back", tooltip="Back to the jobs, to the Library", group=APP),
    ]

    def body(self) -> Iterable[Widget]:
        """Summary, jobs, files."""
        self._summary = Static("", id="summary", markup=False)
        self._table = JobTable(now_ms=self.audiotui.now_ms)
        self._files = TextPane(id="files")
        yield self._summary
        yield Static(NO_JOBS, id="jobs-empty", markup=False)
        yield self._table
        yield self._files

    def on_mount(self) -> None:
        """Files of the job under the cursor come as they are seen."""
        self.audiotui.files_changed.subscribe(self, self._files_seen)

    def on_screen_resume(self) -> None:
        """Bars on the screen want a closer look."""
        self.audiotui.watch_closely(True)

    def on_screen_suspend(self) -> None:
        """Nobody looks."""
        self.audiotui.watch_closely(False)

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that work now."""
        if self.has_class("-no-jobs"):
            return LAST_HINTS
        return [
            ("list.down", "job"),
            ("jobs.cancel", ""),
            ("jobs.retry", "retry failed"),
            ("jobs.hold", ""),
            *LAST_HINTS,
        ]

    def jobs_seen(self, jobs: Sequence[JobInfo]) -> None:
        """The jobs as they stand now."""
        if (not jobs) != self.has_class("-no-jobs"):
            self.set_class(not jobs, "-no-jobs")
            self.set_focus(self._table if jobs else None)
            self.show_hints()
        self._table.show(jobs)
        total = summarise(jobs)
        line = bar(total.share, max(0, self.size.width - 2)) if total.running else ""
        self._summary.update(Content.assemble((total.long, "bold"), "\n", (line, "$accent")), layout=False)

    @on(JobTable.Moved)
    def _moved(self) -> None:
        self._files.show_parts([])
        job = self._table.job
        self.audiotui.look_at_files(job.id if job is not None else None)

    def _files_seen(self, seen: FilesSeen) -> None:
        current = self._table.job
        if current is not None and current.id == seen.job.id:
            self._files.show_parts(describe(seen.job, seen.files, self._files.size.width))

    def action_step_back(self) -> None:
        """From the files to the jobs, from the jobs to the Library."""
        if self._files.has_focus:
            self._table.focus()
        else:
            self.app.switch_mode("library")

    def action_cancel(self) -> None:
        """Cancel the job under the cursor; what arrived stays, and R goes on."""
        self._steer(self.audiotui.manager.cancel_job)

    def action_retry(self) -> None:
        """Try again what failed or was cancelled."""
        self._steer(self.audiotui.manager.retry_job, needs_worker=True)

    def action_hold(self) -> None:
        """Hold the job under the cursor, or let a held one go on."""
        if self._table.job is not None and self._table.job.state == "held":
            self._steer(self.audiotui.manager.resume_job, needs_worker=True)
        else:
            self._steer(self.audiotui.manager.hold_job)

    @work(group="steer")
    async def _steer(self, act: Callable[[str], object], *, needs_worker: bool = False) -> None:
        """Do something to the job under the cursor; its line shows what came of it."""
        job = self._table.job
        if job is None:
            return
        try:
            await asyncio.to_thread(act, job.id)
            if needs_worker:
                await asyncio.to_thread(self.audiotui.manager.start_worker)
        except AudiotuiError as error:
            self.audiotui.complain(error)
        self.audiotui.look_now()


def describe(job: JobInfo, files: Sequence[ItemInfo], width: int) -> list[Part]:
    """The job in words, then its files: with bars those under way, with the way out those that failed."""
    way = f"{safe_text(job.source) or 'best copies'} → {safe_text(job.destination)}"
    parts: list[Part] = [
        (f"{safe_text(job.title)}   ", "bold"),
        (f"{way}   job {job.id}\n", "dim"),
        (f"✓ {format_count(job.done_items)} done   ↷ {format_count(job.skipped_items)} there already   ", ""),
        (f"✗ {format_count(job.failed_items)} failed   ", "$error" if job.failed_items else ""),
        (f"· {format_count(job.open_items)} to go\n\n", ""),
    ]
    if job.error:
        parts.append((f"{safe_text(f'{job.error} {job.hint}'.strip())}\n\n", "$error"))
    name_cells = max(16, min(48, width // 2 - 4))
    for item in files:
        parts += file_line(item, name_cells)
    if len(files) < job.total_items:
        parts.append((f"… and {format_count(job.total_items - len(files))} more\n", "dim"))
    return parts


def file_line(item: ItemInfo, name_cells: int) -> list[Part]:
    """One file: sign, name, size, and how far it is or why it failed."""
    style = {"failed": "$error", "done": "$success"}.get(item.state, "")
    parts: list[Part] = [
        (f"{FILE_SIGNS.get(item.state, ' ')} ", style),
        (f"{pad(safe_text(item.name, limit=4 * name_cells), name_cells)} {format_bytes(item.size_bytes):>8}  ", ""),
    ]
    if item.state == "active":
        share = item.done_bytes / item.size_bytes if item.size_bytes else 0.0
        parts.append((f"{bar(share, 14)} {percent(share):>4}", "$accent"))
    if item.error:
        parts.append((f"\n  {safe_text(f'{item.error} {item.hint}'.strip(), limit=500)}", "$error"))
    return [*parts, ("\n", "")]
