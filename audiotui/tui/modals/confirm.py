"""A question before something that cannot be taken back, or the ways out of something that cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from audiotui.text import safe_text
from audiotui.tui.keys import ACT, MOVE
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.answer_button import AnswerButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

CANCEL = "cancel"


class ConfirmModal(Sheet[str]):
    """Ends with the answer of a button; the safe one has the focus, and ``y`` is the first of the others."""

    DEFAULT_CSS = """
    ConfirmModal > .box { max-width: 70; }
    ConfirmModal VerticalScroll { height: auto; max-height: 14; }
    ConfirmModal #question { height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "accept", "yes", id="confirm.yes", tooltip="Do it", group=ACT),
        Binding("left,h", "app.focus_previous", "previous button", id="confirm.previous", group=MOVE, show=False),
        Binding("right,l", "app.focus_next", "next button", id="confirm.next", group=MOVE, show=False),
    ]

    def __init__(
        self, title: str, question: str, answers: Sequence[tuple[str, str]], *, cancel: str = "Cancel"
    ) -> None:
        """``answers`` are answers with the words on their buttons; all texts may come from outside."""
        super().__init__()
        self._title = title
        self._question = question
        self._answers = answers
        self._cancel = cancel

    def compose(self) -> ComposeResult:
        """The question and the buttons."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._title, limit=60))
            box.border_subtitle = Content(self._ways_out)
            with VerticalScroll(can_focus=False):
                yield Static(Content(safe_text(self._question, one_line=False, limit=4_000)), id="question")
            with Horizontal(classes="buttons"):
                yield AnswerButton(safe_text(self._cancel, limit=60), id=CANCEL)
                for answer, words in self._answers:
                    yield AnswerButton(safe_text(words, limit=60), id=f"answer-{answer}")

    def on_mount(self) -> None:
        """The safe button first."""
        self.query_one(f"#{CANCEL}").focus()

    @property
    def _ways_out(self) -> str:
        """The keys that answer."""
        if not self._answers:
            return "esc closes"
        return f"y: {safe_text(self._answers[0][1], limit=30)}   ← → enter   esc: {self._cancel}"

    def action_accept(self) -> None:
        """Take the first answer."""
        if self._answers:
            self.dismiss(self._answers[0][0])

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        answer = (message.button.id or "").removeprefix("answer-")
        self.dismiss(None if answer == CANCEL else answer)
