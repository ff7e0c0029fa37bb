"""The manager's part for history: what was done, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.manager.base import Library
from audiotui.manager.paging import check_page

if TYPE_CHECKING:
    from audiotui.model import Change


class History(Library):
    """Reading and undoing the user's actions."""

    def undo(self) -> Change:
        """Undo the newest action that is not undone yet, whoever did it; returns what was undone.

        Raises:
            UndoConflict: something changed since, so undoing would lose that change; nothing is undone.
            InvalidInput: there is nothing to undo.
        """
        return self.catalog.undo()

    def redo(self) -> Change:
        """Do again what was undone last; returns what was done again.

        Raises:
            UndoConflict: something changed since, so doing it again would lose that change; nothing is done.
            InvalidInput: nothing was undone, or something else was done since.
        """
        return self.catalog.redo()

    def history(self, limit: int | None = 50, offset: int = 0) -> list[Change]:
        """The actions of this library, newest first."""
        check_page(limit, offset)
        return self.catalog.history(limit=limit, offset=offset)
