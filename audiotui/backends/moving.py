"""How every backend without a scheduler of its own puts and gets many files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.crew import Crew
from audiotui.backends.lanecrew import LaneCrew
from audiotui.backends.laneload import LaneLoad
from audiotui.backends.transfers import GetTransfer, PutTransfer
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Feed, GetItem, Outcome, PutItem
    from audiotui.backends.limits import Limits


def put_many(backend: Backend, feed: Feed[PutItem], limits: Limits) -> Iterator[Outcome[PutItem]]:
    """What ``Backend.put_many`` promises, with threads."""
    return Crew(lambda item: PutTransfer(backend, item, limits), feed, limits).run()


def get_many(backend: Backend, feed: Feed[GetItem], limits: Limits) -> Iterator[Outcome[GetItem]]:
    """What ``Backend.get_many`` promises, on lanes if there are any, else with threads."""
    try:
        lane = backend.open_lane()
    except AudiotuiError:  # the location cannot be reached: each file is to hear that, and may be tried again
        lane = None
    if lane is None:
        return Crew(lambda item: GetTransfer(backend, item, limits), feed, limits).run()
    return LaneCrew(backend, lane, feed, limits, watch=LaneLoad).run()
