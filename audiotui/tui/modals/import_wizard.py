"""Importing in four steps: source, check, who and where, run. Nothing is written before the last one.

It is the same import as ``audiotui import``: the check is its dry run.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from audiotui.errors import AudiotuiError
from audiotui.text import format_bytes, format_count, safe_text
from audiotui.tui.import_words import (
    SOURCE,
    WHO,
    lines_of,
    outcome_parts,
    source_problems,
    summary_parts,
    template_of,
)
from audiotui.tui.keys import ACT, MOVE
from audiotui.tui.modals.confirm import ConfirmModal
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.summary import percent
from audiotui.tui.widgets.answer_button import AnswerButton
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.form import Form
from audiotui.tui.widgets.import_list import ImportList
from audiotui.tui.widgets.text_pane import TextPane
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, BulkProgress, ImportReport
    from audiotui.tui.widgets.text_pane import Part

STEPS = ("Source", "Check", "Who & where", "Run")
SOURCE_STEP, CHECK_STEP, WHO_STEP, RUN_STEP = range(4)

RUNNING = "An import is running: it stops after the files it is at. What it added stays; the rest is not imported."


@dataclass
class Gone(Message):
    """How far an import is; sent from the thread that runs it."""

    progress: BulkProgress


class ImportWizard(Sheet[bool]):
    """Ends with True if something was imported."""

    DEFAULT_CSS = """
    ImportWizard > .box { height: 100%; max-width: 100; padding: 0 1; }
    ImportWizard #steps { height: 2; }
    ImportWizard .step { display: none; height: 1fr; }
    ImportWizard .step.-shown { display: block; }
    ImportWizard #found { height: auto; padding: 0 0 1 0; }
    ImportWizard Form { background: $surface; padding: 0; }
    ImportWizard ImportList { background: $surface; }
    ImportWizard TextPane { background: $surface; height: 1fr; }
    ImportWizard #why { height: 2; color: $text-muted; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "next", id="import.next", tooltip="Go on to the next step", group=ACT),
        Binding("right", "next", "next", id="import.right", group=MOVE, show=False),
        Binding("left", "back", "back", id="import.back", tooltip="Back to the step before", group=MOVE),
    ]

    def __init__(self, manager: AudioManager, start: str = "") -> None:
        """``start`` is a folder or file to begin with."""
        super().__init__()
        self._manager = manager
        self._step = SOURCE_STEP
        self._cancel = threading.Event()
        self._is_running = False
        self._report: ImportReport | None = None
        self._source = Form("What shall be imported?", SOURCE, {"path": start})
        self._list = ImportList()
        self._who = Form("What do they have in common?", WHO, {})
        self._outcome = TextPane()

    def compose(self) -> ComposeResult:
        """All four steps, of which one is shown."""
        with Vertical(classes="box") as box:
            box.border_title = "Import"
            yield Static("", id="steps", markup=False)
            yield Container(self._source, classes="step", id="step-0")
            with Vertical(classes="step", id="step-1"):
                yield Static("", id="found", markup=False)
                yield self._list
                yield Static("", id="why", markup=False)
            yield Container(self._who, classes="step", id="step-2")
            yield Container(self._outcome, classes="step", id="step-3")
            with Horizontal(classes="buttons"):
                yield AnswerButton("Cancel", id="cancel")
                yield AnswerButton("Back", id="back")
                yield AnswerButton("Next", id="next")

    def on_mount(self) -> None:
        """The first step."""
        self._show_step(SOURCE_STEP)

    def on_unmount(self) -> None:
        """Nobody waits for what runs; what it added so far stays."""
        self._cancel.set()

    @property
    def unfinished(self) -> str:
        """An import that adds recordings now, or what was typed and left out for one."""
        if self._step == RUN_STEP:
            return RUNNING if self._is_running else ""
        changed, left_out = self._who.changed_labels, len(self._list.marks)
        said = [f"Filled in: {', '.join(changed)}."] if changed else []
        said += [f"Left out: {things(left_out, 'file')}."] if left_out else []
        return " ".join(["The import was not begun.", *said]) if said else ""

    def give_up(self) -> None:
        """Stop what runs."""
        self._cancel.set()

    def action_leave(self) -> None:
        """Stop what runs; else leave, which loses nothing without a question."""
        if self._is_running and not self._cancel.is_set():
            self._cancel.set()
            self._say_found([("stopping…", "$text-warning")])
        elif self._step < RUN_STEP and self.unfinished and not self._is_running:
            self._ask_to_leave()
        elif not self._is_running:
            did = self._report is not None and bool(self._report.added or self._report.given_back)
            self.dismiss(self._step == RUN_STEP and did)

    @work(exclusive=True, group="leave")
    async def _ask_to_leave(self) -> None:
        modal = ConfirmModal("Leave the import?", self.unfinished, (("leave", "Throw away"),), cancel="Go on")
        if await self.app.push_screen_wait(modal) == "leave":
            self.dismiss(False)

    def action_back(self) -> None:
        """One step back, as long as nothing was written."""
        if not self._is_running and SOURCE_STEP < self._step < RUN_STEP:
            self._show_step(self._step - 1)

    @work(exclusive=True, group="next")
    async def action_next(self) -> None:
        """Go on, if nothing is wrong with what stands here."""
        if self._is_running:
            return
        if self._step == SOURCE_STEP:
            values = self._source.values
            problems = await asyncio.to_thread(source_problems, values)
            self._source.show_problems(problems, whole=True)
            if not problems:
                self._show_step(CHECK_STEP)
                self._check(values)
        elif self._step == CHECK_STEP and self._chosen():
            self._show_step(WHO_STEP)
        elif self._step == WHO_STEP:
            values = self._who.values
            template, problems = await asyncio.to_thread(template_of, self._manager, values)
            self._who.show_problems(problems, whole=True)
            if template is not None:
                self._show_step(RUN_STEP)
                self._run(partial(self._manager.import_paths, self._chosen(), template=template, **self._how()))
        elif self._step == RUN_STEP:
            self.action_leave()

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "cancel":
            self.action_leave()
        elif message.button.id == "back":
            self.action_back()
        else:
            self.action_next()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_next()

    @on(ImportList.Chosen)
    def _list_entered(self) -> None:
        self.action_next()

    @on(ImportList.Moved)
    @on(ImportList.Marked)
    def _line_changed(self) -> None:
        line = self._list.current
        words = f"{line.path}{': ' + line.why if line.why else ''}" if line is not None else ""
        left_out = f"{format_count(len(self._list.marks))} left out   " if self._list.marks else ""
        self.query_one("#why", Static).update(Content(left_out + safe_text(words, limit=600)))

    @on(Form.Changed)
    @work(exclusive=True, group="problems")
    async def _typed(self) -> None:
        if self._step == SOURCE_STEP:
            problems = await asyncio.to_thread(source_problems, self._source.values)
            self._source.show_problems(problems, whole=False)
        elif self._step == WHO_STEP:
            _, problems = await asyncio.to_thread(template_of, self._manager, self._who.values)
            self._who.show_problems(problems, whole=False)

    @on(Gone)
    def _gone(self, message: Gone) -> None:
        if self._is_running:
            self._say_found(progress_parts(message.progress, self.query_one("#steps").size.width))

    @work(exclusive=True, group="run")
    async def _check(self, values: Mapping[str, str]) -> None:
        """The dry run: reads everything and writes nothing."""
        self._list.show([])
        report = await self._carried_out(
            partial(self._manager.import_paths, [_path(values)], dry_run=True, **self._how())
        )
        if report is not None:
            self._list.show(lines_of(report))
            self._list.focus()
            self._say_found(summary_parts(report))

    @work(exclusive=True, group="run")
    async def _run(self, act: partial[ImportReport]) -> None:
        self._outcome.focus()
        report = await self._carried_out(act)
        if report is not None:
            self._report = report
            self._outcome.show_parts(outcome_parts(report))

    async def _carried_out(self, act: partial[ImportReport]) -> ImportReport | None:
        """An import in a thread, with its progress on the screen; None if it was stopped or could not begin."""
        self._cancel = threading.Event()
        self._is_running = True
        self._show_ways()
        self._say_found([("looking for files…", "dim")])
        try:
            report: ImportReport | None = await asyncio.to_thread(act, listener=self._listen, cancel=self._cancel)
        except AudiotuiError as error:
            self._say_found([(f"✗ {safe_text(str(error), limit=1_000)}", "$text-error")])
            report = None
        finally:
            self._is_running = False
        self._show_ways()
        if report is not None and report.cancelled and report.dry_run:
            self._show_step(SOURCE_STEP)
            return None
        return report

    def _listen(self, progress: BulkProgress) -> None:
        self.post_message(Gone(progress))

    def _chosen(self) -> list[Path]:
        """What is to be imported: the source as a whole, or its files without those that were left out."""
        if not self._list.marks:
            return [_path(self._source.values)] if any(line.is_wanted for line in self._list.lines) else []
        return [line.path for line in self._list.lines if line.is_wanted and line.key not in self._list.marks]

    def _how(self) -> dict[str, Any]:
        values = self._source.values
        names = ("recursive", "keep_transcripts", "in_place", "move")
        return {name: (values[name] or ("true" if name == "recursive" else "false")) == "true" for name in names}

    def _say_found(self, parts: Sequence[Part]) -> None:
        if self._step == RUN_STEP:
            self._outcome.show_parts(parts)
        else:
            self.query_one("#found", Static).update(Content.assemble(*parts))

    def _show_step(self, step: int) -> None:
        self._step = step
        parts: list[Part] = []
        for number, title in enumerate(STEPS):
            done = "✓ " if number < step else ""
            shown = f"[{number + 1} {title}]" if number == step else f"{done}{number + 1} {title}"
            parts += [(shown, "bold $text-primary" if number == step else "dim"), ("   ", "")]
        self.query_one("#steps", Static).update(Content.assemble(*parts))
        for number in range(len(STEPS)):
            self.query_one(f"#step-{number}").set_class(number == step, "-shown")
        self._show_ways()
        if step == SOURCE_STEP:
            self._source.focus_first()
        elif step == WHO_STEP:
            self._who.focus_first()
        elif step == CHECK_STEP:
            self._list.focus()

    def _show_ways(self) -> None:
        """The keys and buttons that do something now."""
        is_last = self._step == RUN_STEP
        ways = ["esc stops"] if self._is_running else ["enter closes"] if is_last else ["enter next", "esc leaves"]
        if self._step == CHECK_STEP and not self._is_running:
            ways.insert(0, "space leaves out")
        if not is_last:
            ways.insert(0, "nothing is written yet")
        self.query_one(".box").border_subtitle = "   ".join(ways)
        cancel, back, following = (self.query_one(f"#{name}", Button) for name in ("cancel", "back", "next"))
        cancel.label = "Stop" if self._is_running else "Cancel"
        cancel.disabled = is_last and not self._is_running
        back.disabled = self._is_running or self._step in {SOURCE_STEP, RUN_STEP}
        following.label = "Close" if is_last else "Import" if self._step == WHO_STEP else "Next"
        following.disabled = self._is_running


def progress_parts(progress: BulkProgress, width: int) -> list[Part]:
    """How far it is, in two lines."""
    share = progress.done_bytes / progress.total_bytes if progress.total_bytes else 0.0
    counts = f"{format_count(progress.done_items)} of {format_count(progress.total_items)} files"
    sizes = f"{format_bytes(progress.done_bytes)} of {format_bytes(progress.total_bytes)}"
    name = safe_text(progress.name, limit=80)
    line = bar(share, max(10, min(60, width - 8)))
    return [(f"{counts}   {sizes}\n", "bold"), (f"{line} {percent(share):>4}\n", "$text-accent"), (f"{name}\n", "dim")]


def _path(values: Mapping[str, str]) -> Path:
    return Path(values["path"].strip()).expanduser()
