"""The plan sheet of a push or pull: what would move, what is there already, what cannot be done and why.

The plan is made in a thread, because it looks at the locations. Destination and selection are fixed when the job is
queued; the worker process runs it. What differs at the destination is skipped, or repaired if the person says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from audiotui.errors import AudiotuiError
from audiotui.model import LOCAL
from audiotui.text import format_bytes, format_count, safe_text
from audiotui.tui.keys import ACT, MOVE
from audiotui.tui.mending import ToRepair
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.answer_button import AnswerButton
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, TransferPlan
    from audiotui.tui.widgets.text_pane import Part

PROBLEMS_SHOWN = 5

DAMAGED = "damaged"
"""The plan's word for what differs at the destination."""

PROMISE = (
    "Every file is compared with its SHA-256 before it counts; nothing is ever overwritten, and what is on this disk "
    "stays. The job goes on when the app is left; where it goes is fixed when it is queued."
)


class Planned(NamedTuple):
    """What a person decided."""

    queued: str
    """One line about the queued job, '' if there is none."""
    to_repair: ToRepair | None


class PlanModal(Sheet[Planned]):
    """Ends with what was queued and what shall be repaired."""

    DEFAULT_CSS = """
    PlanModal > .box { max-width: 78; }
    PlanModal VerticalScroll { height: auto; max-height: 14; }
    PlanModal #plan { height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "app.focus_previous", "previous button", id="plan.previous", group=MOVE, show=False),
        Binding("right,l", "app.focus_next", "next button", id="plan.next", group=MOVE, show=False),
        Binding("t", "other_place", "other location", id="plan.other", tooltip="Another location", group=ACT),
        Binding("r", "repair", "repair", id="plan.repair", tooltip="Repair what differs, or skip it", group=ACT),
    ]

    def __init__(self, manager: AudioManager, verb: str, subject: Sequence[int]) -> None:
        """``verb`` is ``push`` or ``pull``; ``subject`` are row ids."""
        super().__init__()
        self._manager = manager
        self._verb = verb
        self._subject = subject
        self._plan: TransferPlan | None = None
        self._repairs = False
        self._places = places_for(verb, manager)
        self._chosen = 0

    def compose(self) -> ComposeResult:
        """What would move, and two buttons; the safe one has the focus until the plan is there."""
        with Vertical(classes="box") as box:
            box.border_title = "Plan"
            box.border_subtitle = "← → enter   esc leaves"
            yield Static("", id="way", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static("", id="plan", markup=False)
            with Horizontal(classes="buttons"):
                yield AnswerButton("Cancel", id="cancel")
                yield AnswerButton("…", id="go", disabled=True)

    def on_mount(self) -> None:
        """Make the plan at once."""
        self.query_one("#cancel").focus()
        self._make_plan()

    def action_other_place(self) -> None:
        """Plan for the next location."""
        if len(self._places) > 1:
            self._chosen = (self._chosen + 1) % len(self._places)
            self._make_plan()

    def action_repair(self) -> None:
        """Repair what differs there; a second time: skip it."""
        if self._plan is not None and self._plan.damaged_count:
            self._repairs = not self._repairs
            self._show_plan(self._plan)

    @work(exclusive=True, group="plan")
    async def _make_plan(self) -> None:
        place = self._places[self._chosen] if self._places else None
        self._plan = None
        self._show_way(place)
        self._say([("Looking at what is there…", "dim")])
        self.query_one("#go", Button).disabled = True
        make = self._manager.plan_push if self._verb == "push" else self._manager.plan_pull
        try:
            plan = await asyncio.to_thread(make, self._subject, place)
        except AudiotuiError as error:
            self._say_error(error)
        else:
            self._show_plan(plan)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#go")
    @work(exclusive=True, group="queue")
    async def _queue(self) -> None:
        if self._plan is None:
            return
        self.query_one("#go", Button).disabled = True
        plan = self._plan
        try:
            if plan.send_count:
                await asyncio.to_thread(self._manager.queue, plan)
                await asyncio.to_thread(self._manager.start_worker)
            to_repair = await asyncio.to_thread(damaged_in, plan) if self._repairs else None
        except AudiotuiError as error:
            self._say_error(error)
        else:
            queued = f"{plan.title}: queued. 3 shows how far it is." if plan.send_count else ""
            self.dismiss(Planned(queued, to_repair))

    def _show_way(self, place: str | None) -> None:
        there = safe_text(place or ("?" if self._verb == "push" else "the best copies"), limit=60)
        way = f"{LOCAL} → {there}" if self._verb == "push" else f"{there} → {LOCAL}"
        arrow = "↑ PUSH" if self._verb == "push" else "↓ PULL"
        change = f"   t: another location ({self._chosen + 1} of {len(self._places)})" if len(self._places) > 1 else ""
        parts = ((f"{arrow} {things(len(self._subject))}   {way}", "bold $text-accent"), (change, "dim"))
        self.query_one("#way", Static).update(Content.assemble(*parts))

    def _show_plan(self, plan: TransferPlan) -> None:
        self._plan = plan
        repairs = plan.damaged_count if self._repairs else 0
        self._say(describe(plan, repairs=self._repairs))
        sends = f"{self._verb} {things(plan.send_count, 'file')}, {format_bytes(plan.send_bytes)}"
        mends = f"repair {things(repairs, 'file')}"
        label = " and ".join([*([sends] if plan.send_count or not repairs else []), *([mends] if repairs else [])])
        go = self.query_one("#go", Button)
        go.disabled = not plan.send_count and not repairs
        go.label = Content(f"Nothing to {self._verb}" if go.disabled else label[:1].upper() + label[1:])
        go.refresh(layout=True)
        if not go.disabled:
            go.focus()

    def _say(self, parts: Sequence[Part]) -> None:
        self.query_one("#plan", Static).update(Content.assemble("\n", *parts))

    def _say_error(self, error: AudiotuiError) -> None:
        self._say([(safe_text(error.message, one_line=False) + "\n", "$text-error"), (safe_text(error.hint), "")])


def places_for(verb: str, manager: AudioManager) -> list[str | None]:
    """Where a push may go, the default first; where a pull may come from, the best copies first."""
    others = [place for place in manager.locations() if place.ready and place.name != LOCAL]
    names = [place.name for place in sorted(others, key=lambda place: not place.default)]
    return [None, *names] if verb == "pull" else list(names)


def damaged_in(plan: TransferPlan) -> ToRepair:
    """What differs at the destination of a plan."""
    uids = {file.item.recording_uid: None for file in plan.troubled if file.action == DAMAGED}
    return ToRepair(list(uids), plan.destination)


def describe(plan: TransferPlan, *, repairs: bool = False) -> list[Part]:
    """The plan in lines: how many of what, then what cannot be done and why."""
    parts: list[Part] = []
    tallies = {str(action): tally for action, tally in plan.counts.items()}
    impossible = tallies["impossible"].files if "impossible" in tallies else 0
    for count, size, what, style in (
        (plan.send_count, plan.send_bytes, "to send", "bold"),
        (plan.skip_count, plan.skip_bytes, "there already, same bytes", "dim"),
        (
            plan.damaged_count,
            plan.damaged_bytes,
            f"there, but damaged: {'REPAIR; r: skip' if repairs else 'SKIP; r: repair'}",
            "$text-warning",
        ),
        (impossible, None, "cannot be done", "$text-error"),
    ):
        if count:
            shown = format_bytes(size) if size is not None else ""
            parts.append(
                (f"{format_count(count):>9} {'file ' if count == 1 else 'files'} {shown:>8}   {what}\n", style)
            )
    if not any(tally.files for tally in plan.counts.values()):
        parts.append(("These recordings have no files.\n", "dim"))
    parts += [(f"          {safe_text(problem, limit=300)}\n", "dim") for problem in plan.problems[:PROBLEMS_SHOWN]]
    if len(plan.problems) > PROBLEMS_SHOWN:
        parts.append((f"          … and {format_count(len(plan.problems) - PROBLEMS_SHOWN)} more\n", "dim"))
    return [*parts, (f"\n{PROMISE}", "dim")]
