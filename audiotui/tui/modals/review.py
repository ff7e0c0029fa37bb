"""What an edit of several recordings would change, line by line, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from audiotui.text import safe_text
from audiotui.tui.keys import ACT
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.answer_button import AnswerButton
from audiotui.tui.widgets.text_pane import Part, TextPane
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from audiotui.tui.editor_text import FieldChange

SHOWN = 500
"""Changes that are listed; more of them are only counted."""


class ReviewModal(Sheet[bool]):
    """Ends with True if it should be done."""

    DEFAULT_CSS = """
    ReviewModal > .box { height: 90%; }
    ReviewModal TextPane { height: 1fr; background: $surface; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "accept", "yes", id="review.yes", tooltip="Change them", group=ACT),
    ]

    def __init__(self, changes: Sequence[FieldChange]) -> None:
        super().__init__()
        self._changes = changes

    def compose(self) -> ComposeResult:
        """The changes and two buttons."""
        count = things(len({change.uid for change in self._changes}))
        with Vertical(classes="box") as box:
            box.border_title = f"Change {count}?"
            box.border_subtitle = "y: change them   tab: read them all   esc: leave them as they are"
            yield TextPane(id="changes")
            with Horizontal(classes="buttons"):
                yield AnswerButton("Cancel", id="cancel")
                yield AnswerButton(f"Change {count}", id="go")

    def on_mount(self) -> None:
        """It can be undone, so the button has the focus."""
        self.query_one(TextPane).show_parts(lines_of(self._changes))
        self.query_one("#go").focus()

    def action_accept(self) -> None:
        """Do it."""
        self.dismiss(True)

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        self.dismiss(True if message.button.id == "go" else None)


def lines_of(changes: Sequence[FieldChange]) -> list[Part]:
    """Each recording with its changed fields, before and after."""
    parts: list[Part] = []
    last = ""
    for change in changes[:SHOWN]:
        if change.uid != last:
            parts.append((f"{safe_text(change.label, limit=80)}   #{change.uid[:8]}\n", "bold"))
            last = change.uid
        for sign, value, style in (("-", change.before, "$text-error"), ("+", change.after, "$text-success")):
            shown = value if isinstance(value, str) else repr(value) if value is not None else ""
            parts.append((f"  {sign} {change.field}: {safe_text(shown, limit=300)}\n", style))
    if len(changes) > SHOWN:
        parts.append((f"… and {things(len(changes) - SHOWN, 'change')} more\n", "dim"))
    return parts
