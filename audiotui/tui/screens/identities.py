"""The Identities mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from audiotui.tui.screens.mode import ModeScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget


class IdentitiesScreen(ModeScreen):
    """Identities of the library."""

    mode = "identities"

    def body(self) -> Iterable[Widget]:
        """The mode's own widgets."""
        yield Static("", id="identities", markup=False)

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that work now."""
        return (("go.library", ""), ("app.help", ""), ("app.palette", ""), ("app.quit", ""))
