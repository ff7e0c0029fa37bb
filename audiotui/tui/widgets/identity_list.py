"""AI voices and people in one list, each kind under its heading."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audiotui.text import format_count, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.widgets.cursor_list import Cell, CursorList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.model import AIIdentity, UserIdentity

    Identity = AIIdentity | UserIdentity

COUNT_CELLS, FEWER_CELLS = 9, 6

ROOMY = 26
"""From this width on numbers have room for millions."""


class Heading(NamedTuple):
    """Above the identities of a kind."""

    title: str
    total: int


def entries(voices: Sequence[Identity], people: Sequence[Identity]) -> list[Heading | Identity]:
    """Both kinds with their headings; a kind without any has none."""
    lines: list[Heading | Identity] = []
    for title, found in (("AI VOICES", voices), ("PEOPLE", people)):
        if found:
            lines += [Heading(title, len(found)), *found]
    return lines


class IdentityList(CursorList["Heading | Identity"]):
    """Names with their numbers of recordings."""

    has_header = False

    @property
    def identity(self) -> Identity | None:
        """The identity under the cursor."""
        current = self.current
        return None if isinstance(current, Heading) else current

    def key(self, line: Heading | Identity) -> str:
        """An identity's uid."""
        return "" if isinstance(line, Heading) else line.uid

    def cells(self, line: Heading | Identity, width: int) -> list[Cell]:
        """The name at the left, the number at the right."""
        count_cells = COUNT_CELLS if width >= ROOMY else FEWER_CELLS
        name_cells = max(4, width - count_cells - 1)
        if isinstance(line, Heading):
            return [("heading", pad(line.title, name_cells)), ("side", f"{format_count(line.total):>{count_cells}}")]
        name = pad(safe_text(line.label or "(no name)", limit=4 * width), name_cells)
        return [("", name), ("side", f"{format_count(line.recording_count):>{count_cells}}")]
