"""The Locations mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from audiotui.tui.screens.mode import ModeScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget


class LocationsScreen(ModeScreen):
    """Locations of the library."""

    mode = "locations"

    def body(self) -> Iterable[Widget]:
        """The mode's own widgets."""
        yield Static("", id="locations", markup=False)

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that work now."""
        return (("go.library", ""), ("app.help", ""), ("app.palette", ""), ("app.quit", ""))
