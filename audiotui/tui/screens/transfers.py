"""The Transfers mode: jobs with live bars, below them the files of the one under the cursor."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from audiotui.tui.job_words import Speeds, describe, history
from audiotui.tui.keys import ACT, APP
from audiotui.tui.modals.limits import MOST_AT_ONCE, LimitsModal
from audiotui.tui.screens.editing import EditingScreen
from audiotui.tui.summary import summarise
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.cursor_list import CursorList
from audiotui.tui.widgets.job_table import JobTable
from audiotui.tui.widgets.text_pane import TextPane
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.widget import Widget

    from audiotui.manager import JobInfo
    from audiotui.tui.watcher import FilesSeen

LAST_HINTS = (("go.library", ""), ("app.help", ""), ("app.palette", ""), ("app.quit", "quit; jobs go on"))

NO_JOBS = "Nothing has been moved yet.\n\nIn the Library (1), P pushes and p pulls what is marked."

USUAL_AT_ONCE = 8
"""From where + and - begin, if a job has found out by itself so far how many files move at a time."""

FRAME_CELLS = 2
"""What stands at the sides of summary and files."""

SPEEDS_KEPT = 200

SPEED_EVERY_MS = 1_000


class TransfersScreen(EditingScreen):
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
        Binding("K", "move(True)", "earlier", id="jobs.earlier", tooltip="Run it before the one above", group=ACT),
        Binding("J", "move(False)", "later", id="jobs.later", tooltip="Run it after the one below", group=ACT),
        Binding("plus", "parallel(True)", "more at a time", id="jobs.more", tooltip="More files at a time", group=ACT),
        Binding("minus", "parallel(False)", "fewer", id="jobs.fewer", tooltip="Fewer files at a time", group=ACT),
        Binding("L", "limits", "limits", id="jobs.limits", tooltip="Files at a time, bytes a second", group=ACT),
        Binding("c", "clear", "clear done", id="jobs.clear", tooltip="Clear all jobs that are over", group=ACT),
        Binding("l", "log", "log", id="jobs.log", tooltip="What the worker process did", group=ACT),
        Binding("escape", "step_back", "back", id="jobs.back", tooltip="Back to the jobs, to the Library", group=APP),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._speeds = Speeds()
        self._history: deque[float] = deque(maxlen=SPEEDS_KEPT)
        self._history_ms = 0
        self._jobs: Sequence[JobInfo] = ()
        self._standing: Sequence[object] = ()
        """What the hints were made for: how each job stands that the keys would act on."""

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
        marked = f" {len(self._table.marks)}" if self._table.marks else ""
        return [
            ("list.mark", ""),
            ("list.choose", "files"),
            ("jobs.hold", f"hold, resume{marked}"),
            ("jobs.cancel", f"cancel{marked}"),
            ("jobs.retry", f"{self._again_words()}{marked}"),
            ("jobs.clear", ""),
            ("jobs.earlier", ""),
            ("jobs.later", ""),
            ("jobs.more", ""),
            ("jobs.fewer", ""),
            ("jobs.limits", ""),
            ("jobs.log", ""),
            *LAST_HINTS,
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's form
        """What is over cannot be steered any more; undo is for what the library holds, not for transfers."""
        if action in {"cancel", "hold"}:
            return any(not job.state.is_final for job in self._table.subject)
        if action in {"move", "parallel", "limits"}:
            return self._table.job is not None and not self._table.job.state.is_final
        if action == "retry":
            return any(map(_can_go_on, self._table.subject))
        if action == "clear":
            return any(job.state.is_final for job in self._jobs)
        return action not in {"undo", "redo"}

    def jobs_seen(self, jobs: Sequence[JobInfo]) -> None:
        """The jobs as they stand now."""
        if (not jobs) != self.has_class("-no-jobs"):
            self.set_class(not jobs, "-no-jobs")
            self.set_focus(self._table if jobs else None)
            self.show_hints()
        self._jobs = jobs
        self._table.show(jobs)
        self._offer_what_works()
        total = summarise(jobs, self.audiotui.now_ms())
        self._note_speed(total.rate_bytes_s)
        width = max(0, self.size.width - FRAME_CELLS)
        line = bar(total.share, width) if total.running else ""
        past = history(list(self._history), width - len(total.long) - 3) if total.running else ""
        parts = (
            (total.long, "bold"),
            (f"   {past}" if past else "", "$text-primary"),
            ("\n", ""),
            (line, "$text-accent"),
        )
        self._summary.update(Content.assemble(*parts), layout=False)

    @on(CursorList.Moved)
    def _moved(self) -> None:
        self._files.show_parts([])
        job = self._table.job
        self.audiotui.look_at_files(job.id if job is not None else None)
        self._offer_what_works()

    @on(CursorList.Chosen)
    def _chosen(self) -> None:
        self._files.focus()

    @on(JobTable.Marked)
    def _marked(self) -> None:
        self.show_hints()

    def _files_seen(self, seen: FilesSeen) -> None:
        current = self._table.job
        if current is not None and current.id == seen.job.id:
            self._speeds.look(seen.files, self.audiotui.now_ms())
            # The pane itself has no width yet when the first job of all comes.
            width = self.size.width - FRAME_CELLS
            self._files.show_parts(describe(seen.job, seen.files, width, self._speeds))

    def action_step_back(self) -> None:
        """From the files to the jobs, from the jobs to the Library."""
        if self._files.has_focus:
            self._table.focus()
        else:
            self.app.switch_mode("library")

    def action_cancel(self) -> None:
        """Cancel jobs; what arrived stays, and R goes on."""
        self._steer(self.audiotui.manager.cancel_job, [job for job in self._table.subject if not job.state.is_final])

    def action_retry(self) -> None:
        """Try again what failed or was cancelled."""
        self._steer(self.audiotui.manager.retry_job, self._table.subject, needs_worker=True)

    def action_hold(self) -> None:
        """Hold jobs, or let them go on if the first of them is held."""
        jobs = self._table.subject
        held = [job for job in jobs if job.state == "held"]
        if held and jobs[0] is held[0]:
            self._steer(self.audiotui.manager.resume_job, held, needs_worker=True)
        else:
            self._steer(self.audiotui.manager.hold_job, [job for job in jobs if not job.state.is_final])

    def action_move(self, up: bool) -> None:
        """Run the job under the cursor earlier or later."""
        if (job := self._table.job) is not None:
            self._steer(partial(self.audiotui.manager.move_job, up=up), [job])

    def action_parallel(self, more: bool) -> None:
        """Twice or half as many files at a time."""
        if (job := self._table.job) is not None:
            at_once = job.parallel or USUAL_AT_ONCE
            wanted = min(MOST_AT_ONCE, 2 * at_once) if more else max(1, at_once // 2)
            limit = partial(self.audiotui.manager.set_job_limits, requests=wanted, bwlimit=job.bytes_per_s)
            self._steer(limit, [job])

    @opens_dialog
    @work(group="steer")
    async def action_limits(self) -> None:
        """Ask for the limits of the job under the cursor."""
        if (job := self._table.job) is not None:
            limits = await self.app.push_screen_wait(LimitsModal(job))
            if limits is not None:
                limit = partial(
                    self.audiotui.manager.set_job_limits, requests=limits.parallel, bwlimit=limits.bytes_per_s
                )
                self._steer(limit, [job])

    @work(group="steer")
    async def action_clear(self) -> None:
        """Clear all jobs that are over; what they moved stays where it is."""
        count = await self.attempt(self.audiotui.manager.forget_finished_jobs)
        if count is not None:
            self.audiotui.say(f"{things(count, 'job')} cleared" if count else "no job is over")
            self.audiotui.look_now()

    @opens_dialog
    def action_log(self) -> None:
        """Show what the worker process did."""
        from audiotui.tui.modals.log import LogModal

        self.app.push_screen(LogModal(self.audiotui.manager))

    @work(group="steer")
    async def _steer(
        self, act: Callable[[str], object], jobs: Sequence[JobInfo], *, needs_worker: bool = False
    ) -> None:
        """Do something to jobs; their lines show what came of it."""
        for job in jobs:
            if not await self.done(partial(act, job.id)):
                break
        if needs_worker:
            await self.done(self.audiotui.manager.start_worker)
        self.audiotui.look_now()

    def _offer_what_works(self) -> None:
        """Other jobs can do other things; so can the same ones later."""
        standing: list[object] = [
            (job.id, job.standing, job.wish, bool(job.failed_items)) for job in self._table.subject
        ]
        standing.append(any(job.state.is_final for job in self._jobs))
        if standing != self._standing:
            self._standing = standing
            self.refresh_bindings()
            self.show_hints()

    def _again_words(self) -> str:
        """What R does to the jobs: files that failed, or the whole of what was left lying."""
        return "retry failed" if any(job.failed_items for job in self._table.subject) else "go on"

    def _note_speed(self, bytes_s: float) -> None:
        now_ms = self.audiotui.now_ms()
        if now_ms - self._history_ms >= SPEED_EVERY_MS:
            self._history_ms = now_ms
            self._history.append(bytes_s)


def _can_go_on(job: JobInfo) -> bool:
    """Whether something of a job failed, or nobody works on it though there is something to do."""
    return bool(job.failed_items or job.wish) or not (job.is_live or job.state in {"done", "held"})
