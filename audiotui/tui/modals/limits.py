"""How much of the line a job may use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from audiotui.text import safe_text
from audiotui.tui.keys import ACT
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.form import Asked, Form

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from audiotui.manager import JobInfo

MOST_AT_ONCE = 64

_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([kMG]?)B?(?:/s)?")
_UNITS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}

ASKED = (
    Asked("parallel", "At a time", f"files or parts, 1 to {MOST_AT_ONCE}; empty: found out by itself"),
    Asked("rate", "Bytes a second", "such as 500k or 2.5M; empty: as fast as it goes"),
)


class Limits(NamedTuple):
    """What a job may use; None is no limit."""

    parallel: int | None
    bytes_per_s: int | None


class LimitsModal(Sheet[Limits]):
    """Ends with the limits."""

    DEFAULT_CSS = """
    LimitsModal > .box { max-width: 70; }
    LimitsModal Form { height: auto; background: $surface; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "accept", "set", id="limits.set", tooltip="Set the limits", group=ACT, priority=True),
    ]

    def __init__(self, job: JobInfo) -> None:
        super().__init__()
        values = {"parallel": str(job.parallel or ""), "rate": str(job.bytes_per_s or "")}
        self._form = Form(f"Limits of {job.title}", ASKED, values)

    def compose(self) -> ComposeResult:
        """Two fields."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text("Limits"))
            box.border_subtitle = "enter sets   esc leaves"
            yield self._form

    def on_mount(self) -> None:
        """The first field."""
        self._form.focus_first()

    def action_accept(self) -> None:
        """Take what was typed, if it makes sense."""
        limits, problems = read_limits(self._form.values)
        self._form.show_problems(problems, whole=True)
        if not problems:
            self.dismiss(limits)

    @on(Form.Changed)
    def _typed(self) -> None:
        self._form.show_problems(read_limits(self._form.values)[1], whole=False)


def read_limits(values: dict[str, str]) -> tuple[Limits, dict[str, str]]:
    """The limits that were typed, and what is wrong with them by field."""
    problems: dict[str, str] = {}
    parallel, bytes_per_s = None, None
    if text := values["parallel"].strip():
        parallel = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_AT_ONCE)) else 0
        if not 1 <= parallel <= MOST_AT_ONCE:
            problems["parallel"] = f"Give a number from 1 to {MOST_AT_ONCE}, or nothing."
    if text := values["rate"].strip():
        match = _RATE.fullmatch(text)
        bytes_per_s = round(float(match[1]) * _UNITS[match[2]]) if match else 0
        if bytes_per_s < 1:
            problems["rate"] = "Give a number with k, M or G, such as 2.5M, or nothing."
    return Limits(parallel, bytes_per_s), problems
