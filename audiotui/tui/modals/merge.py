"""Merging an identity into another one: the list of those it can go into, and what would move, before it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from audiotui.errors import AudiotuiError
from audiotui.text import format_count, safe_text
from audiotui.tui.identity_words import kind_of, kind_words
from audiotui.tui.keys import ACT
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.cursor_list import CursorList
from audiotui.tui.widgets.identity_list import IdentityList
from audiotui.tui.widgets.text_input import SafeInput
from audiotui.tui.words import things

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, MergePreview
    from audiotui.model import AIIdentity, UserIdentity
    from audiotui.tui.widgets.text_pane import Part


class MergeModal(Sheet[str]):
    """Ends with the uid of the identity that takes the recordings over."""

    DEFAULT_CSS = """
    MergeModal > .box { max-width: 78; height: 90%; }
    MergeModal IdentityList { height: 1fr; background: $surface; }
    MergeModal #merge-preview { height: 9; border-top: solid $panel; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="merge.filter", tooltip="Type to filter", group=ACT),
        Binding("down,enter", "leave_filter", "list", id="merge.list", show=False),
    ]

    def __init__(self, manager: AudioManager, source: AIIdentity | UserIdentity) -> None:
        super().__init__()
        self._manager = manager
        self._source = source
        self._list = IdentityList()
        self._preview: MergePreview | None = None

    def compose(self) -> ComposeResult:
        """A filter, the list, and what would move."""
        with Vertical(classes="box") as box:
            box.border_title = Content.assemble("Merge ", safe_text(self._source.label, limit=40), " into…")
            box.border_subtitle = "enter merges   / filters   esc leaves"
            yield SafeInput(placeholder="type to filter")
            yield self._list
            yield Static("", id="merge-preview", markup=False)

    def on_mount(self) -> None:
        """All of the same kind first."""
        self._list.empty_text = f"There is no other {kind_words(kind_of(self._source))}."
        self._list.focus()
        self._load("")

    def action_filter(self) -> None:
        """Go to the filter."""
        self.query_one(SafeInput).focus()

    def action_leave_filter(self) -> None:
        """Go from the filter to the list."""
        self._list.focus()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._load(message.value)

    @work(exclusive=True, group="list")
    async def _load(self, text: str) -> None:
        try:
            found = await asyncio.to_thread(self._manager.list_identities, kind_of(self._source), text)
        except AudiotuiError as error:
            self._show([(safe_text(str(error)), "$text-error")])
            return
        self._list.show([one for one in found if one.uid != self._source.uid])

    @on(CursorList.Moved)
    @work(exclusive=True, group="preview")
    async def _moved(self) -> None:
        self._preview = None
        target = self._list.identity
        if target is None:
            self._show([])
            return
        try:
            preview = await asyncio.to_thread(self._manager.preview_merge, self._source.uid, target.uid)
        except AudiotuiError as error:
            self._show([(safe_text(str(error)), "$text-error")])
            return
        self._preview = preview
        self._show(what_moves(preview))

    @on(CursorList.Chosen)
    def _chosen(self) -> None:
        target = self._list.identity
        if target is not None and self._preview is not None and self._preview.target.uid == target.uid:
            self.dismiss(target.uid)

    def _show(self, parts: list[Part]) -> None:
        self.query_one("#merge-preview", Static).update(Content.assemble(*parts))


def what_moves(preview: MergePreview) -> list[Part]:
    """A merge in lines."""
    source, target = (safe_text(one.label, limit=60) for one in (preview.source, preview.target))
    trashed = f", and {format_count(preview.trashed)} in the trash" if preview.trashed else ""
    parts: list[Part] = [
        (f"{things(preview.recordings)}{trashed}", "bold"),
        (" get the identity ", ""),
        (target, "bold"),
        (f".\n“{source}” goes; u brings it back with them.\n", "dim"),
    ]
    parts += [(f"  {safe_text(row.label, limit=70)}\n", "") for row in preview.first]
    if preview.recordings > len(preview.first):
        parts.append((f"  … and {format_count(preview.recordings - len(preview.first))} more\n", "dim"))
    return parts
