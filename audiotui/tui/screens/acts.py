"""What can be done with recordings wherever they are listed: thin calls of the manager, off the screen's thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from audiotui.errors import AudiotuiError
from audiotui.tui.keys import ACT
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class RecordingActs(ModeScreen):
    """Push, pull, trash, undo and copy; a subclass says which recordings they are about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "push", "push", id="lib.push", tooltip="Copy to another location", group=ACT),
        Binding("p", "pull", "pull", id="lib.pull", tooltip="Fetch to this disk", group=ACT),
        Binding("d", "trash", "trash", id="lib.trash", tooltip="Put into the trash", group=ACT),
        Binding("u", "undo", "undo", id="lib.undo", tooltip="Undo the last change", group=ACT),
        Binding("y", "copy_id", "copy id", id="lib.copy", tooltip="Copy the id to the clipboard", group=ACT),
    ]

    async def subject(self) -> Sequence[int]:
        """Row ids of what an act is about."""
        raise NotImplementedError

    def current_uid(self) -> str | None:
        """The recording under the cursor."""
        raise NotImplementedError

    def trashed(self, row_ids: Sequence[int]) -> None:
        """These are in the trash now."""
        raise NotImplementedError

    def show_busy(self, words: str) -> None:
        """Say what is going on, '' when it is over."""
        raise NotImplementedError

    def action_push(self) -> None:
        """Copy the subject to another location."""
        self._plan("push")

    def action_pull(self) -> None:
        """Fetch the subject to this disk."""
        self._plan("pull")

    def action_copy_id(self) -> None:
        """Copy the id of the recording under the cursor."""
        if (uid := self.current_uid()) is not None:
            self.app.copy_to_clipboard(uid)
            self.audiotui.say(f"copied {uid}")

    @work(group="plan", exclusive=True)
    async def _plan(self, verb: str) -> None:
        from audiotui.tui.modals.plan import PlanModal

        subject = await self.subject()
        if subject:
            queued = await self.app.push_screen_wait(PlanModal(self.audiotui.manager, verb, subject))
            if queued is not None:
                self.audiotui.look_now()
                self.audiotui.say(queued)

    @work(group="edit")
    async def action_trash(self) -> None:
        """Put the subject into the trash."""
        subject = await self.subject()
        if not subject:
            return
        manager = self.audiotui.manager
        if await self._done(lambda: manager.delete_recordings(subject), f"moving {things(len(subject))} to the trash…"):
            self.audiotui.say(
                f"{things(len(subject))} in the trash; u takes {'it' if len(subject) == 1 else 'them'} back"
            )
            self.trashed(subject)

    @work(group="edit")
    async def action_undo(self) -> None:
        """Undo the last change to the library."""
        changes: list[str] = []
        manager = self.audiotui.manager
        if await self._done(lambda: changes.append(manager.undo().summary), "undoing…"):
            self.audiotui.say(f"undone: {changes[0]}")
            self.catalog_moved()

    async def _done(self, act: Callable[[], object], busy: str) -> bool:
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
