"""What modes share in which something is edited: acts off the screen's thread, undo, and a form in a pane."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType

from audiotui.errors import AudiotuiError
from audiotui.tui.keys import ACT
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.widget import Widget

    from audiotui.tui.widgets.form import Form
    from audiotui.tui.widgets.text_pane import Part

Result = TypeVar("Result")

FORM_HINTS = (("form.save", ""), ("app.next_pane", "next field"), ("form.back", "revert"), ("app.help", ""))


class EditingScreen(ModeScreen):
    """A mode whose acts may fail, with words for the person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "undo", id="edit.undo", tooltip="Undo the last change to the library", group=ACT),
        Binding("ctrl+r", "redo", "redo", id="edit.redo", tooltip="Do again what was undone", group=ACT),
    ]

    async def attempt(self, act: Callable[[], Result]) -> Result | None:
        """What an act gives; it runs in a thread. None if it failed, and the person has been told why."""
        try:
            return await asyncio.to_thread(act)
        except AudiotuiError as error:
            self.audiotui.complain(error)
            return None

    async def done(self, act: Callable[[], object]) -> bool:
        """Whether an act could be done that gives nothing."""
        return await self.attempt(lambda: (act(), True)[1]) is True

    @work(group="edit")
    async def action_undo(self) -> None:
        """Undo the last change to the library."""
        change = await self.attempt(self.audiotui.manager.undo)
        if change is not None:
            self.audiotui.say(f"undone: {change.summary}")
            self.catalog_moved()

    @work(group="edit")
    async def action_redo(self) -> None:
        """Do again what was undone last."""
        change = await self.attempt(self.audiotui.manager.redo)
        if change is not None:
            self.audiotui.say(f"done again: {change.summary}")
            self.catalog_moved()


class FormScreen(EditingScreen):
    """A mode in which a form may take the place of a pane; while it is open, only its own keys work.

    A subclass has a widget that the form is mounted in (``form_place``) and one that has the focus otherwise
    (``list_place``), hides what else is in the first by the class ``-form``, and says what is wrong with the values and
    what saving does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", id="form.save", tooltip="Save the form", group=ACT),
        Binding("escape", "step_back", "back", id="form.back", tooltip="One step back; out of the form", group=ACT),
    ]

    form_place: Widget
    list_place: Widget

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self.problems: Mapping[str, str] = {}
        self._is_tried = False

    def form_problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """What is wrong with the values of a form, by field; in a thread."""
        raise NotImplementedError

    def save_form(self, values: Mapping[str, str], changed: Mapping[str, str]) -> str:
        """Save a form without problems; returns the key of what was saved. In a thread."""
        raise NotImplementedError

    def form_saved(self, key: str) -> None:
        """The form is saved and gone."""
        raise NotImplementedError

    def go_back(self) -> None:
        """One step back where no form is open."""
        raise NotImplementedError

    def show_status(self) -> None:
        """Something about the form changed."""
        raise NotImplementedError

    @property
    def unfinished(self) -> str:
        """What was typed and not saved."""
        changed = self.form.changed_labels if self.form is not None else []
        return f"{things(len(changed), 'change')} not saved: {', '.join(changed)}." if changed else ""

    def give_up(self) -> None:
        """Forget what was typed."""
        self.form = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's form
        """Saving needs a form."""
        return self.form is not None if action == "save" else True

    def on_descendant_focus(self) -> None:
        """Another field asks for something else."""
        if self.form is not None:
            self.show_status()

    async def open_form(self, form: Form) -> None:
        """Put a form in the pane's place, with the cursor in its first field."""
        self.form, self.problems, self._is_tried = form, {}, False
        self.add_class("-form")
        await self.form_place.mount(form)
        form.focus_first()
        self.audiotui.keys_go_to(self)
        self.check_form()
        self.show_hints()

    async def close_form(self) -> None:
        """Put the pane back in its place."""
        if self.form is not None:
            form, self.form = self.form, None
            self.remove_class("-form")
            self.list_place.focus()
            await form.remove()
            self.show_status()
            self.show_hints()

    @work(exclusive=True, group="check")
    async def check_form(self) -> None:
        """Say what is wrong with what stands in the form now."""
        if (form := self.form) is not None:
            values = form.values
            problems = await self.attempt(lambda: self.form_problems(values))
            if problems is not None and form is self.form:
                self._show_problems(problems)

    @work(group="form", exclusive=True)
    async def action_save(self) -> None:
        """Save the form, if nothing is wrong with it."""
        if (form := self.form) is None:
            return
        values, changed = form.values, form.changed
        problems = await self.attempt(lambda: self.form_problems(values))
        if problems:
            self._is_tried = True
            self._show_problems(problems)
            form.focus_field(next(iter(problems)))
        elif problems is not None:
            key = await self.attempt(lambda: self.save_form(values, changed))
            if key is not None:
                await self.close_form()
                self.form_saved(key)

    @work(group="form", exclusive=True)
    async def action_step_back(self) -> None:
        """Out of the form, where what was typed is not lost without a question; else a step of the mode's own."""
        from audiotui.tui.modals.confirm import ConfirmModal

        if self.form is None:
            self.go_back()
            return
        changed = self.form.changed
        if changed:
            modal = ConfirmModal("Leave the form?", self.unfinished, (("leave", "Throw away"),), cancel="Go on editing")
            if await self.app.push_screen_wait(modal) != "leave":
                return
        await self.close_form()

    def form_words(self) -> list[Part]:
        """The form's state for a status line: what changed, how much is wrong, what the field asks for."""
        unfinished = self.unfinished.removesuffix(".")
        words = [(f"● {unfinished}", "$text-warning")] if unfinished else []
        if self.problems:
            words.append((f"{things(len(self.problems), 'problem')}", "$text-error"))
        if self.form is not None and self.form.help:
            words.append((self.form.help, "dim"))
        return words

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        self.problems = problems
        if self.form is not None:
            self.form.show_problems(problems, whole=self._is_tried)
        self.show_status()
