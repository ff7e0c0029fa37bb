"""One of a few things, each with its letter on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from audiotui.text import safe_text
from audiotui.tui.modals.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult


class Choice(NamedTuple):
    """A thing to choose."""

    answer: str
    letter: str
    words: str


class ChoiceModal(Sheet[str]):
    """Ends with the answer that was chosen."""

    DEFAULT_CSS = """
    ChoiceModal > .box { max-width: 50; }
    ChoiceModal OptionList, ChoiceModal OptionList:focus {
        height: auto; max-height: 16; border: none; background: $surface; padding: 0;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move('cursor_down')", "down", id="choice.down", show=False),
        Binding("k", "move('cursor_up')", "up", id="choice.up", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], *, opens_form: bool = False) -> None:
        """``opens_form``: each answer opens a form, and keys behind it are for that."""
        super().__init__()
        self._opens_form = opens_form
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """One line for each choice."""
        with Vertical(classes="box") as box:
            box.border_title = Content(safe_text(self._title, limit=60))
            box.border_subtitle = "letter or enter"
            yield OptionList(
                *(Option(Content.assemble((f"{one.letter}  ", "bold"), safe_text(one.words))) for one in self._choices),
                markup=False,
            )

    def leads_on(self, event: events.Key) -> bool:
        """A letter of a choice, or enter on one."""
        if not self._opens_form or not self.is_current:
            return False
        is_on_one = self.query_one(OptionList).highlighted is not None
        return any(event.character == one.letter for one in self._choices) or (event.key == "enter" and is_on_one)

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        for one in self._choices:
            if event.character == one.letter:
                event.stop()
                self.dismiss(one.answer)

    def action_move(self, action: str) -> None:
        """Move the cursor as vim does."""
        getattr(self.query_one(OptionList), f"action_{action}")()

    @on(OptionList.OptionSelected)
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[message.option_index].answer)
