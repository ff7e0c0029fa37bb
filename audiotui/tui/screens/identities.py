"""The Identities mode: AI voices and people, what each is used for, and forms to change them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Input, Static

from audiotui.errors import AudiotuiError, IdentityInUse
from audiotui.manager.identity_use import identity_fields
from audiotui.model import LOCAL
from audiotui.text import safe_text
from audiotui.tui.identity_words import ASKED, Kind, describe, form_values, kind_of, kind_words
from audiotui.tui.keys import ACT, FIND, PLAY
from audiotui.tui.listening import Heard, Take
from audiotui.tui.screens.editing import FORM_HINTS, FormScreen
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.widgets.cursor_list import CursorList
from audiotui.tui.widgets.form import Form
from audiotui.tui.widgets.identity_list import IdentityList, entries
from audiotui.tui.widgets.status_line import StatusLine
from audiotui.tui.widgets.text_input import SafeInput
from audiotui.tui.widgets.text_pane import TextPane
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

    from audiotui.manager import IdentityUse
    from audiotui.model import AIIdentity, UserIdentity

NO_IDENTITIES = (
    "Nobody is registered yet.\n\n"
    "n                    registers an AI voice or a person\n"
    "audiotui import ...  gives a whole folder an identity with --ai-identity or --user-identity"
)

LAST_HINTS = (("app.help", ""), ("app.palette", ""), ("app.quit", ""))


class IdentitiesScreen(FormScreen):
    """Finding, registering, changing, merging and removing identities."""

    mode = "identities"
    AUTO_FOCUS = "IdentityList"

    DEFAULT_CSS = """
    IdentitiesScreen #identities { height: 1fr; }
    IdentitiesScreen #left { width: 32; border-right: solid $panel; }
    IdentitiesScreen.-wide #left { width: 46; }
    IdentitiesScreen.-slim #left { width: 22; }
    IdentitiesScreen #right { width: 1fr; }
    IdentitiesScreen #filter-line { height: 1; }
    IdentitiesScreen #filter-sign { width: 3; color: $text-primary; text-style: bold; }
    IdentitiesScreen #filter-line SafeInput.-textual-compact { background: $background; padding: 0; }
    IdentitiesScreen #about { padding: 0 1; height: 1fr; }
    IdentitiesScreen #nobody { display: none; padding: 3 4; height: 1fr; }
    IdentitiesScreen.-empty #nobody { display: block; }
    IdentitiesScreen.-empty #identities { display: none; }
    IdentitiesScreen.-form #about { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="identities.filter", tooltip="Type to filter the list", group=FIND),
        Binding("n", "new", "new", id="identities.new", tooltip="Register an AI voice or a person", group=ACT),
        Binding("e", "edit", "edit", id="identities.edit", tooltip="Change it", group=ACT),
        Binding(
            "E", "edit_outside", "in $EDITOR", id="identities.editor", tooltip="Change it in your own editor", group=ACT
        ),
        Binding("y", "duplicate", "duplicate", id="identities.duplicate", tooltip="A new one like it", group=ACT),
        Binding("M", "merge", "merge", id="identities.merge", tooltip="Merge it into another one", group=ACT),
        Binding("d", "delete", "delete", id="identities.delete", tooltip="Remove it, if nothing uses it", group=ACT),
        Binding("space", "sample", "hear", id="identities.sample", tooltip="Hear its newest recording", group=PLAY),
        Binding("R", "refresh", "refresh", id="identities.refresh", tooltip="Read the list again", group=FIND),
        Binding("enter,down", "leave_filter", "list", id="identities.list", tooltip="Back to the list", group=FIND),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._then = ""
        """Where the cursor shall go when the list is read: to what was just saved."""
        self._uses: dict[str, IdentityUse] = {}
        self._edited: tuple[Kind, str | None] = ("ai", None)
        self._is_stale = False
        self._sampled = ""
        """The identity that was heard last."""

    def body(self) -> Iterable[Widget]:
        """Filter and list at the left, the identity or a form at the right."""
        self._filter = SafeInput(placeholder="filter")
        self._list = IdentityList()
        self._about = TextPane(id="about")
        self._status = StatusLine()
        self.form_place, self.list_place = Container(self._about, id="right"), self._list
        line = Horizontal(Static(" / ", id="filter-sign", markup=False), self._filter, id="filter-line")
        yield Static(NO_IDENTITIES, id="nobody", markup=False)
        yield Horizontal(Vertical(line, self._list, id="left"), self.form_place, id="identities")
        yield self._status

    def on_mount(self) -> None:
        """Everybody first."""
        self._list.empty_text = "nobody of this name"
        self._load()

    def on_screen_resume(self) -> None:
        """Something may have changed while another mode was on the screen."""
        self.show_status()
        if self._is_stale:
            self.call_after_refresh(self.catalog_moved)

    def catalog_moved(self) -> None:
        """Names and numbers may be others now."""
        self._is_stale = not self.is_current
        if self.is_current:
            self._uses.clear()
            self._load()

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that work now."""
        if self.form is not None:
            return FORM_HINTS
        if self._filter.has_focus:
            return (("identities.list", "to the list"), ("form.back", "back"), *LAST_HINTS)
        if self.has_class("-empty"):
            return (("identities.new", ""), *LAST_HINTS)
        return [
            ("list.choose", "show recordings"),
            ("identities.sample", ""),
            ("identities.new", ""),
            ("identities.edit", ""),
            ("identities.duplicate", ""),
            ("identities.merge", ""),
            ("identities.delete", ""),
            ("edit.undo", ""),
            ("identities.filter", ""),
            *LAST_HINTS,
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a form is open only what belongs to it works; without an identity, what needs none."""
        if action == "leave_filter":
            return self._filter.has_focus
        if action in {"new", "undo", "redo", "refresh", "filter"}:
            return self.form is None
        if action == "sample" and self.audiotui.listening.why_silent:
            return None
        if action in {"edit", "edit_outside", "sample", "duplicate", "merge", "delete"}:
            return self.form is None and self._list.identity is not None
        return super().check_action(action, parameters)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        if message.input is self._filter:
            self._load()

    @on(Input.Submitted)
    def _entered(self, message: Input.Submitted) -> None:
        if message.input is self._filter:
            self.action_leave_filter()

    @on(CursorList.Moved)
    def _moved(self) -> None:
        self._show_identity()
        self._count_use()
        self.show_hints()

    @on(CursorList.Chosen)
    @work(exclusive=True, group="show")
    async def _chosen(self) -> None:
        identity = self._list.identity
        if identity is None:
            return
        use = self._uses.get(identity.uid) or await self.attempt(
            lambda: self.audiotui.manager.identity_use(identity.uid)
        )
        if use is not None:
            self.audiotui.show_recordings(use.query)

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        if message.playback.no_device:
            self.refresh_bindings()
            self.show_hints()
        self.show_status()

    @work(exclusive=True, group="sample")
    async def action_sample(self) -> None:
        """Hear the newest recording of the identity under the cursor that lies on this disk; again pauses."""
        identity, listening = self._list.identity, self.audiotui.listening
        if identity is None:
            return
        if listening.take is not None and self._sampled == identity.uid and listening.playback.path:
            listening.toggle()
            return
        take = await self.attempt(partial(self._sample_of, identity))
        if take is None:
            self.audiotui.say(f"nothing of {identity.label} can be heard on this disk")
        elif await self.done(partial(listening.play, take)):
            self._sampled = identity.uid
            self.show_status()
        else:
            self.refresh_bindings()
            self.show_hints()
            self.show_status()

    def _sample_of(self, identity: AIIdentity | UserIdentity) -> Take | None:
        manager = self.audiotui.manager
        query = f"{manager.identity_use(identity.uid).query} has:audio where:{LOCAL}"
        for row in list(manager.find(query, limit=1)):
            sound = manager.sound_of(row.uid)
            return Take(sound, row.label) if sound.path is not None else None
        return None

    @on(Form.Changed)
    def _form_typed(self) -> None:
        self.check_form()

    def action_filter(self) -> None:
        """Go to the filter, its text kept."""
        self._filter.focus()

    def action_leave_filter(self) -> None:
        """Go from the filter to the list."""
        self._list.focus()

    def action_refresh(self) -> None:
        """Read everything again."""
        self.catalog_moved()

    def go_back(self) -> None:
        """One step: out of the filter, else clear it."""
        if self._filter.has_focus or self._about.has_focus:
            self._list.focus()
        else:
            self._filter.value = ""

    @opens_dialog
    @work(group="form", exclusive=True)
    async def action_new(self) -> None:
        """Register a voice or a person."""
        from audiotui.tui.modals.choice import Choice, ChoiceModal

        choices = (Choice("ai", "a", "an AI voice: a model that speaks"), Choice("human", "p", "a person who speaks"))
        kind = await self.app.push_screen_wait(ChoiceModal("Register", choices, opens_form=True))
        if kind == "ai":
            await self._open_identity("New AI voice", "ai", {}, None)
        elif kind == "human":
            await self._open_identity("New person", "human", {}, None)

    @opens_dialog
    @work(group="form", exclusive=True)
    async def action_edit(self) -> None:
        """Change the identity under the cursor."""
        if (identity := self._list.identity) is not None:
            await self._open_identity(f"Edit {identity.label}", kind_of(identity), form_values(identity), identity.uid)

    @work(group="form", exclusive=True)
    async def action_edit_outside(self) -> None:
        """Change the identity under the cursor in the user's own editor."""
        from audiotui.tui.editor_text import outside
        from audiotui.tui.identity_text import changed_outside

        identity = self._list.identity
        if identity is None:
            return
        self._edited = (kind_of(identity), identity.uid)
        values = form_values(identity)
        try:
            changed = outside(
                self.app, partial(changed_outside, identity, lambda changed: self.form_problems({**values, **changed}))
            )
        except AudiotuiError as error:
            self.audiotui.complain(error)
            return
        if not changed:
            self.audiotui.say("nothing was changed")
        elif await self.done(partial(self.save_form, {**values, **changed}, changed)):
            self.form_saved(identity.uid)

    @opens_dialog
    @work(group="form", exclusive=True)
    async def action_duplicate(self) -> None:
        """Begin a new one with the fields of the one under the cursor."""
        if (identity := self._list.identity) is not None:
            kind = kind_of(identity)
            await self._open_identity(
                f"New {kind_words(kind)} like {identity.label}", kind, form_values(identity), None
            )

    def form_problems(self, values: Mapping[str, str]) -> dict[str, str]:
        """What is wrong with the identity as it was typed."""
        kind, uid = self._edited
        return self.audiotui.manager.identity_problems(kind, values, identity_id=uid)

    def save_form(self, values: Mapping[str, str], changed: Mapping[str, str]) -> str:
        """Write the form to the catalog."""
        manager, (kind, uid) = self.audiotui.manager, self._edited
        if uid is not None:
            fields = identity_fields({**changed, "settings": values["settings"]})
            return manager.edit_identity(uid, **fields).uid
        fields = identity_fields(values)
        if kind == "ai":
            return manager.register_ai_identity(fields.pop("model"), fields.pop("voice"), **fields)
        return manager.register_user_identity(**fields)

    def form_saved(self, key: str) -> None:
        """Show it in the list."""
        kind, uid = self._edited
        self.audiotui.say("saved; u undoes" if uid else f"registered a new {kind_words(kind)}; u undoes")
        self._uses.clear()
        self._then = key
        self._load()

    def show_status(self) -> None:
        """What of the form is not saved, or wrong."""
        if self.form is not None:
            self._status.show(*self.form_words())
        elif self._sampled and self.audiotui.listening.playback.path and self.audiotui.listening.take is not None:
            self._status.show((f"♪ {self.audiotui.listening.take.label}", "$text-accent"), ("space pauses", "dim"))
        elif why_silent := self.audiotui.listening.why_silent:
            self._status.show((why_silent, "dim"))
        else:
            self._status.show()

    @opens_dialog
    @work(group="edit")
    async def action_merge(self) -> None:
        """Choose who takes the recordings over."""
        from audiotui.tui.modals.merge import MergeModal

        source = self._list.identity
        if source is None:
            return
        manager = self.audiotui.manager
        target = await self.app.push_screen_wait(MergeModal(manager, source))
        if target is None:
            return
        moved = await self.attempt(partial(manager.merge_identities, source.uid, target))
        if moved is not None:
            self.audiotui.say(f"{things(moved)} moved; u brings {source.label} back")
            self._uses.clear()
            self._then = target
            self._load()

    @opens_dialog
    @work(group="edit")
    async def action_delete(self) -> None:
        """Remove the identity under the cursor; where recordings use it, say so and what can be done."""
        identity = self._list.identity
        if identity is None:
            return
        try:
            await asyncio.to_thread(self.audiotui.manager.delete_identity, identity.uid)
        except IdentityInUse as error:
            await self._way_out(identity, error)
        except AudiotuiError as error:
            self.audiotui.complain(error)
        else:
            self.audiotui.say(f"{identity.label} is gone; u brings it back")
            self._load()

    async def _way_out(self, identity: AIIdentity | UserIdentity, error: IdentityInUse) -> None:
        from audiotui.tui.modals.confirm import ConfirmModal

        question = (
            f"“{safe_text(identity.label, limit=60)}” cannot be deleted: {things(error.recording_count)} "
            f"{'uses' if error.recording_count == 1 else 'use'} it, those in the trash included.\n\n"
            "Merge it into another identity, which takes its recordings over, or look at them first."
        )
        answers = (("merge", "Merge into…"), ("show", "Show recordings"))
        answer = await self.app.push_screen_wait(ConfirmModal("Still in use", question, answers))
        if answer == "merge":
            self.action_merge()
        elif answer == "show":
            self._list.action_choose()

    @work(exclusive=True, group="list")
    async def _load(self) -> None:
        """Read the list; the cursor stays where it is, or goes where ``_then`` says."""
        manager, text = self.audiotui.manager, self._filter.value
        found = await self.attempt(
            lambda: (manager.list_identities("ai", text), manager.list_identities("human", text))
        )
        if found is None:
            return
        lines = entries(*found)
        is_empty = not lines and not text
        if is_empty != self.has_class("-empty"):
            self.set_class(is_empty, "-empty")
            if self.form is None:
                self.set_focus(None if is_empty else self._list)
        self._list.show(lines)
        if self._then and self._list.go_to(self._then):
            self._then = ""
        self._show_identity()
        self._count_use()
        self.show_hints()

    @work(exclusive=True, group="use")
    async def _count_use(self) -> None:
        identity = self._list.identity
        if identity is None or identity.uid in self._uses:
            return
        try:
            use = await asyncio.to_thread(self.audiotui.manager.identity_use, identity.uid)
        except AudiotuiError:  # it went in this moment; the list will show it
            return
        self._uses[identity.uid] = use
        self._show_identity()

    async def _open_identity(self, title: str, kind: Kind, values: dict[str, str], uid: str | None) -> None:
        self._edited = (kind, uid)
        self.remove_class("-empty")
        await self.open_form(Form(title, ASKED[kind], values))

    def _show_identity(self) -> None:
        identity = self._list.identity
        parts = describe(identity, self._uses.get(identity.uid), self.audiotui.now_ms()) if identity else []
        self._about.show_parts(parts)
