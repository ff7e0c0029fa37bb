"""What the reader threads answer, as messages for the screen that owns them.

None is ever compared: without ``__eq__`` and ``__repr__``, which Python would compile for each, the app starts sooner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.config.app import AppOptions
    from audiotui.errors import AudiotuiError
    from audiotui.model import Recording
    from audiotui.tui.facets import Section, Value
    from audiotui.tui.idset import IdSet
    from audiotui.tui.rows import Line


@dataclass(eq=False, repr=False)
class Opened(Message):
    """The library is open."""

    places: list[str]
    """Names of its locations, in order."""
    warnings: tuple[str, ...]
    options: AppOptions


@dataclass(eq=False, repr=False)
class Found(Message):
    """The first rows of a search; ``complete`` if there are no more."""

    generation: int
    lines: list[Line]
    complete: bool
    notes: tuple[str, ...]
    completion: str
    """How the query may go on; '' if no way is known, or nobody asked."""


@dataclass(eq=False, repr=False)
class Counted(Message):
    """The exact number of hits; from now on any page can be asked for."""

    generation: int
    total: int


@dataclass(eq=False, repr=False)
class Refreshed(Message):
    """The same search again, whole at once: the number of hits, where the cursor's recording is now, the rows there."""

    generation: int
    total: int
    whole: int
    """How many recordings the library has."""
    cursor: int | None
    """None if the recording is not among the hits any more."""
    pages: Mapping[int, list[Line]]
    current: Recording | None
    """The recording under the cursor, whole."""


@dataclass(eq=False, repr=False)
class PageRead(Message):
    """One page of a counted search."""

    generation: int
    number: int
    lines: list[Line]


@dataclass(eq=False, repr=False)
class Described(Message):
    """A whole recording for the detail pane; None if it is gone."""

    row_id: int
    recording: Recording | None


@dataclass(eq=False, repr=False)
class Listed(Message):
    """The ids of hits, for marks; none if they could not be read. Every request has its answer, however late."""

    purpose: str
    row_ids: IdSet


@dataclass(eq=False, repr=False)
class TrashRead(Message):
    """What is in the trash, and what of the ids that were asked for is not any more."""

    trash: IdSet
    came_back: IdSet


@dataclass(eq=False, repr=False)
class Measured(Message):
    """How big what is marked is."""

    count: int
    size_bytes: int


@dataclass(eq=False, repr=False)
class Faceted(Message):
    """The values of one section of facets, the most frequent first."""

    query: str
    beginning: str
    section: Section
    values: list[Value]


@dataclass(eq=False, repr=False)
class Unreadable(Message):
    """The catalog could not be read."""

    error: AudiotuiError
