"""A form: one thing a line, checked while it is typed, with what is wrong right below it.

A form knows texts alone. What they mean, what is wrong with them and what saving does is the screen's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Checkbox, Input, Static, TextArea

from audiotui.text import safe_text
from audiotui.tui.widgets.text_area import SafeTextArea
from audiotui.tui.widgets.text_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

LABEL_CELLS = 14


class Asked(NamedTuple):
    """One thing that a form asks for."""

    name: str
    label: str
    help: str = ""
    """What stands in the field while it is empty."""
    required: bool = False
    lines: int = 1
    fixed: bool = False
    """Shown, but not to be changed."""
    flag: bool = False
    """Yes or no; as text ``true`` or ``false``."""
    default: str = ""
    """What a flag shows where nothing is given."""


class Form(VerticalScroll, can_focus=False):
    """Labels with inputs; ``Changed`` tells of every key."""

    DEFAULT_CSS = """
    Form { height: 1fr; padding: 0 1; background: $background; }
    Form .line { height: auto; }
    Form .label { height: 1; color: $text-muted; }
    Form .fixed { width: 1fr; height: 1; padding: 0 1; text-wrap: nowrap; }
    Form SafeInput { width: 1fr; }
    Form SafeTextArea { width: 1fr; }
    Form Flag { width: 1fr; background: transparent; padding: 0; }
    Form .problem { display: none; height: auto; color: $text-error; padding: 0 0 0 3; }
    Form .problem.-shown { display: block; }
    Form #form-title { height: auto; text-style: bold; padding: 0 0 1 0; }
    """

    @dataclass
    class Changed(Message):
        """Something was typed."""

        form: Form

        @property
        def control(self) -> Form:
            """The form, for ``@on`` selectors."""
            return self.form

    def __init__(self, title: str, asked: Sequence[Asked], values: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._title = title
        self._asked = asked
        self._first = {one.name: values.get(one.name, "") for one in asked}

    def compose(self) -> ComposeResult:
        """A line for each thing, and room for what is wrong with it."""
        yield Static(Content(safe_text(self._title, limit=200)), id="form-title")
        label_cells = max(LABEL_CELLS, *(len(one.label) + 3 for one in self._asked))
        for one in self._asked:
            with Horizontal(classes="line"):
                label = Static(Content(f"{one.label}{' *' if one.required else ''}"), classes="label")
                label.styles.width = label_cells
                yield label
                if one.fixed:
                    yield Static(Content(safe_text(self._first[one.name])), classes="fixed")
                elif one.flag:
                    is_on = (self._first[one.name] or one.default) == "true"
                    yield Flag(Content(one.help), is_on, id=_id(one.name), compact=True)
                elif one.lines > 1:
                    area = SafeTextArea(self._first[one.name], id=_id(one.name))
                    area.styles.height = one.lines
                    yield area
                else:
                    yield SafeInput(self._first[one.name], id=_id(one.name), placeholder=one.help)
            yield Static("", classes="problem", id=f"problem-{one.name}")

    @property
    def values(self) -> dict[str, str]:
        """What stands in the form now, by name."""
        return {one.name: self._value_of(one) for one in self._asked}

    @property
    def changed(self) -> dict[str, str]:
        """What is other than it was at first."""
        return {name: value for name, value in self.values.items() if value != self._first[name]}

    @property
    def changed_labels(self) -> list[str]:
        """What a person calls that which is other than it was at first."""
        changed = self.changed
        return [one.label.lower() for one in self._asked if one.name in changed]

    @property
    def help(self) -> str:
        """What the field with the focus asks for, whole."""
        focused = self.screen.focused
        return next((one.help for one in self._asked if focused is not None and focused.id == _id(one.name)), "")

    def focus_first(self) -> None:
        """Put the cursor into the first field that can be changed."""
        for one in self._asked:
            if not one.fixed:
                self.query_one(f"#{_id(one.name)}").focus()
                return

    def focus_field(self, name: str) -> None:
        """Put the cursor into a field, such as one with a mistake."""
        for widget in self.query(f"#{_id(name)}"):
            widget.focus()

    def show_problems(self, problems: Mapping[str, str], *, whole: bool) -> None:
        """Show what is wrong below what it is about; texts may come from outside.

        Without ``whole``, fields that nobody has filled in yet are not complained of.
        """
        values = self.values
        for one in self._asked:
            line = self.query_one(f"#problem-{one.name}", Static)
            is_touched = bool(values[one.name]) or values[one.name] != self._first[one.name]
            text = problems.get(one.name, "") if whole or is_touched else ""
            line.update(Content(f"✗ {safe_text(text, limit=300)}"))
            line.set_class(bool(text), "-shown")

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Checkbox.Changed)
    def _typed(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Changed(self))

    def _value_of(self, one: Asked) -> str:
        first = self._first[one.name]
        if one.fixed:
            return first
        if one.flag:
            text = "true" if self.query_one(f"#{_id(one.name)}", Flag).value else "false"
            return first if text == (first or one.default) else text
        if one.lines > 1:
            return self.query_one(f"#{_id(one.name)}", SafeTextArea).text
        return self.query_one(f"#{_id(one.name)}", SafeInput).value


class Flag(Checkbox):
    """Yes or no, told by a letter and not by its colour alone."""

    @property
    def _button(self) -> Content:
        return Content.assemble(("[x]" if self.value else "[ ]", "bold"))


def _id(name: str) -> str:
    return f"field-{name}"
