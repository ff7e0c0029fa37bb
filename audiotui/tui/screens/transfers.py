"""The Transfers mode: jobs with live bars, below them the files of the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from audiotui.errors import AudiotuiError
from audiotui.text import format_bytes, format_count, format_rate, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.widgets.job_table import JobTable, bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.widget import Widget

    from audiotui.manager import ItemInfo, JobInfo
    from audiotui.tui.watcher import JobsSeen

FILES_SHOWN = 30
"""Files of a job that the screen asks for: those under way and those that failed come first."""

FILE_SIGNS = {"waiting": "·", "active": "▶", "done": "✓", "skipped": "↷", "failed": "✗", "cancelled": "-"}

NO_JOBS = "Nothing has been moved yet.\n\nIn the Library (1), P pushes and p pulls what is marked."


class TransfersScreen(ModeScreen):
    """Watching and steering jobs; they run in another process and go on when the app is left."""

    mode = "transfers"
    AUTO_FOCUS = "JobTable"

    DEFAULT_CSS = """
    TransfersScreen #jobs-empty { display: none; padding: 3 4; height: 1fr; }
    TransfersScreen.-no-jobs #jobs-empty { display: block; }
    TransfersScreen.-no-jobs JobTable, TransfersScreen.-no-jobs #files { display: none; }
    TransfersScreen #summary { height: 1; padding: 0 1; background: $background; text-style: bold; }
    TransfersScreen #files { height: 2fr; padding: 0 1; border-top: solid $panel; }
    TransfersScreen.-low #files { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel", "cancel", id="jobs.cancel", tooltip="Cancel the job; what arrived is kept"),
        Binding("R", "retry", "retry failed", id="jobs.retry", tooltip="Try again what failed or was cancelled"),
        Binding("H", "hold", "hold, resume", id="jobs.hold", tooltip="Hold the job, or let it go on"),
    ]

    def body(self) -> Iterable[Widget]:
        """Summary, jobs, files."""
        yield Static("", id="summary", markup=False)
        yield Static(NO_JOBS, id="jobs-empty", markup=False)
        yield JobTable()
        yield Static("", id="files", markup=False)

    def on_mount(self) -> None:
        """Show what is known at once."""
        self.show_hints()
        self._load()

    def on_screen_resume(self) -> None:
        """Bars on the screen want a closer look."""
        self.audiotui.watch_closely(True)
        self._load()

    def on_screen_suspend(self) -> None:
        """Nobody looks."""
        self.audiotui.watch_closely(False)

    def hints(self) -> list[tuple[str, str]]:
        """The keys that work now."""
        return [("j k", "job"), ("x", "cancel"), ("R", "retry failed"), ("H", "hold, resume"), ("1", "library"),
                ("?", "keys"), (":", "commands"), ("q", "quit; jobs go on")]  # fmt: skip

    def show_jobs(self, seen: JobsSeen) -> None:
        """The jobs as they stand now."""
        self._show(seen.jobs)

    @on(JobTable.Moved)
    def _moved(self, message: JobTable.Moved) -> None:
        if message.job is not None:
            self._read_files(message.job)

    @work(thread=True, exclusive=True, group="jobs", exit_on_error=False, description="jobs")
    def _load(self) -> None:
        try:
            jobs = self.audiotui.manager.list_jobs(limit=200)
        except AudiotuiError as error:
            self.app.call_from_thread(self.audiotui.complain, error)
        else:
            self.app.call_from_thread(self._show, jobs)

    @work(thread=True, exclusive=True, group="files", exit_on_error=False, description="files")
    def _read_files(self, job: JobInfo) -> None:
        manager = self.audiotui.manager
        try:
            items = [
                *manager.job_items(job.id, states=("active",), limit=FILES_SHOWN),
                *manager.job_items(job.id, states=("failed",), limit=FILES_SHOWN),
                *manager.job_items(job.id, states=("done", "skipped", "waiting", "cancelled"), limit=FILES_SHOWN),
            ]
        except AudiotuiError as error:
            self.app.call_from_thread(self.audiotui.complain, error)
        else:
            self.app.call_from_thread(self._show_files, job, items[:FILES_SHOWN])

    def _show(self, jobs: Sequence[JobInfo]) -> None:
        self.set_class(not jobs, "-no-jobs")
        self.query_one(JobTable).show(jobs)
        self.query_one("#summary", Static).update(summary(jobs), layout=False)

    def _show_files(self, job: JobInfo, items: Sequence[ItemInfo]) -> None:
        current = self.query_one(JobTable).job
        if current is not None and current.id == job.id:
            files = self.query_one("#files", Static)
            files.update(Content.assemble(*describe(job, items, files.size.width - 2)), layout=False)

    def action_cancel(self) -> None:
        """Cancel the job under the cursor; what arrived is kept, and R goes on."""
        self._steer(self.audiotui.manager.cancel_job, "cancelled; R goes on where it stopped")

    def action_retry(self) -> None:
        """Try again what failed or was cancelled."""
        self._steer(self.audiotui.manager.retry_job, "queued again", work=True)

    def action_hold(self) -> None:
        """Hold the job, or let a held one go on."""
        job = self.query_one(JobTable).job
        if job is not None and job.state == "held":
            self._steer(self.audiotui.manager.resume_job, "goes on", work=True)
        else:
            self._steer(self.audiotui.manager.hold_job, "held; H lets it go on")

    @work(thread=True, group="steer", exit_on_error=False, description="steer")
    def _steer(self, act: Callable[[str], object], done: str, *, work: bool = False) -> None:
        job = self.query_one(JobTable).job
        if job is None:
            return
        try:
            act(job.id)
            if work:
                self.audiotui.manager.start_worker()
        except AudiotuiError as error:
            self.app.call_from_thread(self.audiotui.complain, error)
        else:
            self.app.call_from_thread(self.audiotui.say, f"{job.id} {done}")
            self._load()


