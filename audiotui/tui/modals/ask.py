"""One line asked for: a new title, the tags to add, the number that a deletion wants to be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from audiotui.text import safe_text
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.text_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult


class AskModal(Sheet[str]):
    """Ends with the line that was typed; ``refuse`` says what is wrong with it, '' if nothing."""

    DEFAULT_CSS = """
    AskModal > .box { max-width: 76; }
    AskModal #ask-words { height: auto; }
    AskModal #ask-problem { height: auto; max-height: 8; color: $text-muted; margin-top: 1; }
    """

    def __init__(
        self,
        title: str,
        words: str,
        *,
        value: str = "",
        placeholder: str = "",
        refuse: Callable[[str], str] | None = None,
        say: Callable[[str], str] | None = None,
    ) -> None:
        """All texts may come from outside; ``say`` gives words below the line for what stands in it."""
        super().__init__()
        self._title = title
        self._words = words
        self._value = value
        self._placeholder = placeholder
        self._refuse = refuse or (lambda _: "")
        self._say = say or (lambda _: "")

    def compose(self) -> ComposeResult:
        """What is asked, the line, and what is to be said about it."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._title, limit=60))
            box.border_subtitle = "enter   esc leaves"
            yield Static(Content(safe_text(self._words, one_line=False, limit=2_000)), id="ask-words")
            yield SafeInput(self._value, placeholder=self._placeholder)
            yield Static("", id="ask-problem", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        line = self.query_one(SafeInput)
        line.focus()
        line.cursor_position = len(line.value)
        self._tell(self._say(self._value))

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._tell(self._say(message.value))

    @on(Input.Submitted)
    def _entered(self, message: Input.Submitted) -> None:
        problem = self._refuse(message.value)
        if problem:
            self._tell(problem)
        else:
            self.dismiss(message.value)

    def _tell(self, words: str) -> None:
        self.query_one("#ask-problem", Static).update(Content(safe_text(words, limit=1_000)))
