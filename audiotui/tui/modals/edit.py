"""Editing one recording, or what several have in common: a form over the mode."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from audiotui.errors import AudiotuiError
from audiotui.text import safe_text
from audiotui.tui.keys import ACT
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.recording_fields import ONE, SEVERAL, as_texts, as_values, common_texts, differing, problems
from audiotui.tui.widgets.form import Form
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from audiotui.model import Recording

    Save = Callable[[dict[str, Any]], object]


class EditModal(Sheet[int]):
    """Ends with the number of fields that were saved; ``save`` is called with them, in a thread."""

    DEFAULT_CSS = """
    EditModal > .box { height: 90%; max-height: 30; padding: 0 1; }
    EditModal Form { height: 1fr; background: $surface; }
    EditModal #edit-status { height: 1; padding: 0 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", id="record.save", tooltip="Save", group=ACT, priority=True),
        Binding("escape", "step_back", "leave", id="record.leave", tooltip="Leave without saving", group=ACT),
    ]

    def __init__(self, recordings: Sequence[Recording], save: Save) -> None:
        super().__init__()
        self._recordings = recordings
        self._save = save
        self._asks = False

    def compose(self) -> ComposeResult:
        """The form, and what is to be said of it."""
        first = self._recordings[0]
        if len(self._recordings) == 1:
            self._form = Form(first.label, ONE, as_texts(first))
        else:
            odd = differing(self._recordings)
            asked = [one._replace(help="(several values; empty: left as they are)") if one.name in odd else one
                     for one in SEVERAL]  # fmt: skip
            self._form = Form(f"{things(len(self._recordings))}", asked, common_texts(self._recordings))
        with Vertical(classes="box") as box:
            box.border_title = "Edit"
            box.border_subtitle = "ctrl+s saves   tab next field   esc leaves"
            yield self._form
            yield Static("", id="edit-status", markup=False)

    def on_mount(self) -> None:
        """The first field has the cursor."""
        self._form.focus_first()

    @on(Form.Changed)
    def _changed(self) -> None:
        self._asks = False
        self._form.show_problems(problems(self._form.values), whole=True)
        names = ", ".join(self._form.changed_labels)
        self._say(f"● {things(len(self._form.changed), 'change')} not saved: {names}" if names else "", "$text-warning")

    def action_step_back(self) -> None:
        """Leave; what was typed is thrown away only by a second time."""
        if self._form.changed and not self._asks:
            self._asks = True
            self._say(
                f"{things(len(self._form.changed), 'change')} not saved. esc again throws it away.", "$text-warning"
            )
        else:
            self.dismiss(None)

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        """Save what was changed."""
        changed = self._form.changed
        wrong = problems(self._form.values)
        if wrong:
            self._form.focus_field(next(iter(wrong)))
        elif not changed:
            self.dismiss(None)
        else:
            try:
                await asyncio.to_thread(self._save, as_values(changed))
            except AudiotuiError as error:
                self._say(str(error), "$text-error")
            else:
                self.dismiss(len(changed))

    def _say(self, words: str, style: str) -> None:
        self.query_one("#edit-status", Static).update(Content.assemble((safe_text(words, limit=500), style)))
