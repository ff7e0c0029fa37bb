"""Moving recordings between locations, wherever they are listed, and copying their ids."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from audiotui.text import safe_text
from audiotui.tui.keys import ACT
from audiotui.tui.modals.choice import Choice
from audiotui.tui.screens.changing import Changing
from audiotui.tui.typed_ahead import opens_dialog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.worker import Worker

    from audiotui.tui.mending import ToRepair

COPIED = (
    Choice("id", "i", "its id"),
    Choice("title", "t", "its title"),
    Choice("text", "x", "its text"),
    Choice("path", "p", "the path of its file on this disk"),
)


class RecordingActs(Changing):
    """Push, pull and copy, beside what changes recordings; a subclass says which ones they are about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "push", "push", id="lib.push", tooltip="Copy to another location", group=ACT),
        Binding("p", "pull", "pull", id="lib.pull", tooltip="Fetch to this disk", group=ACT),
        Binding("y", "copy", "copy", id="lib.copy", tooltip="Copy the id, title, text or path", group=ACT),
    ]

    @opens_dialog
    def action_push(self) -> Worker[None]:
        """Copy the subject to another location."""
        return self.plan_transfer("push")

    @opens_dialog
    def action_pull(self) -> Worker[None]:
        """Fetch the subject to this disk."""
        return self.plan_transfer("pull")

    @opens_dialog
    @work(group="copy", exclusive=True)
    async def action_copy(self) -> None:
        """Copy something of the recording under the cursor to the clipboard."""
        from audiotui.tui.modals.choice import ChoiceModal

        uid = self.current_uid()
        recordings = await self.read([uid]) if uid is not None else []
        if not recordings:
            return
        recording = recordings[0]
        chosen = await self.app.push_screen_wait(ChoiceModal("Copy", COPIED))
        if chosen is None:
            return
        value = recording.uid if chosen == "id" else recording.title if chosen == "title" else recording.text
        if chosen == "path":
            paths: list[Path | None] = []
            manager = self.audiotui.manager
            if not await self.done(lambda: paths.append(manager.local_path(recording.uid)), "looking…"):
                return
            value = str(paths[0]) if paths[0] is not None else ""
        if value:
            self.app.copy_to_clipboard(safe_text(value, one_line=False, limit=100_000))
            self.audiotui.say(f"copied {value}")
        else:
            self.audiotui.say(
                "it has no file on this disk; p fetches it" if chosen == "path" else f"it has no {chosen}"
            )

    @work(group="plan", exclusive=True)
    async def plan_transfer(self, verb: str, subject: Sequence[int] | None = None) -> None:
        """Show what a push or pull of some recordings would do; without any, of the subject."""
        from audiotui.tui.modals.plan import PlanModal

        row_ids = await self.subject() if subject is None else subject
        if row_ids:
            planned = await self.app.push_screen_wait(PlanModal(self.audiotui.manager, verb, row_ids))
            if planned is not None and planned.queued:
                self.audiotui.look_now()
                self.audiotui.say(planned.queued)
            if planned is not None and planned.to_repair is not None:
                await self._repair(planned.to_repair)

    async def _repair(self, wanted: ToRepair) -> None:
        """Make copies good, with a look at how far that is."""
        from audiotui.tui.mending import repair, repair_parts
        from audiotui.tui.modals.long_act import LongActModal

        act = partial(repair, self.audiotui.manager, wanted)
        beginning = "Proving a good copy of each; what is damaged goes to the location's trash…"
        await self.app.push_screen_wait(LongActModal(f"Repair at {wanted.location}", beginning, act, repair_parts))
        self.catalog_moved()