def summary(jobs: Sequence[JobInfo]) -> str:
    """One line over all jobs that run."""
    running = [job for job in jobs if job.is_live]
    if not running:
        queued = sum(1 for job in jobs if job.state == "queued")
        return f"{queued} queued" if queued else "nothing is running"
    done = sum(job.done_bytes for job in running)
    total = sum(job.total_bytes for job in running)
    files = sum(job.done_items + job.skipped_items for job in running)
    of_files = sum(job.total_items for job in running)
    rate = sum(job.rate_bytes_s or 0 for job in running)
    noun = "job" if len(running) == 1 else "jobs"
    return (
        f"{len(running)} {noun} running   {format_count(files)} of {format_count(of_files)} files   "
        f"{format_bytes(done)} of {format_bytes(total)}   {format_rate(rate) if rate else ''}"
    )


def describe(job: JobInfo, items: Sequence[ItemInfo], width: int) -> list[tuple[str, str]]:
    """The job in words, then its files: with bars those under way, with the way out those that failed."""
    parts: list[tuple[str, str]] = [
        (f"{safe_text(job.title)}  ", "bold"),
        (f"{job.id}  {safe_text(job.source)} → {safe_text(job.destination)}\n", "$text-muted"),
        (f"✓ {format_count(job.done_items)} done   ↷ {format_count(job.skipped_items)} there already   ", ""),
        (f"✗ {format_count(job.failed_items)} failed", "$error" if job.failed_items else ""),
        (f"   · {format_count(job.open_items)} to go\n", ""),
    ]
    if job.error:
        parts.append((f"{safe_text(f'{job.error} {job.hint}'.strip())}\n", "$error"))
    for item in items:
        name = pad(safe_text(item.name), max(12, min(40, width // 2)))
        parts.append((f"{FILE_SIGNS.get(item.state, ' ')} {name} {format_bytes(item.size_bytes):>9} ", ""))
        if item.state == "active":
            share = item.done_bytes / item.size_bytes if item.size_bytes else 0.0
            parts.append((f"{bar(share, 14)} {int(100 * share):3d}%", "$accent"))
        elif item.error:
            parts.append((safe_text(f"{item.error} {item.hint}".strip(), limit=300), "$error"))
        parts.append(("\n", ""))
    return parts
