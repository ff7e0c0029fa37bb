"""How the items of a job get from one location to another: which of the two backends does the work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol

from audiotui.backends.base import Capability, GetItem, PutItem
from audiotui.backends.items import ItemT
from audiotui.backends.keys import new_temp_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from audiotui.backends.base import Backend, Content, Feed, Limits, Outcome
    from audiotui.transfer.jobs import JobItem


FOLDER_REQUESTS = 4
"""Files at a time between two folders: more only wait for each other (measured on two cores)."""

MOST_REQUESTS = 64
"""Where a network is far, more help; so many hide 100 ms at 600 files a second."""


class Requests(NamedTuple):
    """How many files or parts a run has in flight at first, and at most."""

    start: int
    most: int


class Hooks(Protocol):
    """What the threads that move bytes tell about an item; each call must be quick and must not raise."""

    def on_token(self, number: int, token: str) -> None:
        """The item's upload can be resumed by this token; no byte was sent yet."""

    def on_start(self, number: int, held_bytes: int) -> None:
        """Bytes are about to move; the far side holds so many already."""

    def on_bytes(self, number: int, count: int) -> None:
        """The far side has taken so many more bytes."""

    def on_sent(self, number: int, count: int) -> None:
        """So many more bytes are on their way; a negative number: they have arrived, or are lost."""


class Route(ABC, Generic[ItemT]):
    """From one location to another; ``temp_tag`` goes into the names of the job's unfinished files."""

    def __init__(self, source: Backend, destination: Backend, *, temp_tag: int, hooks: Hooks) -> None:
        self.source = source
        self.destination = destination
        self._temp_tag = temp_tag
        self._hooks = hooks

    @property
    @abstractmethod
    def shown_by_bytes(self) -> Collection[str]:
        """The locations that answer as long as ``on_bytes`` is told of any."""

    @abstractmethod
    def mover_item(self, number: int, item: JobItem, content: Content, *, token: str) -> ItemT:
        """What the working backend needs to know of item ``number``; ``token`` resumes an earlier upload."""

    @abstractmethod
    def outcomes(self, feed: Feed[ItemT], limits: Limits) -> Iterator[Outcome[ItemT]]:
        """Move what the feed gives; one outcome for each item."""

    def _common(self, number: int, content: Content, token: str) -> dict[str, Any]:
        return {
            "content": content,
            "id": number,
            "temp": new_temp_name(self._temp_tag, number, library_id=self.destination.library_id),
            "resume_token": token,
            "on_token": partial(self._hooks.on_token, number),
            "on_start": partial(self._hooks.on_start, number),
            "on_bytes": partial(self._hooks.on_bytes, number),
        }


class PutRoute(Route[PutItem]):
    """The destination stores what it reads from the source."""

    @property
    def shown_by_bytes(self) -> Collection[str]:
        """Both: it has taken them."""
        return (self.source.name, self.destination.name)

    def mover_item(self, number: int, item: JobItem, content: Content, *, token: str) -> PutItem:
        """A put, whose source is opened when its turn has come."""
        return PutItem(
            key=item.key,
            open_source=partial(self.source.open_source, item.source_key),
            attributes={"sha256": item.sha256, "recording": item.recording_uid},
            on_sent=partial(self._hooks.on_sent, number),
            **self._common(number, content, token),
        )

    def outcomes(self, feed: Feed[PutItem], limits: Limits) -> Iterator[Outcome[PutItem]]:
        """The puts of the destination."""
        return self.destination.put_many(feed, limits)


class GetRoute(Route[GetItem]):
    """The source fills a folder of this machine."""

    @property
    def shown_by_bytes(self) -> Collection[str]:
        """The source: they have come, and may not be stored yet."""
        return (self.source.name,)

    def mover_item(self, number: int, item: JobItem, content: Content, *, token: str) -> GetItem:
        """A get into the destination."""
        return GetItem(
            key=item.source_key,
            destination=self.destination,
            new_key=item.key,
            **self._common(number, content, token),
        )

    def outcomes(self, feed: Feed[GetItem], limits: Limits) -> Iterator[Outcome[GetItem]]:
        """The gets of the source."""
        return self.source.get_many(feed, limits)


def suitable_requests(source: Backend, destination: Backend) -> Requests:
    """How many files or parts to move at a time: between two folders, what two disks bear; else, what hides a line."""
    is_near = Capability.DIRECT in source.capabilities and Capability.DIRECT in destination.capabilities
    if is_near:
        return Requests(FOLDER_REQUESTS, FOLDER_REQUESTS)
    return Requests(max(source.requests, destination.requests), MOST_REQUESTS)


def line_end(source: Backend, destination: Backend) -> tuple[str, str]:
    """The far location of a transfer, and whether bytes go to it or come from it: what a rate limit is about."""
    comes = Capability.DIRECT in destination.capabilities and Capability.DIRECT not in source.capabilities
    return (source.name, "from") if comes else (destination.name, "to")


def open_route(source: Backend, destination: Backend, *, temp_tag: int, hooks: Hooks) -> Route[Any]:
    """The route on which the backend works that has a network to press; between two folders, the destination."""
    near_end_is_destination = (
        Capability.DIRECT in destination.capabilities and Capability.DIRECT not in source.capabilities
    )
    route = GetRoute if near_end_is_destination else PutRoute
    return route(source, destination, temp_tag=temp_tag, hooks=hooks)
