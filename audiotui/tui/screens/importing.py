"""The key that imports, wherever recordings are listed."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from audiotui.tui.keys import ACT
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.typed_ahead import opens_dialog


class Importing(ModeScreen):
    """``i`` opens the import."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "import", "import", id="lib.import", tooltip="Import a folder, files or an export", group=ACT),
    ]

    @opens_dialog
    @work(group="import", exclusive=True)
    async def action_import(self) -> None:
        """Import in four steps; what was added is in the list as soon as it is in the library."""
        from audiotui.tui.modals.import_wizard import ImportWizard

        if await self.app.push_screen_wait(ImportWizard(self.audiotui.manager)):
            self.catalog_moved()
