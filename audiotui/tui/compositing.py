"""Drawing as little as a change needs: half of a key's time would go into lines that are drawn and thrown away.

Between the first line that changed and the last Textual 8.2.8 asks every widget for its lines, also those that did not
change, and containers of which nothing can be seen behind what they contain. It uses none of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.geometry import Region

from audiotui.tui.placing import PlacingCompositor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from textual._compositor import ChopsUpdate
    from textual.strip import Strip
    from textual.widget import Widget


class _Seen(NamedTuple):
    """A widget that can be seen, at least in part."""

    widget: Widget
    region: Region
    shown: Region
    """What is left of its region inside those around it."""


class SparingCompositor(PlacingCompositor):
    """Asks only widgets that can be seen, and of them only those that changed."""

    def __init__(self) -> None:
        super().__init__()
        self._changed: Collection[Region] | None = None
        """Where something changed; None while everything is drawn."""
        self._seen: list[_Seen] = []
        self._seen_in: Mapping[Widget, tuple[Region, Region]] | None = None

    def render_partial_update(self) -> ChopsUpdate | None:
        """Draw what changed."""
        self._changed = list(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._changed = None

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        width, height = self.size
        band = Region(0, crop.y, width, crop.height) if crop is not None else Region(0, 0, width, height)
        for widget, region, shown in self._seen_widgets():
            drawn = shown.intersection(band)
            if drawn and (self._changed is None or any(map(drawn.overlaps, self._changed))):
                yield region, drawn, widget.render_lines(drawn.translate(-region.offset))

    def _seen_widgets(self) -> list[_Seen]:
        """Those that own a part of a line, as long as the layout stays; what is in front comes first."""
        visible = self.visible_widgets
        if visible is not self._seen_in:
            free = [set(cuts[:-1]) for cuts in self.cuts]
            self._seen = [
                _Seen(widget, region, shown)
                for widget, (region, clip) in visible.items()
                if _claim(free, shown := region.intersection(clip))
            ]
            self._seen_in = visible
        return self._seen


def _claim(free: list[set[int]], shown: Region) -> bool:
    """Take the parts of lines that nothing in front has taken; whether there were any.

    ``free`` holds for each line where its parts begin. No part lies across the border of a widget.
    """
    parts = range(shown.x, shown.right)
    has_any = False
    for line in free[shown.y : shown.bottom]:
        own = line.intersection(parts)
        line -= own
        has_any |= bool(own)
    return has_any
