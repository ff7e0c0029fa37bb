"""Changing recordings wherever they are listed: edit, tag, move, rename, trash, delete, undo and redo.

What can be undone simply happens; what cannot asks first, with the safe answer in front.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from audiotui.errors import AudiotuiError, InvalidInput
from audiotui.text import format_bytes, format_count
from audiotui.tui.keys import ACT
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.model import Recording
    from audiotui.tui.editor_text import FieldChange
    from audiotui.tui.modals.pick_identity import Picked

MOST_EDITED = 500
"""So many recordings at most are read for a form or an editor."""

TYPED_ABOVE = 100
"""Who deletes more recordings for good than this types their number."""


class Changing(ModeScreen):
    """Keys that change recordings; a subclass says which ones they are about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "edit", id="lib.edit", tooltip="Edit, one or several", group=ACT),
        Binding("E", "edit_outside", "in $EDITOR", id="lib.editor", tooltip="Edit in your own editor", group=ACT),
        Binding("t", "tag", "tag", id="lib.tag", tooltip="Add and remove tags", group=ACT),
        Binding("m", "move", "move", id="lib.move", tooltip="Move to another identity", group=ACT),
        Binding("r", "rename", "rename", id="lib.rename", tooltip="Change the title", group=ACT),
        Binding("d", "trash", "trash", id="lib.trash", tooltip="Put into the trash", group=ACT),
        Binding("D", "delete", "delete", id="lib.delete", tooltip="Delete for good, with the files", group=ACT),
        Binding("u", "undo", "undo", id="lib.undo", tooltip="Undo the last change", group=ACT),
        Binding("ctrl+r", "redo", "redo", id="lib.redo", tooltip="Do again what was undone", group=ACT),
    ]

    async def subject(self) -> Sequence[int]:
        """Row ids of what an act is about."""
        raise NotImplementedError

    def current_uid(self) -> str | None:
        """The recording under the cursor."""
        raise NotImplementedError

    def gone(self, row_ids: Sequence[int]) -> None:
        """These are in the trash now, or nowhere."""
        raise NotImplementedError

    def show_busy(self, words: str) -> None:
        """Say what is going on, '' when it is over."""
        raise NotImplementedError

    @opens_dialog
    @work(group="edit", exclusive=True)
    async def action_edit(self) -> None:
        """Edit the subject in a form."""
        from audiotui.tui.modals.edit import EditModal

        subject = await self.subject()
        recordings = await self.read(subject[:MOST_EDITED])
        if not recordings:
            return
        manager = self.audiotui.manager
        modal = EditModal(recordings, lambda fields: manager.edit_recordings(list(subject), **fields))
        if await self.app.push_screen_wait(modal):
            self._tell_of(subject, "changed")

    @opens_dialog
    @work(group="edit", exclusive=True)
    async def action_edit_outside(self) -> None:
        """Edit the subject in the user's own editor; changes of several are shown before they are made."""
        from audiotui.tui.editor_text import edits_of
        from audiotui.tui.modals.review import ReviewModal

        subject = await self.subject()
        if len(subject) > MOST_EDITED:
            hint = f"Mark at most {format_count(MOST_EDITED)}, or use e and t, which take any number."
            self.audiotui.complain(InvalidInput(f"{things(len(subject))} are too many for an editor.", hint))
            return
        recordings = await self.read(subject)
        if not recordings or (changes := self._changed_outside(recordings)) is None:
            return
        if not changes:
            self.audiotui.say("nothing was changed")
            return
        if len(recordings) > 1 and not await self.app.push_screen_wait(ReviewModal(changes)):
            return
        edits = edits_of(changes)
        if await self.done(lambda: self.audiotui.manager.edit_each(edits), "changing…"):
            self._tell_of(list(edits), "changed")

    @opens_dialog
    @work(group="edit", exclusive=True)
    async def action_tag(self) -> None:
        """Add tags to the subject, and with a minus before them take them off."""
        from audiotui.tui.modals.ask import AskModal
        from audiotui.tui.tag_line import fitting_tags, read_tags, refuse_tags

        subject = await self.subject()
        if not subject:
            return
        manager = self.audiotui.manager
        known = [tag for tag, _ in sorted(await asyncio.to_thread(manager.list_tags), key=lambda one: -one[1])]
        line = await self.app.push_screen_wait(
            AskModal(
                f"Tag {things(len(subject))}",
                "Tags to add; with a minus before them, tags to take off.",
                placeholder='demo "to redo" -draft',
                refuse=refuse_tags,
                say=lambda typed: f"known tags: {' '.join(fitting_tags(known, typed))}",
            )
        )
        add, remove = read_tags(line or "")
        if not add and not remove:
            return
        if await self.done(
            lambda: manager.edit_recordings(list(subject), add_tags=add, remove_tags=remove), "tagging…"
        ):
            words = " ".join([*(f"+{tag}" for tag in add), *(f"-{tag}" for tag in remove)])
            self._tell_of(subject, f"tagged {words}")

    @opens_dialog
    @work(group="edit", exclusive=True)
    async def action_move(self) -> None:
        """Give the subject another identity."""
        from audiotui.tui.modals.pick_identity import IdentityModal

        subject = await self.subject()
        if not subject:
            return
        manager = self.audiotui.manager
        title = f"Move {things(len(subject))} to"
        picked: Picked | None = await self.app.push_screen_wait(IdentityModal(manager, title))
        if picked is None:
            return
        fields: dict[str, Any] = {"ai_identity_id": picked.uid if picked.is_ai else None,
                  "user_identity_id": None if picked.is_ai else picked.uid, "ai_generated": picked.is_ai}  # fmt: skip
        if await self.done(lambda: manager.edit_recordings(list(subject), **fields), "moving…"):
            self._tell_of(subject, f"now of {picked.label}")

    @opens_dialog
    @work(group="edit", exclusive=True)
    async def action_rename(self) -> None:
        """Change the title of the recording under the cursor."""
        from audiotui.tui.modals.ask import AskModal

        uid = self.current_uid()
        recordings = await self.read([uid]) if uid is not None else []
        if not recordings or uid is None:
            return
        old = recordings[0].title
        title = await self.app.push_screen_wait(AskModal("Rename", "Title", value=old))
        if title is None or title == old:
            return
        if await self.done(lambda: self.audiotui.manager.edit_recording(uid, title=title), "renaming…"):
            self._tell_of([uid], "renamed")

    @work(group="edit")
    async def action_trash(self) -> None:
        """Put the subject into the trash."""
        subject = await self.subject()
        if not subject:
            return
        manager = self.audiotui.manager
        if await self.done(lambda: manager.delete_recordings(subject), f"moving {things(len(subject))} to the trash…"):
            self.audiotui.say(
                f"{things(len(subject))} in the trash; u takes {'it' if len(subject) == 1 else 'them'} back"
            )
            self.gone(subject)

    @opens_dialog
    @work(group="edit", exclusive=True)
    async def action_delete(self) -> None:
        """Delete the subject for good, with its files on this disk; cannot be undone, so it asks."""
        subject = await self.subject()
        if not subject or not await self._is_sure(len(subject)):
            return
        manager = self.audiotui.manager
        deleted = []
        if await self.done(
            lambda: deleted.append(manager.delete_recordings(subject, purge=True)), f"deleting {things(len(subject))}…"
        ):
            (result,) = deleted
            freed = f", {format_bytes(result.bytes_removed)} freed" if result.bytes_removed else ""
            kept = f"; {things(len(result.kept), 'copy')} elsewhere stay" if result.kept else ""
            self.audiotui.say(f"{things(result.recordings)} deleted for good{freed}{kept}")
            self.gone(subject)

    @work(group="edit")
    async def action_undo(self) -> None:
        """Undo the last change to the library."""
        await self._again(self.audiotui.manager.undo, "undone", "undoing…")

    @work(group="edit")
    async def action_redo(self) -> None:
        """Do again what was undone last."""
        await self._again(self.audiotui.manager.redo, "done again", "doing it again…")

    async def done(self, act: Callable[[], object], busy: str) -> bool:
        """Whether an act could be done; it runs in a thread, and what takes long is named meanwhile."""
        self.show_busy(busy)
        try:
            await asyncio.to_thread(act)
        except AudiotuiError as error:
            self.audiotui.complain(error)
            return False
        finally:
            self.show_busy("")
        return True

    async def _again(self, act: Callable[[], object], word: str, busy: str) -> None:
        changes: list[object] = []
        if await self.done(lambda: changes.append(act()), busy):
            self.audiotui.say(f"{word}: {getattr(changes[0], 'summary', '')}")
            self.catalog_moved()

    async def read(self, selection: Sequence[int] | Sequence[str]) -> list[Recording]:
        """The whole recordings of a selection; none if they cannot be read, and the person knows why."""
        found: list[Recording] = []
        if selection:
            manager = self.audiotui.manager
            await self.done(lambda: found.extend(manager.get_recordings(selection)), "reading…")
        return found

    async def _is_sure(self, count: int) -> bool:
        """Ask before what cannot be undone."""
        from audiotui.tui.modals.ask import AskModal
        from audiotui.tui.modals.confirm import ConfirmModal

        theirs = "it" if count == 1 else "them"
        words = (
            f"{things(count)} and all files of {theirs} on this disk go for good: this cannot be undone.\n"
            "Files of which no other copy can be proven are refused; copies at other locations stay."
        )
        if count <= TYPED_ABOVE:
            modal = ConfirmModal("Delete for good?", words, (("delete", f"Delete {things(count)}"),))
            return await self.app.push_screen_wait(modal) == "delete"
        number = str(count)
        typed = await self.app.push_screen_wait(
            AskModal(
                "Delete for good?",
                f"{words}\n\nType their number to delete them.",
                placeholder=number,
                refuse=lambda line: "" if line.replace(",", "").strip() == number else f"That is not {number}.",
            )
        )
        return typed is not None

    def _changed_outside(self, recordings: Sequence[Recording]) -> list[FieldChange] | None:
        """What the user's editor made of recordings; None if it could not be used, and the person knows why."""
        from audiotui.tui.editor_text import edited, outside

        try:
            return outside(self.app, partial(edited, recordings))
        except AudiotuiError as error:
            self.audiotui.complain(error)
        return None

    def _tell_of(self, subject: Sequence[object], words: str) -> None:
        self.audiotui.say(f"{things(len(subject))} {words}; u takes it back")
        self.catalog_moved()
