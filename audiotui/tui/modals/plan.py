"""The plan sheet of a push or pull: what would move, what is there already, what cannot be done and why.

The plan is made in a thread, because it looks at the locations. Destination and selection are fixed when the job is
queued; the worker process runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, LoadingIndicator, Static

from audiotui.errors import AudiotuiError
from audiotui.text import format_bytes, format_count, safe_text
from audiotui.tui.modals.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, TransferPlan

PROBLEMS_SHOWN = 5


class PlanModal(Sheet[str]):
    """Ends with one line about the queued job."""

    DEFAULT_CSS = """
    PlanModal > .box { max-width: 76; }
    PlanModal LoadingIndicator { height: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "app.focus_previous", "Previous", id="plan.previous", show=False),
        Binding("right,l", "app.focus_next", "Next", id="plan.next", show=False),
        Binding("tab", "app.focus_next", "Next", id="plan.tab", show=False),
        Binding("t", "other_place", "other place", id="plan.other", tooltip="Choose another location"),
    ]

    def __init__(self, manager: AudioManager, verb: str, subject: Sequence[int]) -> None:
        """``verb`` is ``push`` or ``pull``; ``subject`` are row ids."""
        super().__init__()
        self._manager = manager
        self._verb = verb
        self._subject = subject
        self._plan: TransferPlan | None = None
        self._places = [place.name for place in manager.locations() if place.ready and place.name != "local"]
        self._place: str | None = None

    def compose(self) -> ComposeResult:
        """What would move, and two buttons; the safe one has the focus until the plan is there."""
        arrow = "↑ Push" if self._verb == "push" else "↓ Pull"
        with Vertical(classes="box") as box:
            box.border_title = "Plan"
            yield Static(Content.assemble((f"{arrow} {_things(len(self._subject))}", "bold")), id="title")
            yield LoadingIndicator()
            yield Static("looking at what is there…", id="plan", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel")
                yield Button("…", id="go", variant="primary", disabled=True)

    def on_mount(self) -> None:
        """Make the plan at once."""
        self.query_one("#cancel").focus()
        self._make_plan()

    @work(thread=True, exclusive=True, group="plan", exit_on_error=False, description="plan")
    def _make_plan(self) -> None:
        try:
            if self._verb == "push":
                plan = self._manager.plan_push(self._subject, self._place)
            else:
                plan = self._manager.plan_pull(self._subject, self._place)
        except AudiotuiError as error:
            self.app.call_from_thread(self._show_error, error)
        else:
            self.app.call_from_thread(self._show_plan, plan)

    def action_other_place(self) -> None:
        """Plan for the next location."""
        if len(self._places) > 1 and self._plan is not None:
            current = self._plan.destination if self._verb == "push" else self._plan.source
            at = self._places.index(current) if current in self._places else -1
            self._place = self._places[(at + 1) % len(self._places)]
            self._make_plan()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        self.query_one("#go", Button).disabled = True
        self._queue()

    @work(thread=True, group="queue", exit_on_error=False, description="queue")
    def _queue(self) -> None:
        assert self._plan is not None  # noqa: S101 - the button is enabled by the plan
        try:
            job_id = self._manager.queue(self._plan)
            self._manager.start_worker()
        except AudiotuiError as error:
            self.app.call_from_thread(self._show_error, error)
        else:
            self.app.call_from_thread(self.dismiss, f"{self._verb} {job_id} queued")

    def _show_plan(self, plan: TransferPlan) -> None:
        self._plan = plan
        self.query_one(LoadingIndicator).display = False
        self.query_one("#plan", Static).update(Content.assemble(*describe(plan, can_change=len(self._places) > 1)))
        go = self.query_one("#go", Button)
        sends = plan.send_count
        go.label = Content(f"{self._verb.capitalize()} {_files(sends)}, {format_bytes(plan.send_bytes)}")
        go.disabled = sends == 0
        if sends:
            go.focus()

    def _show_error(self, error: AudiotuiError) -> None:
        self.query_one(LoadingIndicator).display = False
        self.query_one("#plan", Static).update(Content(safe_text(str(error), one_line=False)))


def describe(plan: TransferPlan, *, can_change: bool) -> list[tuple[str, str]]:
    """The plan in lines: way, counts, reasons."""
    change = "   (t: another location)" if can_change else ""
    parts: list[tuple[str, str]] = [
        (f"{safe_text(plan.source)} → {safe_text(plan.destination)}", "bold $accent"),
        (f"{change}\n\n", "$text-muted"),
    ]
    for count, size, what, style in (
        (plan.send_count, plan.send_bytes, "to send", ""),
        (plan.skip_count, plan.skip_bytes, "there already, same bytes: skipped", "$text-muted"),
        (plan.damaged_count, plan.damaged_bytes, "there, but damaged: left as it is, never overwritten", "$warning"),
    ):
        if count:
            parts.append((f"{format_count(count):>9}  {format_bytes(size):>9}  {what}\n", style))
    if plan.problems:
        parts.append((f"{format_count(len(plan.problems)):>9}             cannot be done:\n", "$error"))
        shown = plan.problems[:PROBLEMS_SHOWN]
        parts += [(f"    {safe_text(str(problem), limit=300)}\n", "$text-muted") for problem in shown]
    parts.append(("\nEvery file is proven by its SHA-256 after the copy; nothing is ever overwritten.", "$text-muted"))
    return parts


def _things(count: int) -> str:
    return "1 recording" if count == 1 else f"{format_count(count)} recordings"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{format_count(count)} files"
